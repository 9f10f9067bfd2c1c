from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from imgsearch.errors import IndexFolderError, UserError
from imgsearch.index import Index
from imgsearch.index.search import answer
from imgsearch.model import Model

from .helpers import DIMENSION, add, names, normalised, outcome, python, record, unit_rows

SEARCH = """
import sys
import numpy as np
from imgsearch.index import Index
index = Index.open(sys.argv[1])
vector = np.eye(index.model.info.dimension, dtype=np.float32)[:1]
for match in index.search(vector, 3)[0]:
    print(match.path.name, match.similarity)
print([name for name in ("hnswlib", "torch", "onnxruntime", "typer", "rich", "PIL", "tqdm") if name in sys.modules])
"""


def test_the_nearest_come_best_first(index: Index) -> None:
    rows = unit_rows(200)
    add(index, rows)
    queries = unit_rows(3, seed=1)
    for query, matches in zip(queries, index.search(queries, 7), strict=True):
        order = np.argsort(-(rows @ query), kind="stable")[:7]
        assert names(matches) == [f"{slot:05}.jpg" for slot in order]
        assert [match.similarity for match in matches] == pytest.approx((rows @ query)[order], abs=1e-6)
        assert matches[0].path.parent == index.root


def test_embeddings_are_compared_through_the_models_metric(tmp_path: Path, metric_model: Model) -> None:
    index = Index.create(tmp_path / "photos" / ".imgsearch", metric_model)
    rows, query = unit_rows(50), unit_rows(1, seed=1)
    add(index, rows[:20])
    add(index, rows[20:], first=20)
    kept, wanted = normalised(rows[:, :8]), normalised(query[:, :8])
    expected = [f"{slot:05}.jpg" for slot in np.argsort(-(kept @ wanted[0]))[:5]]
    assert names(index.search(metric_model.project(query), 5)[0]) == expected
    assert names(index.search(metric_model.project(query), 5, method="ann")[0]) == expected

    # derived: searching does without it and writes nothing, writing makes it again
    before = (index.folder / "projected.f32").read_bytes()
    (index.folder / "projected.f32").unlink()
    assert names(Index.open(index.folder).search(metric_model.project(query), 5)[0]) == expected
    assert not (index.folder / "projected.f32").exists()
    with index.writer():
        pass
    assert (index.folder / "projected.f32").read_bytes() == before


def test_the_threshold_cuts_and_may_leave_nothing(index: Index) -> None:
    add(index, np.eye(DIMENSION, dtype=np.float32)[:3])
    query = np.array([[0.8, 0.6] + [0.0] * (DIMENSION - 2)], dtype=np.float32)
    assert names(index.search(query, threshold=0.8)[0]) == ["00000.jpg"]
    assert names(index.search(query, threshold=0.6, method="ann")[0]) == ["00000.jpg", "00001.jpg"]
    assert index.search(query, threshold=0.9) == [[]]


def test_k_may_exceed_what_there_is_and_an_empty_index_has_no_answers(index: Index) -> None:
    query = unit_rows(2, seed=1)
    for method in ("auto", "exact", "ann"):
        assert index.search(query, 5, method=method) == [[], []]
    add(index, unit_rows(3))
    for method in ("exact", "ann"):
        assert [len(matches) for matches in index.search(query, 500, method=method)] == [3, 3]
    assert index.search(query[:0]) == []


def test_the_queried_file_is_left_out_by_whatever_name_and_k_stay(tmp_path: Path, index: Index) -> None:
    sub = index.root / "sub"
    sub.mkdir()
    (sub / "me.jpg").write_bytes(b"me")
    (index.root / "copy.jpg").write_bytes(b"me")
    (index.root / "link.jpg").symlink_to("sub/me.jpg")
    (index.root / "again.jpg").symlink_to("link.jpg")
    (tmp_path / "way").symlink_to("photos/sub")
    stored = ["sub/me.jpg", "copy.jpg", "link.jpg", "again.jpg", "other.jpg", "far.jpg"]
    rows = unit_rows(2)[[0, 0, 0, 0, 1, 1]]
    with index.writer() as writer:
        writer.add([record(path) for path in stored], rows)
    for method in ("exact", "ann"):
        for itself in (sub / "me.jpg", tmp_path / "way" / "me.jpg", index.root / "again.jpg"):
            answers = index.search(rows[[0, 0]], 2, method=method, exclude=[itself, None])
            assert [names(matches) for matches in answers] == [["copy.jpg", "other.jpg"], ["me.jpg", "copy.jpg"]]
    assert names(index.search(rows[:1], 10, exclude=[sub / "me.jpg"])[0]) == ["copy.jpg", "other.jpg", "far.jpg"]


