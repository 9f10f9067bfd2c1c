"""An index gets another linear metric: all at once, without a picture, whoever is killed or reading meanwhile."""

from __future__ import annotations

import os
import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from imgsearch.errors import IndexFolderError, ModelError
from imgsearch.index import Index, Match, ModelChangedError
from imgsearch.index.catalogue import Catalogue
from imgsearch.index.model_copy import _size_and_checksum
from imgsearch.index.search import answer
from imgsearch.metric.linear import LinearMetric
from imgsearch.model import Model, ModelInfo, copy_model, load_model, model_digest, write_info, write_metric

from .helpers import DIMENSION, add, names, normalised, outcome, python, record, unit_rows

ROWS = unit_rows(60)
QUERIES = unit_rows(5, seed=1)

# gives the index in sys.argv[1] the model sys.argv[2], and dies as if switched off when it calls for sys.argv[3]
DIE_WHILE_REPROJECTING = """
import os, signal, sys
from imgsearch.index import Index, catalogue, remodel
from imgsearch.model import load_model
def die(*arguments, **more):
    os.kill(os.getpid(), signal.SIGKILL)
with Index.open(sys.argv[1]).writer() as writer:
    home = catalogue.Catalogue if sys.argv[3].startswith("put_") else remodel
    setattr(home, sys.argv[3], die)
    writer.reproject(load_model(sys.argv[2]))
"""
# searches for vectors by whatever model the index has, until told to stop; prints how often it began anew
READ_ALL_THE_TIME = """
import sys, threading
import numpy as np
from imgsearch.index import Index, ModelChangedError
rows = np.load(sys.argv[2])
index = Index.open(sys.argv[1])
stop = threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(), stop.set()), daemon=True).start()
print("reading", flush=True)
searches = changes = 0
while not stop.is_set():
    try:
        answers = index.search(index.model.project(rows), 1)
    except ModelChangedError:
        index.refresh()
        changes += 1
        continue
    assert [matches[0].path.name for matches in answers] == [f"{number:05}.jpg" for number in range(len(rows))]
    assert all(matches[0].similarity == 1 for matches in answers), answers
    searches += 1
print(searches, changes)
"""


def with_metric(model: Model, folder: Path, seed: int, rows: int = DIMENSION) -> Model:
    """The same encoder with a random metric."""
    copy = copy_model(model, folder)
    random = np.random.default_rng(seed)
    matrix = random.normal(size=(rows, DIMENSION))
    write_metric(copy.folder, LinearMetric.centred(matrix, 0.1 * random.normal(size=DIMENSION)))
    return load_model(folder)


@pytest.fixture
def learned(tmp_path: Path, model: Model) -> Model:
    return with_metric(model, tmp_path / "learned", seed=1)


@pytest.fixture
def filled(index: Index) -> Index:
    """The index of the plain model, with pictures, a hole and a graph."""
    add(index, ROWS)
    with index.writer() as writer:
        writer.remove(["00007.jpg"])
        writer.add_source("a")
    index.build_graph()
    return index


def reproject(index: Index, model: Model) -> None:
    with index.writer() as writer:
        writer.reproject(model)
    index.refresh()


def answers(index: Index, method: str = "exact") -> list[list[Match]]:
    return index.search(index.model.project(QUERIES), 10, method=method)


def fresh_answers(index: Index, model: Model) -> list[list[Match]]:
    """Those of an index in the same place that always had the model."""
    fresh = Index.create(index.root / "fresh", model)
    add(fresh, ROWS)
    with fresh.writer() as writer:
        writer.remove(["00007.jpg"])
    return answers(fresh)


def entries(index: Index) -> list[str]:
    return sorted(entry.name for entry in index.folder.iterdir())


