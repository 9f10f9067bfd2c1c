"""An index gets another model: through the stored embeddings, or by reading all pictures again."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from imgsearch.encoder import Encoder
from imgsearch.errors import PictureError, UserError
from imgsearch.images.preprocess import Pixels
from imgsearch.index import Index
from imgsearch.index.beside import unfinished
from imgsearch.metric.linear import LinearMetric
from imgsearch.model import Model, copy_model, load_model, model_digest, write_info, write_metric
from imgsearch.workflows.indexes import Indexes
from imgsearch.workflows.indexing.options import Options
from imgsearch.workflows.indexing.remodel import update_with_model
from imgsearch.workflows.indexing.report import IndexReport
from imgsearch.workflows.indexing.update import update_index
from imgsearch.workflows.query import ask
from imgsearch.workflows.question import Answer, Question, Search

from ...conftest import draw

BATCH_SIZE = 4
"""Half of what is in flight, so what is committed together."""
COUNT = BATCH_SIZE + 3


@pytest.fixture(autouse=True)
def _small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("imgsearch.workflows.indexing.read.BATCH_SIZE", 2 * BATCH_SIZE)


def with_metric(folder: Path, seed: int = 0) -> Model:
    """The embedded encoder with a random metric."""
    model = copy_model(load_model("base"), folder)
    matrix = np.random.default_rng(seed).normal(size=(20, model.info.dimension))
    write_metric(folder, LinearMetric.centred(matrix, np.zeros(model.info.dimension)))
    return load_model(folder)


@pytest.fixture(scope="module")
def learned(tmp_path_factory: pytest.TempPathFactory) -> Model:
    return with_metric(tmp_path_factory.mktemp("models") / "learned")


@pytest.fixture(scope="module")
def smaller(tmp_path_factory: pytest.TempPathFactory) -> Model:
    """Another encoder: the embedded one on smaller pictures."""
    folder = tmp_path_factory.mktemp("models") / "smaller"
    model = copy_model(load_model("base"), folder)
    write_info(folder, replace(model.info, name="smaller", input_size=48))
    return load_model(folder)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pictures in a/, b/ and disk/, indexed with the embedded model. Only copy it."""
    folder = tmp_path_factory.mktemp("made")
    for number in range(COUNT - 2):
        draw(folder / "a" / f"{number:02}.png", number)
    draw(folder / "b" / "one.png", 100)
    draw(folder / "disk" / "two.png", 101)
    update_index(
        Index.create(folder / ".imgsearch", load_model("base")), [folder / name for name in ("a", "b", "disk")]
    )
    return folder


@pytest.fixture
def index(made: Path, tmp_path: Path) -> Index:
    return Index.open(shutil.copytree(made, tmp_path / "root"))


def change(index: Index, model: Model, *folders: str, **options: Any) -> tuple[IndexReport, list[str], list[str]]:
    """The report, what was told and what was warned of."""
    told: list[str] = []
    warnings: list[str] = []
    paths = [index.root / name for name in folders]
    asked = Options(**options)
    report = update_with_model(index, model, paths, options=asked, warn=warnings.append, tell=told.append)
    return report, told, warnings


def found(index: Index, *queries: str) -> list[list[tuple[str, float]]]:
    questions = [Question((str(index.root / name),)) for name in queries or ("b/one.png", "a/00.png")]
    answers = [answer for answer in ask(Indexes([index]), questions, Search(k=5)) if isinstance(answer, Answer)]
    return [[(index.stored(match.path), match.similarity) for match in answer.matches] for answer in answers]


def answers_of(index: Index, model: Model) -> list[list[tuple[str, float]]]:
    """Those of a new index of the same pictures with that model."""
    fresh = Index.create(index.root / "fresh", model)
    update_index(fresh, [index.absolute(source) for source in index.sources()])
    return found(fresh)


