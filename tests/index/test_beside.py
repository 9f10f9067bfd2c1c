"""A second index grows inside the first and takes its place at one stroke."""

from __future__ import annotations

import os
import shutil
import signal
from pathlib import Path

import numpy as np
import pytest

from imgsearch.errors import IndexFolderError, ModelError
from imgsearch.index import Index, ModelChangedError
from imgsearch.index.beside import begin, unfinished
from imgsearch.index.search import answer
from imgsearch.metric.linear import LinearMetric
from imgsearch.model import Model, ModelInfo, load_model, model_digest, write_info, write_metric

from .helpers import add, names, outcome, python, record, unit_rows

ROWS = unit_rows(30)
OTHERS = unit_rows(20, dimension=12, seed=3)

# adopts the index in next/ of sys.argv[1], and dies as if switched off when it calls for sys.argv[2]
DIE_WHILE_ADOPTING = """
import os, signal, sys
from imgsearch.index import Index, catalogue, remodel
def die(*arguments, **more):
    os.kill(os.getpid(), signal.SIGKILL)
with Index.open(sys.argv[1]).writer() as writer:
    home = catalogue.Catalogue if sys.argv[2].startswith("put_") else remodel
    setattr(home, sys.argv[2], die)
    writer.adopt()
"""


def other_model(folder: Path, content: bytes = b"another graph", metric: bool = True) -> Model:
    folder.mkdir()
    write_info(folder, ModelInfo(folder.name, {}, input_size=32, dimension=12))
    (folder / "encoder.onnx").write_bytes(content)
    if metric:
        write_metric(folder, LinearMetric.centred(np.eye(6, 12) + 0.1, np.zeros(12)))
    return load_model(folder)


@pytest.fixture
def other(tmp_path: Path) -> Model:
    return other_model(tmp_path / "other")


@pytest.fixture
def filled(index: Index) -> Index:
    add(index, ROWS)
    with index.writer() as writer:
        writer.remove(["00003.jpg"])
        writer.add_source("old")
    index.build_graph()
    return index


def begun(index: Index, model: Model) -> Index:
    """An index beside, with other pictures in it."""
    with index.writer():
        beside = begin(index, model)
    add(beside, OTHERS, first=500)
    with beside.writer() as writer:
        writer.remove(["00501.jpg"])
        writer.skip([record("broken.jpg", "truncated")])
        writer.add_source("new")
        writer.add_source("a newer one")
    return beside


def is_old(index: Index) -> None:
    index = Index.open(index.folder)
    assert (len(index), index.sources(), index.model.info.name) == (29, ["old"], "fake")
    for method in ("exact", "ann"):
        assert names(index.search(ROWS[[5]], 1, method=method)[0]) == ["00005.jpg"]


def is_new(index: Index) -> None:
    index = Index.open(index.folder)
    assert (len(index), index.sources(), index.model.info.name) == (19, ["new", "a newer one"], "other")
    assert index.records()["broken.jpg"].reason == "truncated"
    for method in ("exact", "ann"):
        matches = index.search(index.model.project(OTHERS), 30, method=method)
        assert [names(found)[0] for number, found in enumerate(matches) if number != 1] == [
            f"{number:05}.jpg" for number in range(500, 520) if number != 501
        ]
        assert {len(found) for found in matches} == {19}
        assert matches[0][0].path.parent == index.root


def entries(index: Index) -> list[str]:
    return sorted(entry.name for entry in index.folder.iterdir())


def test_the_first_answers_until_the_second_takes_its_place(filled: Index, other: Model) -> None:
    assert unfinished(filled) is None
    begun(filled, other)
    is_old(filled)
    assert unfinished(filled) is not None
    with filled.writer() as writer:
        writer.adopt()
    filled.refresh()
    is_new(filled)
    assert unfinished(filled) is None
    assert entries(filled) == sorted(
        ["catalogue.sqlite", "graph.hnsw", "lock", "model-1", "projected-1.f32", "vectors-1.f32"]
    )
    add(filled, OTHERS[[1]], first=501)
    assert names(filled.search(filled.model.project(OTHERS[[1]]), 1)[0]) == ["00501.jpg"]


def test_it_can_be_done_again_and_the_metric_changed_in_between(tmp_path: Path, filled: Index, other: Model) -> None:
    begun(filled, other)
    with filled.writer() as writer:
        writer.adopt()
        writer.reproject(other_model(tmp_path / "plain", metric=False))
    filled.refresh()
    assert names(filled.search(OTHERS[[4]], 1)[0]) == ["00504.jpg"]
    assert entries(filled) == ["catalogue.sqlite", "lock", "model-2", "vectors-1.f32"]
    begun(filled, other_model(tmp_path / "third", b"a third graph", metric=False))
    with filled.writer() as writer:
        writer.adopt()
    filled.refresh()
    assert names(filled.search(OTHERS[[4]], 1)[0]) == ["00504.jpg"]
    assert entries(filled) == ["catalogue.sqlite", "lock", "model-3", "vectors-3.f32"]