def test_a_re_projected_index_answers_like_a_new_one_and_its_embeddings_stay(filled: Index, learned: Model) -> None:
    expected = fresh_answers(filled, learned)
    before, content = filled.records(), (filled.folder / "vectors.f32").stat()
    plain = answers(filled)
    reproject(filled, learned)
    assert answers(filled) == answers(Index.open(filled.folder)) == expected != plain
    after = (filled.folder / "vectors.f32").stat()
    assert (after.st_ino, after.st_mtime_ns) == (content.st_ino, content.st_mtime_ns)
    assert (filled.records(), filled.sources(), len(filled)) == (before, ["a"], 59)
    assert filled.model_digest == model_digest(learned) == model_digest(filled.model)
    assert entries(filled) == ["catalogue.sqlite", "lock", "model-1", "projected-1.f32", "vectors.f32"]
    assert answers(filled, "ann") == expected  # by a new graph
    assert answers(Index.open(filled.folder), "ann") == expected


def test_metrics_come_and_go_and_pictures_in_between(tmp_path: Path, filled: Index, model: Model) -> None:
    plain = answers(filled)
    for seed in (1, 2):
        reproject(filled, with_metric(model, tmp_path / f"metric {seed}", seed, rows=3 * seed))
        add(filled, QUERIES[[seed]], first=100 + seed)
        assert names(answers(filled)[seed])[0] == f"{100 + seed:05}.jpg"
        assert len(filled) == 59 + seed
    with filled.writer() as writer:
        writer.remove(["00101.jpg", "00102.jpg"])
    reproject(filled, model)
    assert answers(filled) == plain
    assert entries(filled) == ["catalogue.sqlite", "lock", "model-3", "vectors.f32"]


def test_an_empty_index_may_change_too(index: Index, learned: Model) -> None:
    reproject(index, learned)
    assert answers(index) == [[]] * 5
    add(index, ROWS)
    assert len(answers(index)[0]) == 10


@pytest.mark.parametrize("condition", [1e1, 1e4, 1e7])
def test_a_steep_metric_compares_as_in_double_precision(
    tmp_path: Path, index: Index, model: Model, condition: float
) -> None:
    random = np.random.default_rng(5)
    turns = [np.linalg.qr(random.normal(size=(DIMENSION, DIMENSION)))[0] for _ in range(2)]
    matrix = turns[0] * np.geomspace(1, condition, DIMENSION) @ turns[1]
    copy = copy_model(model, tmp_path / "steep")
    write_metric(copy.folder, metric := LinearMetric.centred(matrix, ROWS.mean(axis=0)))
    add(index, ROWS)
    reproject(index, load_model(copy.folder))

    def doubled(rows: NDArray[np.float32]) -> NDArray[np.float64]:
        mapped = rows.astype(np.longdouble) @ metric.matrix.T.astype(np.longdouble) + metric.offset
        unit: NDArray[np.float64] = (mapped / np.sqrt((mapped**2).sum(axis=1, keepdims=True))).astype(np.float64)
        return unit

    similarities = doubled(QUERIES) @ doubled(ROWS).T
    for number, matches in enumerate(index.search(index.model.project(QUERIES), 60)):
        for match in matches:
            assert match.similarity == pytest.approx(similarities[number, int(match.path.stem)], abs=1e-6)
    for one in range(60):  # alone, and not among the others: each picture finds itself
        (match,) = index.search(index.model.project(ROWS[[one]]), 1)[0]
        assert (match.path.name, match.similarity) == (f"{one:05}.jpg", 1)


@pytest.mark.parametrize(
    ("call", "done"),
    [("keep_model", False), ("write_projected", False), ("put_files", False), ("put_setting", False),
     ("remove", True), ("remove_leftovers", True)],
)  # fmt: skip
def test_a_writer_killed_anywhere_leaves_the_old_or_the_new_index_and_the_next_cleans_up(
    filled: Index, learned: Model, call: str, done: bool
) -> None:
    expected, plain = fresh_answers(filled, learned), answers(filled)
    process = python(DIE_WHILE_REPROJECTING, filled.folder, learned.folder, call)
    assert outcome(process) == (-signal.SIGKILL, "", "")
    for method in ("exact", "ann", "auto"):
        assert answers(Index.open(filled.folder), method) == (expected if done else plain)
    with Index.open(filled.folder).writer() as writer:
        writer.add([record("new.jpg")], QUERIES[:1])
        writer.remove(["new.jpg"])
    clean = ["model-1", "projected-1.f32", "vectors.f32"] if done else ["model", "vectors.f32"]
    assert entries(filled) == sorted(["catalogue.sqlite", "graph.hnsw", "lock", *clean])
    filled.refresh()
    reproject(filled, learned)
    assert answers(filled) == expected