def test_another_metric_opens_no_picture_and_new_pictures_follow(
    index: Index, learned: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = answers_of(index, learned)

    def opened(*_: object) -> None:
        raise AssertionError("a picture is opened")

    with monkeypatch.context() as patch:
        patch.setattr("imgsearch.workflows.indexing.load.reading", opened)
        report, (line,), warnings = change(index, learned)
    assert line.startswith(f"re-projected {COUNT} pictures with the metric of learned, ")
    assert line.endswith(" s; no picture was opened")
    assert (report.reprojected, report.unchanged, report.added, report.pictures) == (COUNT, COUNT, 0, COUNT)
    assert warnings == []
    assert found(index) == found(Index.open(index.folder)) == expected

    draw(index.root / "a" / "new.png", 500)
    report, told, _ = change(index, learned, "a")
    assert (report.reprojected, report.added, report.pictures, told) == (0, 1, COUNT + 1, [])
    (match, *_), _ = found(index, "a/new.png", "b/one.png")
    assert match[0] != "a/new.png"
    report, (line,), _ = change(index, load_model("base"))
    assert "pictures with no metric, as base has none" in line
    assert (report.reprojected, report.unchanged) == (COUNT + 1, COUNT + 1)


def test_a_slip_changes_no_model(index: Index, learned: Model, smaller: Model) -> None:
    for model in (learned, smaller):
        with pytest.raises(UserError, match="missing: no such folder"):
            change(index, model, "missing")
    assert index.model_digest == model_digest(load_model("base"))
    assert not (index.folder / "next").exists()


def test_another_encoder_reads_all_pictures_again_while_the_old_index_answers(
    index: Index, smaller: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, expected = found(index), answers_of(index, smaller)
    reader = Index.open(index.folder)
    meanwhile: list[list[list[tuple[str, float]]]] = []
    encode = Encoder.encode

    def watched(self: Encoder, pictures: Sequence[Pixels]) -> object:
        if self.input_size == 48 and not meanwhile:
            meanwhile.append(found(reader))
        return encode(self, pictures)

    draw(index.root / "new" / "x.png", 700)
    monkeypatch.setattr(Encoder, "encode", watched)
    report, (line,), warnings = change(index, smaller, "new")
    assert line == (
        "smaller has another encoder: all pictures are read again, beside the old index, which answers until it is done"
    )
    assert meanwhile == [before]
    assert (report.added, report.unchanged, report.reprojected, report.pictures) == (COUNT + 1, 0, 0, COUNT + 1)
    assert (report.index, warnings, index.sources()) == (index.folder, [], ["a", "b", "disk", "new"])
    with index.writer() as writer:
        writer.remove(["new/x.png"])
    assert found(index) == found(reader) == expected != before  # the reader asks again by itself
    assert not (index.folder / "next").exists()
    assert update_index(index).added == 1


def test_reading_again_goes_on_where_it_was_stopped(
    index: Index, smaller: Model, learned: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, expected = found(index), answers_of(index, smaller)
    encode = Encoder.encode

    def stopped(self: Encoder, pictures: Sequence[Pixels]) -> object:
        if len(pictures) < BATCH_SIZE:
            raise KeyboardInterrupt
        return encode(self, pictures)

    with monkeypatch.context() as patch:
        patch.setattr(Encoder, "encode", stopped)
        report, _, _ = change(index, smaller)
    assert (report.interrupted, report.added, report.pictures) == (True, BATCH_SIZE, BATCH_SIZE)
    assert report.index == index.folder / "next"
    assert found(Index.open(index.folder)) == before

    # the old index is kept up to date, and may even get another metric
    draw(index.root / "b" / "late.png", 800)
    (index.root / "a" / "04.png").unlink()
    assert (update_index(index).added, len(index)) == (1, COUNT)
    change(index, learned)
    beside = unfinished(index)
    assert beside is not None and len(beside) == BATCH_SIZE

    report, (line,), _ = change(index, smaller)
    assert f"read again, of which {BATCH_SIZE} have been read before, beside" in line
    assert (report.interrupted, report.pictures) == (False, COUNT)
    assert report.added + report.unchanged == COUNT
    assert unfinished(index) is None
    (index.root / "b" / "late.png").unlink()
    update_index(index)
    for matches, whole in zip(found(index), expected, strict=True):
        kept = [match for match in whole if match[0] != "a/04.png"]
        assert [path for path, _ in matches][:4] == [path for path, _ in kept][:4]
        assert [value for _, value in matches][:4] == pytest.approx([value for _, value in kept][:4], abs=1e-5)


@pytest.mark.parametrize("gone", ["folder", "pictures"])
def test_pictures_that_cannot_be_read_just_now_are_not_lost_unasked(index: Index, smaller: Model, gone: str) -> None:
    shutil.move(index.root / "disk" / "two.png", index.root / "unplugged.png")
    if gone == "folder":
        (index.root / "disk").rmdir()
    with pytest.raises(UserError, match=r"disk/two\.png: cannot be found now; smaller has another encoder.*--prune"):
        change(index, smaller)
    assert not (index.folder / "next").exists()
    assert ("disk/two.png" in index.records()) and index.model.info.name != "smaller"
    report, _, _ = change(index, smaller, prune=True)
    assert (report.pictures, index.sources()) == (COUNT - 1, ["a", "b"])


def test_an_index_without_folders_asks_for_one_and_takes_it(tmp_path: Path, made: Path, smaller: Model) -> None:
    index = Index.create(tmp_path / ".imgsearch", load_model("base"))
    with pytest.raises(UserError, match=r"/\.imgsearch: has no folders yet; name one"):
        change(index, smaller)
    shutil.copytree(made / "b", tmp_path / "b")
    assert change(index, smaller, "b")[0].pictures == 1
    assert index.model.info.input_size == 48


@pytest.mark.parametrize("kind", ["learned", "smaller"])
def test_queries_that_are_under_way_when_the_model_changes_are_all_answered_once(
    index: Index, kind: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    model: Model = request.getfixturevalue(kind)
    monkeypatch.setattr("imgsearch.workflows.query.TOGETHER", 4)
    queries = [Question((str(path),)) for path in sorted(index.root.rglob("*.png"))]
    reader = Indexes([Index.open(index.folder)])
    (index.root / "broken.png").touch()
    broken = Question((str(index.root / "broken.png"),))
    results: list[Answer | PictureError] = []
    for result in ask(reader, [*queries[:5], broken, *queries[5:]], Search(k=3)):
        if not results:
            change(index, model)
        results.append(result)
    answers = [result for result in results if isinstance(result, Answer)]
    assert [answer.question for answer in answers] == queries
    assert [result.path for result in results if isinstance(result, PictureError)] == [broken.name]
    again = list(ask(Indexes([Index.open(index.folder)]), queries[4:], Search(k=3)))
    assert answers[4:] == again


def test_an_encoder_whose_file_goes_while_it_is_opened_is_read_from_its_new_place(
    index: Index, learned: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = Index.open(index.folder)
    assert reader.model.folder.name == "model"  # read, but not its encoder
    change(index, learned)
    assert found(reader) == found(index)


def test_a_threshold_that_was_calibrated_since_comes_along_and_reads_no_picture(tmp_path: Path, learned: Model) -> None:
    folder = copy_model(learned, tmp_path / "model").folder
    draw(tmp_path / "photos" / "1.png", 1)
    index = Index.create(tmp_path / ".imgsearch", load_model(folder))
    update_with_model(index, load_model(folder), [tmp_path / "photos"])
    for threshold, expected in ((0.5, 0.5), (0.75, 0.75), (None, 0.75)):  # an index may have one of its own
        write_info(folder, replace(learned.info, threshold=threshold))
        report = update_with_model(index, load_model(folder))
        assert Index.open(index.folder).model.info.threshold == expected
        assert (report.added, report.unchanged) == (0, 1)
