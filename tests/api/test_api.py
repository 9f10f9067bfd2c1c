"""`imgsearch.Index` and `imgsearch.Encoder` say what the command line says."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from itertools import chain
from pathlib import Path

import numpy as np
import pytest

import imgsearch as package
from imgsearch import Answer, Duplicates, Encoder, Evaluation, Index, IndexReport, PictureError, UserError
from imgsearch.workflows.indexing import update
from imgsearch.workflows.labelled import Labelled

from ..cli.helpers import copied, succeeded
from ..conftest import draw, imgsearch

WARM, COOL = "photos/warm/0.png", "photos/cool/1.jpg"


@pytest.fixture(scope="module")
def labelled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sixteen pictures of four classes. Only read it."""
    folder = tmp_path_factory.mktemp("labelled")
    for number, name in enumerate(["autumn", "birch", "cedar", "dune"]):
        for picture in range(4):
            draw(folder / name / f"{picture}.png", 100 * number + picture)
    return folder


@pytest.fixture
def here(pictures_index: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the indexed pictures, which the test stands in."""
    monkeypatch.chdir(pictures_index)
    return pictures_index


def matches(answer: Answer) -> list[tuple[str, float]]:
    return [(str(match.path.relative_to(Path.cwd().resolve())), match.similarity) for match in answer.matches]


def told(folder: Path, *options: str) -> list[list[tuple[str, float]]]:
    printed = json.loads(succeeded(imgsearch("query", *options, "--json", folder=folder)))
    return [[(match["path"], match["similarity"]) for match in answer["matches"]] for answer in printed]


def test_all_public_names_are_there() -> None:
    assert all(getattr(package, name) for name in package.__all__)
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        _ = package.Nothing


def test_to_import_it_loads_nothing_yet() -> None:
    run = subprocess.run(
        [sys.executable, "-c", "import sys, imgsearch; print(*sys.modules)"], capture_output=True, text=True, check=True
    )
    assert not {"numpy", "onnxruntime", "PIL", "imgsearch.index"} & set(run.stdout.split())


def test_query_finds_what_the_command_line_finds(here: Path) -> None:
    index = Index.open()
    both = index.query(WARM, Path(COOL), k=4)
    assert [answer.query for answer in both] == [WARM, f"./{COOL}"]
    assert [matches(answer) for answer in both] == told(here, WARM, COOL, "-k", "4")
    options = {
        ("--together",): index.query(WARM, COOL, together=True),
        ("--crop", "0,0,50%,50%"): index.query(WARM, COOL, crop="0,0,50%,50%"),
        ("--plus", f"{COOL}:0.5", "--minus", "photos/warm/2.png"): index.query(
            WARM, COOL, plus={COOL: 0.5}, minus={"photos/warm/2.png": 1}
        ),
        ("--within", "photos/cool", "--exclude", "*3*"): index.query(WARM, COOL, within="photos/cool", exclude=["*3*"]),
        ("--include-self", "-k", "1"): index.query(WARM, COOL, include_self=True, k=1),
        ("--threshold", "0.9"): index.query(WARM, COOL, threshold=0.9),
        ("--expand", "2", "--rerank", "k-reciprocal"): index.query(WARM, COOL, expand=2, rerank="k-reciprocal"),
        ("--index", ".", "--index", "./.imgsearch"): index.query(WARM, COOL, beside=[Index.open(".")]),
    }
    for words, answers in options.items():
        found, expected = list(map(matches, answers)), told(here, WARM, COOL, *words)
        assert [[path for path, _ in one] for one in found] == [[path for path, _ in one] for one in expected], words
        pairs = zip(chain(*found), chain(*expected), strict=True)
        assert all(one == pytest.approx(other, abs=1e-5) for (_, one), (_, other) in pairs), words
    assert index.query() == []


def test_a_bad_picture_is_raised_or_collected_and_the_others_answered(here: Path) -> None:
    index = Index.open()
    with pytest.raises(PictureError, match=r"missing\.png: no such file"):
        index.query(WARM, "missing.png")
    skipped: list[PictureError] = []
    answers = index.query("missing.png", WARM, "photos", skipped=skipped)
    assert [answer.query for answer in answers] == [WARM]
    assert [error.path for error in skipped] == ["missing.png", "photos"]
    with pytest.raises(PictureError, match=r"\./-: no such file"):
        index.query(Path("-"))  # a path object is a file
    with pytest.raises(UserError, match="no calibrated threshold"):
        index.query(WARM, threshold="auto")


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("k", 0),
        ("expand", -1),
        ("threshold", 1.5),
        ("threshold", float("nan")),
        ("plus", {COOL: 0.0}),
        ("method", "luck"),
    ],
)
def test_numbers_out_of_range_are_refused(here: Path, option: str, value: object) -> None:
    with pytest.raises(ValueError, match=r"threshold|weight|expected"):
        Index.open().query(WARM, **{option: value})  # type: ignore[arg-type] # that they are wrong is the point


def test_the_encoder_is_made_once_for_many_calls(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    index = Index.open()
    first = index.query(WARM)
    monkeypatch.setattr("imgsearch.encoder.Encoder.__init__", lambda *_, **__: pytest.fail("made again"))
    assert index.query(WARM) == first


def test_index_brings_up_to_date_and_reports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for number in range(3):
        draw(tmp_path / "photos" / f"{number}.png", number)
    index = Index.create("my.index")
    report = index.index("photos", exclude="2*")
    assert isinstance(report, IndexReport)
    assert (report.added, report.pictures, len(index)) == (2, 2, 2)
    draw(tmp_path / "photos" / "3.png", 3)
    (tmp_path / "photos" / "0.png").unlink()
    report = index.index()
    assert (report.added, report.removed, report.unchanged) == (1, 1, 1)
    assert json.loads(succeeded(imgsearch("index", "--index", "my.index", "--json", folder=tmp_path)))["unchanged"] == 2
    with pytest.raises(UserError, match="holds an index already"):
        Index.create("my.index")
    with pytest.raises(UserError, match="no such model folder"):
        index.index(model="nowhere")
    monkeypatch.setattr(update, "_settle", _stop)
    with pytest.raises(KeyboardInterrupt):
        index.index()


def _stop(*_: object) -> None:
    raise KeyboardInterrupt


def test_duplicates_are_those_of_the_command_line(pictures_index: Path, tmp_path: Path) -> None:
    folder = copied(pictures_index, tmp_path / "copy")
    (folder / "photos" / "copy.png").write_bytes((folder / WARM).read_bytes())
    index = Index.open(folder)
    index.index()
    found = index.duplicates()
    assert isinstance(found, Duplicates)
    groups = json.loads(succeeded(imgsearch("duplicates", "--json", folder=folder)))
    root = folder.resolve()
    assert [[str(path.relative_to(root)) for path in group] for group in found.groups] == groups
    assert list(map(sorted, groups)) == [["photos/copy.png", WARM]]


def test_an_encoder_is_trained_measured_and_given_to_an_index(labelled: Path, tmp_path: Path) -> None:
    model = tmp_path / "model"
    encoder = Encoder.train(labelled, model, metric="lda")
    assert encoder.model.metric is not None
    result = encoder.eval(labelled, expand=2)
    assert isinstance(result, Evaluation)
    printed = json.loads(
        succeeded(imgsearch("eval", labelled, "--model", model, "--expand", "2", "--json", folder=tmp_path))
    )
    assert {name: figure.micro for name, figure in result.model.figures.items()} == printed["metrics"]
    assert int(result.model.seen.sum()) == printed["seen"]
    assert len(set(encoder.eval(labelled, split="holdout:2").queries.classes)) == 2
    index = Index.create(tmp_path / ".imgsearch")
    index.index(labelled)
    assert index.index(model=model).reprojected == 16
    rows = encoder.embed(sorted(labelled.rglob("*.png")))
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
    assert index.search(rows[:1], k=1)[0][0].similarity == pytest.approx(1.0, abs=1e-4)
    with pytest.raises(UserError, match="exists"):
        Encoder.train(labelled, model, metric="auto")


def test_training_goes_the_ways_of_the_command_line(
    labelled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[tuple[str, dict[str, object]]] = []

    def called(name: str) -> Callable[..., None]:
        def way(data: Labelled, output: Path, *positional: object, **options: object) -> None:
            assert (len(data.paths), output) == (16, tmp_path / "model")
            calls.append((name, {**options, **({"given": positional[0]} if positional else {})}))

        return way

    monkeypatch.setattr("imgsearch.workflows.choose.train_best", called("best"))
    monkeypatch.setattr("imgsearch.workflows.deep.train_deep", called("deep"))
    monkeypatch.setattr("imgsearch.encoder.Encoder.__init__", lambda *_: None)
    for options in ({}, {"metric": "auto"}, {"deep": {"loss": "triplet"}, "start": "other", "device": "cuda"}):
        Encoder.train(labelled, tmp_path / "model", **options)
    best, auto, deep = calls
    assert (best[0], best[1]["networks"], best[1]["start"]) == ("best", True, "base")
    assert (auto[0], auto[1]["networks"]) == ("best", False)
    assert (deep[0], deep[1]["given"], deep[1]["device"]) == ("deep", {"start": "other", "loss": "triplet"}, "cuda")