def test_leftovers_that_cannot_be_removed_are_never_believed(
    filled: Index, learned: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = fresh_answers(filled, learned)
    (filled.folder / "projected-1.f32").write_bytes(bytes(60 * DIMENSION * 4))
    copy_model(learned, filled.folder / "model-1")
    monkeypatch.setattr("imgsearch.index.remodel.remove_leftovers", lambda _: None)
    reproject(filled, learned)
    assert answers(filled) == expected


def test_a_full_disk_costs_nothing_and_leaves_nothing(filled: Index, learned: Model) -> None:
    expected, plain, before = fresh_answers(filled, learned), answers(filled), entries(filled)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    for limit in (10, 60 * DIMENSION * 4 - 100):  # for the model's copy, for the rows
        with filled.writer() as writer:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
            try:
                with pytest.raises(IndexFolderError, match="make room on the disk, then run the same command again"):
                    writer.reproject(learned)
            finally:
                resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
            writer.add_source("b")
        assert entries(filled) == before
        assert answers(Index.open(filled.folder)) == answers(filled) == plain
    reproject(filled, learned)
    assert answers(filled) == expected


def test_ctrl_c_right_after_the_commit_removes_nothing_that_counts(
    filled: Index, learned: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = fresh_answers(filled, learned)
    transaction = Catalogue.transaction

    @contextmanager
    def interrupted(self: Catalogue, kind: str = "IMMEDIATE") -> Iterator[None]:
        with transaction(self, kind):
            yield
        if kind == "IMMEDIATE":
            raise KeyboardInterrupt

    with filled.writer() as writer, monkeypatch.context() as patch:
        patch.setattr(Catalogue, "transaction", interrupted)
        with pytest.raises(KeyboardInterrupt):
            writer.reproject(learned)
    assert answers(Index.open(filled.folder)) == expected


def test_another_encoder_and_a_model_that_does_not_fit_its_own_are_refused(
    tmp_path: Path, filled: Index, model: Model
) -> None:
    plain, before = answers(filled), entries(filled)
    other = copy_model(model, tmp_path / "other")
    other.encoder_file.write_bytes(b"another graph")
    smaller = copy_model(model, tmp_path / "smaller")
    write_info(smaller.folder, ModelInfo("smaller", {}, input_size=24, dimension=DIMENSION))
    wrong = copy_model(model, tmp_path / "wrong")
    write_info(wrong.folder, ModelInfo("wrong", {}, input_size=32, dimension=DIMENSION + 1))
    with filled.writer() as writer:
        for folder in (other.folder, smaller.folder):
            with pytest.raises(ValueError, match="another encoder"):
                writer.reproject(load_model(folder))
        with pytest.raises(ModelError, match=r"wrong: model\.json says 17 dimensions, the encoder gives 16; copy"):
            writer.reproject(load_model(wrong.folder))
    assert entries(filled) == before
    assert answers(Index.open(filled.folder)) == plain


@pytest.mark.parametrize("damage", [np.nan, np.inf, 0.25])
def test_damaged_embeddings_are_reported_and_not_projected(filled: Index, learned: Model, damage: float) -> None:
    content = np.fromfile(filled.folder / "vectors.f32", dtype="<f4")
    content[100] = damage
    content.tofile(filled.folder / "vectors.f32")
    with filled.writer() as writer, pytest.raises(IndexFolderError, match=r"not as they were written; mend it with"):
        writer.reproject(learned)
    assert filled.model_digest != model_digest(learned)


def test_embeddings_cut_short_are_reported(filled: Index, learned: Model) -> None:
    with filled.writer() as writer:
        os.truncate(filled.folder / "vectors.f32", 59 * (DIMENSION + 2) * 4)
        with pytest.raises(IndexFolderError, match="cut short, 60 vectors should be in it"):
            writer.reproject(learned)
    assert not (filled.folder / "model-1").exists()


def test_whoever_has_read_the_old_model_is_told_and_goes_on_with_the_new(filled: Index, learned: Model) -> None:
    expected = fresh_answers(filled, learned)
    reader = Index.open(filled.folder)
    vectors = reader.model.project(QUERIES)
    reproject(filled, learned)
    for act in (lambda: reader.search(vectors), lambda: reader.plan(1), reader.build_graph):
        with pytest.raises(ModelChangedError, match="was given another model meanwhile; run the same command again"):
            act()
    with pytest.raises(ModelChangedError), reader.writer():
        pass
    assert len(reader) == 59
    reader.refresh()
    assert answers(reader) == expected


@pytest.mark.parametrize("method", ["exact", "ann"])
def test_a_search_that_is_under_way_never_mixes_two_models(
    filled: Index, learned: Model, method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = fresh_answers(filled, learned)
    reader = Index.open(filled.folder)
    vectors = reader.model.project(QUERIES)

    def slow_answer(*arguments: object) -> object:
        if filled.model_digest != model_digest(learned):
            reproject(filled, learned)
        return answer(*arguments)  # type: ignore[arg-type]  # passed through as they came

    monkeypatch.setattr("imgsearch.index.store.answer", slow_answer)
    with pytest.raises(ModelChangedError):
        reader.search(vectors, method=method)
    reader.refresh()
    assert answers(reader, method) == expected


def test_a_model_that_is_changed_while_it_is_read_is_read_again(
    filled: Index, learned: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = Index.open(filled.folder)

    def slow_load(folder: Path) -> Model:
        if folder.name == "model":
            reproject(filled, learned)
        return load_model(folder)

    monkeypatch.setattr("imgsearch.index.model_copy.load_model", slow_load)
    filled.model  # noqa: B018 - read before
    assert model_digest(reader.model) == model_digest(learned)


@pytest.mark.parametrize("file", ["model.json", "encoder.onnx", "metric.npy"])
def test_a_model_whose_files_go_while_they_are_compared_is_read_again(
    filled: Index, learned: Model, tmp_path: Path, file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    reproject(filled, learned)
    reader = Index.open(filled.folder)
    models = iter([with_metric(filled.model, tmp_path / "another", seed=2)])

    def slowly_compared(path: Path) -> list[int] | None:
        if path.name == file:
            for model in models:
                reproject(filled, model)
                assert not path.exists()
        return _size_and_checksum(path)

    monkeypatch.setattr("imgsearch.index.model_copy._size_and_checksum", slowly_compared)
    assert model_digest(reader.model) == model_digest(load_model(tmp_path / "another"))


def test_readers_never_fail_while_the_metric_changes_again_and_again(
    tmp_path: Path, index: Index, model: Model
) -> None:
    add(index, ROWS)
    np.save(tmp_path / "rows.npy", ROWS)
    metrics = [with_metric(model, tmp_path / f"metric {seed}", seed, rows=8 + seed) for seed in range(2)]
    process = python(READ_ALL_THE_TIME, index.folder, tmp_path / "rows.npy")
    assert process.stdout is not None
    assert process.stdout.readline() == "reading\n"
    for number in range(15):
        reproject(index, metrics[number % 2])
        if number % 4 == 0:
            add(index, -normalised(unit_rows(1, seed=10 + number)), first=100 + number)
    code, out, err = outcome(process)
    assert (code, err) == (0, "")
    searches, changes = map(int, out.split())
    assert searches > 0 and changes > 0
