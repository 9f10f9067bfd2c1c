from __future__ import annotations

import os
import resource
import signal
from pathlib import Path

import numpy as np
import pytest

from imgsearch.errors import IndexFolderError, ModelError
from imgsearch.index import Index

from .helpers import DIMENSION, add, names, outcome, python, record, records, unit_rows

# with the vectors of its second batch on the disk, and the catalogue not yet committed
DIE_BETWEEN_VECTORS_AND_COMMIT = """
import os, signal, sys
import numpy as np
from imgsearch.index import Index, Record, catalogue
index = Index.open(sys.argv[1])
record = lambda name: Record(name, 1, 1, bytes(16))
rows = np.eye(index.model.info.dimension, dtype=np.float32)
with index.writer() as writer:
    writer.add([record("new 0"), record("new 1")], rows[:2])
    catalogue.Catalogue.put_setting = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
    writer.add([record("00000.jpg"), record("new 2")], rows[2:4])
"""
DIE_WHILE_COMPACTING = """
import os, signal, sys
from imgsearch.index import Index, remodel
with Index.open(sys.argv[1]).writer() as writer:
    setattr(remodel, sys.argv[2], lambda *_: os.kill(os.getpid(), signal.SIGKILL))
    writer.compact()
"""
WRITE_UNTIL_TOLD = """
import sys
from imgsearch.index import Index
with Index.open(sys.argv[1]).writer():
    print("writing", flush=True)
    sys.stdin.read()
"""


def test_what_was_added_is_remembered(index: Index) -> None:
    kept = [one._replace(slot=number) for number, one in enumerate(records(3))]
    add(index, unit_rows(3))
    with index.writer() as writer:
        writer.skip([record("broken.jpg", "truncated")])
        for source in ("b", "a", "b"):
            writer.add_source(source)
        writer.touch("00001.jpg", 5, 6)
        writer.touch("never known", 5, 6)
    kept[1] = kept[1]._replace(size=5, mtime_ns=6)
    again = Index.open(index.folder)
    assert list(again.records().values()) == [*kept, record("broken.jpg", "truncated")]
    assert again.sources() == ["b", "a"]
    assert len(again) == 3


def test_a_changed_picture_replaces_its_former_self(index: Index) -> None:
    rows = unit_rows(6)
    add(index, rows[:4])
    with index.writer() as writer:
        writer.add([record("00001.jpg")._replace(size=7)], rows[4:5])
        writer.add([record("twice.jpg"), record("twice.jpg")], rows[[0, 5]])
    assert len(index) == 5
    assert index.records()["00001.jpg"].size == 7
    assert names(index.search(rows[[4]], 1)[0]) == ["00001.jpg"]
    assert names(index.search(rows[[5]], 1)[0]) == ["twice.jpg"]
    assert index.search(rows[[1]], 1)[0][0].similarity < 0.99
    assert len(index.search(rows[[1]], 100)[0]) == 5


def test_a_picture_that_breaks_leaves_and_comes_back_when_mended(index: Index) -> None:
    rows = unit_rows(3)
    add(index, rows)
    with index.writer() as writer:
        writer.skip([record("00001.jpg", "truncated")])
    assert len(index) == 2
    assert "00001.jpg" not in names(index.search(rows[[1]], 3)[0])
    with index.writer() as writer:
        writer.add([record("00001.jpg")], rows[[1]])
    assert index.records()["00001.jpg"].reason is None
    assert names(index.search(rows[[1]], 1)[0]) == ["00001.jpg"]