@pytest.mark.parametrize(
    ("call", "done"),
    [("keep_model", False), ("flush", False), ("take_pictures", False), ("put_setting", False), ("put_files", False),
     ("remove", True), ("remove_leftovers", True), ("remove_beside", True)],
)  # fmt: skip
def test_a_writer_killed_anywhere_leaves_the_old_or_the_new_index(
    filled: Index, other: Model, call: str, done: bool
) -> None:
    beside = begun(filled, other)
    assert outcome(python(DIE_WHILE_ADOPTING, filled.folder, call)) == (-signal.SIGKILL, "", "")
    (is_new if done else is_old)(filled)
    assert (unfinished(filled) is None) == done
    filled.refresh()
    with filled.writer() as writer:  # cleans up
        if not done:
            assert len(beside) == 19
            writer.adopt()
    is_new(filled)
    numbered = ["model-1", "projected-1.f32", "vectors-1.f32"]
    assert entries(filled) == sorted(["catalogue.sqlite", "graph.hnsw", "lock", *numbered])


def test_a_disk_without_links_gets_copies(filled: Index, other: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_links(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    begun(filled, other)
    with filled.writer() as writer, monkeypatch.context() as patch:
        patch.setattr(os, "link", no_links)
        writer.adopt()
    is_new(filled)


def test_leftovers_that_cannot_be_removed_are_never_believed(
    filled: Index, other: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    beside = begun(filled, other)
    os.link(beside.folder / "vectors.f32", filled.folder / "vectors-1.f32")  # as a writer killed in adopting left it
    (filled.folder / "projected-1.f32").write_bytes(bytes(10_000))
    monkeypatch.setattr("imgsearch.index.remodel.remove_leftovers", lambda _: None)
    with filled.writer() as writer:
        writer.adopt()
    is_new(filled)
    assert (filled.folder / "vectors-1.f32").stat().st_size == len(OTHERS) * 14 * 4


def test_whoever_searches_meanwhile_is_told(filled: Index, other: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    begun(filled, other)
    reader = Index.open(filled.folder)

    def slow_answer(*arguments: object) -> object:
        with Index.open(filled.folder).writer() as writer:
            writer.adopt()
        return answer(*arguments)  # type: ignore[arg-type]  # passed through as they came

    with monkeypatch.context() as patch:
        patch.setattr("imgsearch.index.store.answer", slow_answer)
        with pytest.raises(ModelChangedError):
            reader.search(ROWS)
    with pytest.raises(ModelChangedError):  # its files are gone
        reader.search(ROWS)
    with pytest.raises(ModelChangedError), reader.writer():
        pass
    is_new(reader)


def test_what_was_begun_goes_on_with_its_encoder_and_gives_way_to_another(
    tmp_path: Path, filled: Index, other: Model
) -> None:
    begun(filled, other)
    with filled.writer():
        assert len(begin(filled, other)) == 19
        plain = other_model(tmp_path / "plain", metric=False)
        beside = begin(filled, plain)
        assert (len(beside), beside.model_digest) == (19, model_digest(plain))
        assert names(beside.search(OTHERS[[4]], 1)[0]) == ["00504.jpg"]
        third = begin(filled, other_model(tmp_path / "third", b"a third graph"))
        assert (len(third), third.model.info.name) == (0, "third")
    is_old(filled)


@pytest.mark.parametrize("harm", ["half-removed", "damaged", "without its model", "a file"])
def test_a_broken_one_beside_harms_nobody_and_is_replaced(filled: Index, other: Model, harm: str) -> None:
    beside = begun(filled, other)
    if harm == "damaged":
        (beside.folder / "catalogue.sqlite").write_bytes(b"no database" * 1000)
    elif harm == "without its model":
        (beside.folder / "model" / "encoder.onnx").unlink()
    elif harm == "a file":
        shutil.rmtree(beside.folder)
        beside.folder.touch()
    else:
        (beside.folder / "catalogue.sqlite").unlink()
    is_old(filled)
    assert unfinished(filled) is None
    add(filled, -ROWS[:1], first=900)
    assert beside.folder.exists() == (harm in ("damaged", "without its model"))
    with filled.writer() as writer:
        writer.remove(["00900.jpg"])
        with pytest.raises((IndexFolderError, ModelError)):
            writer.adopt()
    is_old(filled)
    begun(filled, other)
    with filled.writer() as writer:
        writer.adopt()
    is_new(filled)