def test_several_queried_files_are_left_out_of_one_answer(index: Index) -> None:
    rows = unit_rows(30)
    add(index, rows)
    known = [index.root / f"{number:05}.jpg" for number in range(25)]
    for method in ("exact", "ann"):
        (matches,) = index.search(rows[:1], 4, method=method, exclude=[known])
        assert len(matches) == 4 and not set(known) & {match.path for match in matches}


@pytest.mark.parametrize("every", [2, 7, 1000])
def test_a_filter_is_applied_before_the_best_are_cut(index: Index, every: int) -> None:
    rows = unit_rows(200)
    add(index, rows)
    with index.writer() as writer:
        writer.remove([f"{number:05}.jpg" for number in range(0, 200, 3)])

    def passes(stored: str) -> bool:
        return int(stored[:5]) % every == 1

    for query in unit_rows(3, seed=1):
        living = [slot for slot in range(200) if slot % 3 and slot % every == 1]
        nearest = sorted(living, key=lambda slot: -float(rows[slot] @ query))[:5]
        assert names(index.search(query[None], 5, only=passes)[0]) == [f"{slot:05}.jpg" for slot in nearest]
    assert index.last_plan is not None and "of 133 pictures pass the filter" in index.last_plan.reason
    add(index, rows[[1]], first=20_001)  # what is added later is filtered as well
    (matches,) = index.search(rows[[1]], 2, only=passes)
    assert ("20001.jpg" in names(matches)) == (20_001 % every == 1)
    with pytest.raises(ValueError, match="narrowed"):
        index.search(rows[:1], only=passes, method="ann")


def test_matches_carry_their_vectors_where_asked(index: Index) -> None:
    rows = unit_rows(20)
    add(index, rows)
    for method in ("exact", "ann"):
        for match in index.search(rows[:1], 5, method=method, with_vectors=True)[0]:
            assert match.vector is not None
            assert match.vector.tolist() == rows[int(match.path.stem)].tolist()
    assert index.search(rows[:1], 1)[0][0].vector is None


def test_removed_pictures_are_never_answers(index: Index) -> None:
    rows = unit_rows(300)
    add(index, rows)
    index.search(rows[:1], method="ann")
    gone = [f"{slot:05}.jpg" for slot in range(0, 300, 3)]
    with index.writer() as writer:
        writer.remove(gone)
    assert len(index) == 200
    for method in ("exact", "ann"):
        for number, matches in enumerate(index.search(rows[:20], 200, method=method)):
            assert len(matches) == 200
            assert not set(gone) & set(names(matches))
            assert number % 3 == 0 or names(matches)[0] == f"{number:05}.jpg"


def test_all_pictures_may_be_removed(index: Index) -> None:
    add(index, unit_rows(3))
    with index.writer() as writer:
        writer.remove(list(index.records()))
    assert len(index) == 0
    for method in ("exact", "ann"):
        assert index.search(unit_rows(1), method=method) == [[]]


def test_folder_and_index_move_together(tmp_path: Path, index: Index) -> None:
    add(index, unit_rows(5))
    moved = index.root.rename(tmp_path / os.fsdecode(b"elsewhere \xff?#%41"))
    again = Index.open(moved)
    assert again.root == moved
    for method in ("exact", "ann"):
        (match,) = again.search(unit_rows(5)[[2]], 1, method=method)[0]
        assert match.path == moved / "00002.jpg"
    assert (moved / ".imgsearch" / "graph.hnsw").exists()


def test_names_that_are_not_utf8_and_outside_the_root_come_back(tmp_path: Path, index: Index) -> None:
    paths = [index.root / os.fsdecode(b"caf\xe9/\xff\n.jpg"), tmp_path / "other disk" / "🐈.jpg"]
    with index.writer() as writer:
        writer.add([record(index.stored(path)) for path in paths], unit_rows(2))
        writer.add_source(index.stored(tmp_path / "other disk"))
    assert [match.path for matches in index.search(unit_rows(2), 1) for match in matches] == paths
    assert [index.absolute(stored) for stored in index.records()] == paths
    assert index.sources() == ["../other disk"]


def test_a_cold_process_scans_and_loads_nothing_it_does_not_need(index: Index) -> None:
    rows = np.eye(DIMENSION, dtype=np.float32)
    add(index, rows)
    assert outcome(python(SEARCH, index.root)) == (0, "00000.jpg 1.0\n00001.jpg 0.0\n00002.jpg 0.0\n[]\n", "")


