"""A threshold that is calibrated for an index's model is kept in its copy of the model, and nothing else changes."""

from __future__ import annotations

import signal
from dataclasses import replace
from pathlib import Path

import pytest

from imgsearch.errors import IndexFolderError
from imgsearch.index import Index
from imgsearch.index.check import check
from imgsearch.model import Model

from .helpers import add, outcome, python, unit_rows

ROWS = unit_rows(60)
QUERIES = unit_rows(5, seed=1)

# describes the index's model, and dies as if switched off when it calls for sys.argv[2]
DIE_WHILE_DESCRIBING = """
import os, signal, sys
from dataclasses import replace
from imgsearch.index import Index, catalogue, describe
def die(*arguments, **more):
    os.kill(os.getpid(), signal.SIGKILL)
with Index.open(sys.argv[1]).writer() as writer:
    home = catalogue.Catalogue if sys.argv[2].startswith("put_") else describe
    setattr(home, sys.argv[2], die)
    writer.describe(replace(writer.model.info, threshold=0.5))
"""


@pytest.fixture(params=["plain", "metric"])
def filled(request: pytest.FixtureRequest, tmp_path: Path) -> Index:
    """An index with pictures, a hole and a graph."""
    model: Model = request.getfixturevalue("model" if request.param == "plain" else "metric_model")
    index = Index.create(tmp_path / "photos" / ".imgsearch", model)
    add(index, ROWS)
    with index.writer() as writer:
        writer.remove(["00007.jpg"])
    index.build_graph()
    return index


def describe(index: Index, threshold: float) -> None:
    with index.writer() as writer:
        writer.describe(replace(writer.model.info, threshold=threshold))


def test_the_description_is_new_and_all_else_is_as_it_was(filled: Index) -> None:
    reader = Index.open(filled.folder)
    queries = reader.model.project(QUERIES)
    expected = {method: reader.search(queries, method=method) for method in ("exact", "ann")}
    digest = filled.model_digest
    graph = (filled.folder / "graph.hnsw").read_bytes()
    describe(filled, 0.5)
    describe(Index.open(filled.folder), 0.75)
    again = Index.open(filled.folder)
    assert (again.model.info.threshold, again.model_digest) == (0.75, digest)
    for index in (reader, again):  # one that had been opened before goes on
        for method, answers in expected.items():
            assert index.search(queries, method=method) == answers
    assert (filled.folder / "graph.hnsw").read_bytes() == graph
    health = check(filled.folder, filled.root)
    assert (health.damaged, health.searchable) == ([], 59)
    add(again, QUERIES, first=100)
    assert len(again) == 64
    assert check(filled.folder, filled.root).damaged == []
    models = [entry.name for entry in filled.folder.iterdir() if entry.name.startswith("model")]
    assert models == ["model-2"]


@pytest.mark.parametrize(
    ("call", "done"), [("link", False), ("write_info", False), ("put_files", False), ("remove_leftovers", True)]
)
def test_a_writer_killed_anywhere_leaves_the_old_or_the_new_description(filled: Index, call: str, done: bool) -> None:
    assert outcome(python(DIE_WHILE_DESCRIBING, filled.folder, call)) == (-signal.SIGKILL, "", "")
    index = Index.open(filled.folder)
    assert index.model.info.threshold == (0.5 if done else None)
    assert check(filled.folder, filled.root).damaged == []
    describe(index, 0.25)
    assert Index.open(filled.folder).model.info.threshold == 0.25
    assert len([entry for entry in filled.folder.iterdir() if entry.name.startswith("model")]) == 1


def test_a_damaged_copy_is_not_declared_to_be_in_order(filled: Index) -> None:
    with filled.writer() as writer:
        file = filled.folder / "model" / "encoder.onnx"
        file.write_bytes(file.read_bytes() + b"!")
        with pytest.raises(IndexFolderError, match=r"encoder\.onnx: gone, or not as it was written; mend it with"):
            writer.describe(replace(writer.model.info, threshold=0.5))
    assert not (filled.folder / "model-1").exists()


def test_a_description_of_another_model_is_refused(filled: Index) -> None:
    with filled.writer() as writer, pytest.raises(ValueError, match="is not what the model takes and gives"):
        writer.describe(replace(writer.model.info, input_size=1))