def test_a_killed_writer_leaves_the_last_committed_state_and_the_next_goes_on(index: Index) -> None:
    add(index, unit_rows(5))
    code, _, err = outcome(python(DIE_BETWEEN_VECTORS_AND_COMMIT, index.folder))
    assert (code, err) == (-signal.SIGKILL, "")
    assert (index.folder / "vectors.f32").stat().st_size == 9 * (DIMENSION + 2) * 4
    again = Index.open(index.folder)
    assert sorted(again.records()) == sorted([f"{number:05}.jpg" for number in range(5)] + ["new 0", "new 1"])
    assert len(again) == 7
    query = np.eye(DIMENSION, dtype=np.float32)[[2]]
    assert again.search(query, 1)[0][0].similarity < 0.99
    with again.writer() as writer:
        writer.add([record("new 2")], query)
    assert names(again.search(query, 1)[0]) == ["new 2"]
    assert again.records()["new 2"].slot == 7
    assert len(again.search(query, 100)[0]) == 8


def test_a_second_writer_is_refused_and_readers_are_not(index: Index) -> None:
    add(index, unit_rows(3))
    process = python(WRITE_UNTIL_TOLD, index.folder)
    assert process.stdout is not None
    assert process.stdout.readline() == "writing\n"
    with pytest.raises(IndexFolderError, match=f"being written by process {process.pid}; wait"), index.writer():
        pass
    for method in ("exact", "ann"):
        assert names(index.search(unit_rows(3)[[1]], 1, method=method)[0]) == ["00001.jpg"]
    assert not (index.folder / "graph.hnsw").exists()
    assert outcome(process)[0] == 0
    with index.writer():
        pass


def test_readers_see_the_last_committed_state_while_one_writes(index: Index) -> None:
    rows = unit_rows(4)
    add(index, rows[:2])
    with index.writer() as writer:
        with writer.together():
            writer.add(records(2, first=2), rows[2:])
            writer.remove(["00000.jpg"])
            assert len(index) == 2
            assert names(index.search(rows[[0]], 1)[0]) == ["00000.jpg"]
        assert len(index) == 3
        assert names(index.search(rows[[3]], 1)[0]) == ["00003.jpg"]


def test_together_is_all_or_nothing(index: Index) -> None:
    rows = unit_rows(4)
    add(index, rows[:2])
    before = index.records()
    with index.writer() as writer:
        with pytest.raises(KeyboardInterrupt), writer.together():
            writer.add(records(1, first=2), rows[[2]])
            writer.remove(["00000.jpg"])
            raise KeyboardInterrupt
        assert index.records() == before
        writer.add(records(1, first=3), rows[[3]])
    assert len(index) == 3
    assert names(index.search(rows[[3]], 1)[0]) == ["00003.jpg"]


def test_what_the_block_raises_comes_out_as_it_was(index: Index) -> None:
    with pytest.raises(FileNotFoundError), index.writer():
        raise FileNotFoundError(2, "a picture vanished")
    with index.writer():
        pass


def test_a_full_disk_is_said_in_one_line_and_costs_nothing(index: Index) -> None:
    rows = unit_rows(200)
    add(index, rows[:100])
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    with index.writer() as writer:
        resource.setrlimit(resource.RLIMIT_FSIZE, (150 * DIMENSION * 4, hard))
        try:
            with pytest.raises(IndexFolderError, match=r"make room on the disk, then run the same command again"):
                writer.add(records(100, first=100), rows[100:])
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert len(index) == 100
        writer.add(records(100, first=100), rows[100:])
    assert names(index.search(rows[[150]], 1)[0]) == ["00150.jpg"]


def test_wrong_rows_change_nothing(index: Index) -> None:
    broken = unit_rows(2)
    broken[1, 3] = np.nan
    with index.writer() as writer:
        with pytest.raises(ModelError, match="NaN"):
            writer.add(records(2), broken)
        with pytest.raises(ValueError, match="2 records and 3 embeddings"):
            writer.add(records(2), unit_rows(3))
        with pytest.raises(ValueError, match="shape"):
            writer.add(records(2), unit_rows(2, DIMENSION + 1))
        with pytest.raises(ValueError, match="needs a reason"):
            writer.skip(records(1))
        writer.add([], unit_rows(0))
    assert index.records() == {}


def test_a_writer_is_used_in_a_with_block(index: Index) -> None:
    writer = index.writer()
    with pytest.raises(RuntimeError, match="with block"):
        writer.remove(["x"])