def test_a_folder_that_cannot_be_written_is_searched(index: Index) -> None:
    rows = unit_rows(100)
    add(index, rows)
    (index.folder / "lock").unlink()
    (index.folder / "lock").mkdir()  # keeps even root from writing the index
    before = {file: file.read_bytes() for file in index.folder.rglob("*") if file.is_file()}
    for method in ("auto", "ann"):
        assert names(Index.open(index.folder).search(rows[[7]], 1, method=method)[0]) == ["00007.jpg"]
    assert {file: file.read_bytes() for file in index.folder.rglob("*") if file.is_file()} == before
    with pytest.raises(IndexFolderError), index.writer():
        pass


def test_a_model_that_is_gone_or_damaged_names_the_remedy(index: Index) -> None:
    add(index, unit_rows(3))
    (index.folder / "model" / "encoder.onnx").unlink()
    with pytest.raises(IndexFolderError, match=r"encoder\.onnx: gone, or not as it was written; .*--repair`"):
        Index.open(index.folder).search(unit_rows(1))
    (index.folder / "model").rename(index.root / "taken away")
    with pytest.raises(IndexFolderError, match=r"model\.json: gone, or not as it was written; .*--repair`"):
        Index.open(index.folder).search(unit_rows(1))


def test_vectors_cut_short_are_reported_by_readers_and_writers(index: Index) -> None:
    add(index, unit_rows(10))
    os.truncate(index.folder / "vectors.f32", 10 * (DIMENSION + 2) * 4 - 1)
    with pytest.raises(IndexFolderError, match="cut short, 10 vectors should be in it"):
        Index.open(index.folder).search(unit_rows(1))
    with pytest.raises(IndexFolderError, match="cut short"), index.writer():
        pass


def test_a_newer_format_is_named(index: Index) -> None:
    with closing(sqlite3.connect(index.folder / "catalogue.sqlite")) as connection:
        connection.execute("UPDATE settings SET value = '4' WHERE key = 'format_version'")
        connection.commit()
    before = {file: file.read_bytes() for file in index.folder.rglob("*") if file.is_file()}
    with pytest.raises(IndexFolderError, match=r"newer imgsearch \(format 4, this one reads 3\); upgrade imgsearch"):
        Index.open(index.folder)
    assert {file: file.read_bytes() for file in index.folder.rglob("*") if file.is_file()} == before


def test_a_vector_without_a_picture_is_damage_and_no_endless_search(index: Index) -> None:
    add(index, unit_rows(3))
    with closing(sqlite3.connect(index.folder / "catalogue.sqlite")) as connection:
        connection.execute("DELETE FROM pictures WHERE slot = 1")
        connection.commit()
    with pytest.raises(IndexFolderError, match="a vector belongs to no picture"):
        index.search(unit_rows(1))


def test_a_picture_removed_while_one_searches_is_searched_around(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = unit_rows(5)
    add(index, rows)
    calls: list[object] = []

    def slow_answer(*arguments: object) -> object:
        if not calls:
            with index.writer() as writer:
                writer.remove(["00002.jpg"])
        calls.append(arguments)
        return answer(*arguments)  # type: ignore[arg-type]  # passed through as they came

    monkeypatch.setattr("imgsearch.index.store.answer", slow_answer)
    assert len(index.search(rows[[2]], 5)[0]) == 4
    assert len(calls) == 2


def test_an_answer_never_mixes_the_names_of_one_state_with_the_pictures_of_another(
    index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = unit_rows(3)
    add(index, rows[:2])
    before = {"00000.jpg", "00001.jpg"}
    after = {"moved.jpg", "00001.jpg", "new.jpg"}
    calls: list[object] = []

    def slow_answer(*arguments: object) -> object:
        if not calls:
            with index.writer() as writer, writer.together():
                writer.move("00000.jpg", "moved.jpg", 1, 1)
                writer.add([record("new.jpg")], rows[2:])
        calls.append(arguments)
        return answer(*arguments)  # type: ignore[arg-type]  # passed through as they came

    monkeypatch.setattr("imgsearch.index.store.answer", slow_answer)
    assert set(names(index.search(rows[[0]], 5)[0])) == after != before
    assert len(calls) == 2


def test_wrong_arguments_are_bugs_and_a_broken_encoder_is_an_error(index: Index) -> None:
    add(index, unit_rows(3))
    with pytest.raises(ValueError, match="k = 0"):
        index.search(unit_rows(1), 0)
    with pytest.raises(ValueError, match="1 files to exclude"):
        index.search(unit_rows(2), exclude=[None])
    with pytest.raises(ValueError, match="shape"):
        index.search(unit_rows(1, DIMENSION + 1))
    with pytest.raises(ValueError, match="method"):
        index.search(unit_rows(1), method="fast")
    with pytest.raises(UserError, match="NaN"):
        index.search(np.full((1, DIMENSION), np.nan, dtype=np.float32))