def test_vectors_that_are_gone_are_not_begun_again(index: Index) -> None:
    add(index, unit_rows(3))
    os.truncate(index.folder / "vectors.f32", 0)
    with pytest.raises(IndexFolderError, match="cut short"), index.writer():
        pass
    Path(index.folder / "vectors.f32").unlink()
    with pytest.raises(IndexFolderError, match="missing"), index.writer():
        pass


def test_embeddings_that_are_stored_can_be_added_again_for_a_copy(index: Index) -> None:
    rows = unit_rows(4)
    add(index, rows)
    with index.writer() as writer:
        assert np.array_equal(writer.stored([2, 0]), rows[[2, 0]])
        writer.add([record("copy of 1.jpg")], writer.stored([1]))
    assert sorted(names(index.search(rows[[1]], 2)[0])) == ["00001.jpg", "copy of 1.jpg"]


def test_damaged_embeddings_are_not_copied(index: Index) -> None:
    add(index, unit_rows(4))
    with (index.folder / "vectors.f32").open("r+b") as stream:
        stream.seek(80)
        stream.write(b"\x00\x01")
    with index.writer() as writer, pytest.raises(IndexFolderError, match="slot 1 is not as it was written"):
        writer.stored([0, 1])


def test_a_picture_that_moved_keeps_its_embedding_and_gets_its_new_time(index: Index) -> None:
    rows = unit_rows(3)
    add(index, rows)
    with index.writer() as writer:
        writer.move("00001.jpg", "elsewhere/b.jpg", 1000, 77)
    assert index.records()["elsewhere/b.jpg"] == record("elsewhere/b.jpg")._replace(slot=1, mtime_ns=77)
    assert names(index.search(rows[[1]], 1)[0]) == ["b.jpg"]


def test_what_is_left_out_is_remembered(index: Index) -> None:
    assert index.excluded() == []
    with index.writer() as writer:
        writer.exclude(["*.tmp", "a/\udcff*"])
    assert Index.open(index.folder).excluded() == ["*.tmp", "a/\udcff*"]


def test_an_index_is_compacted_past_a_fifth_of_holes_and_answers_the_same(index: Index) -> None:
    rows = unit_rows(100)
    add(index, rows)
    index.build_graph()
    reader = Index.open(index.folder)
    with index.writer() as writer:
        writer.remove(f"{number:05}.jpg" for number in range(0, 60, 3))
        assert not writer.compact()  # just a fifth
        writer.remove(["00001.jpg"])
        expected = reader.search(rows, 5, method="exact")
        assert writer.compact()
        assert not writer.compact()
        assert reader.search(rows, 5, method="exact") == expected
        assert Index.open(index.folder).search(rows, 5, method="ann") == expected
        writer.add([record("new.jpg")], unit_rows(1, seed=5))
    assert index.records()["new.jpg"].slot == 79
    assert (index.folder / "vectors-1.f32").stat().st_size == 80 * (DIMENSION + 2) * 4
    assert not (index.folder / "vectors.f32").exists()
    assert len(reader) == 80


@pytest.mark.parametrize("call", ["write_rows", "keep_model", "renumber", "remove_leftovers"])
def test_compacting_that_is_killed_leaves_all_pictures(index: Index, call: str) -> None:
    rows = unit_rows(30)
    add(index, rows)
    with index.writer() as writer:
        writer.remove(f"{number:05}.jpg" for number in range(10))
    expected = index.search(rows, 5)
    assert outcome(python(DIE_WHILE_COMPACTING, index.folder, call))[0] == -signal.SIGKILL
    again = Index.open(index.folder)
    assert again.search(rows, 5) == expected
    with again.writer() as writer:
        assert writer.compact() == (call != "remove_leftovers")
    assert Index.open(index.folder).search(rows, 5) == expected
    assert len([entry for entry in index.folder.iterdir() if entry.name.startswith("vectors")]) == 1
