from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from imgsearch.errors import IndexFolderError
from imgsearch.index import Index
from imgsearch.index.check import Health, check
from imgsearch.index.salvage import lengthen_files, restore_model, salvage_catalogue
from imgsearch.metric.linear import LinearMetric
from imgsearch.model import Model, copy_model, load_model, write_metric

from .helpers import DIMENSION, add, clustered_rows, contents, names, record, unit_rows

ROWS = clustered_rows(300)


@pytest.fixture
def filled(tmp_path: Path, metric_model: Model) -> Index:
    """300 pictures, two of them removed and one skipped, a metric and a graph."""
    index = Index.create(tmp_path / "photos" / ".imgsearch", metric_model)
    add(index, ROWS)
    with index.writer() as writer:
        writer.add_source(".")
        writer.skip([record("broken.jpg", "cut short")])
        writer.remove(["00007.jpg", "00008.jpg"])
    index.build_graph()
    return index


def checked(index: Index) -> Health:
    before = contents(index.folder)
    health = check(index.folder, index.root)
    assert contents(index.folder) == before
    return health


def flip(file: Path, place: int) -> None:
    content = bytearray(file.read_bytes())
    content[place] ^= 16
    file.write_bytes(content)


def change(index: Index, statement: str) -> None:
    with closing(sqlite3.connect(index.folder / "catalogue.sqlite")) as connection, connection:
        connection.execute(statement)


def test_a_sound_index_says_what_is_in_it_and_how_good_its_graph_is(filled: Index) -> None:
    (filled.root / "00001.jpg").touch()
    health = checked(filled)
    assert (health.damaged, health.searchable, health.skipped) == ([], 298, 1)
    assert len(health.gone) == 298 and "00001.jpg" not in health.gone
    assert health.ann_recall is not None and health.ann_recall > 0.95


def test_an_empty_index_is_sound(index: Index) -> None:
    health = checked(index)
    assert (health.damaged, health.searchable, health.ann_recall) == ([], 0, None)


def test_a_graph_of_an_older_state_is_searched_and_so_it_is_checked(filled: Index) -> None:
    with filled.writer() as writer:
        writer.remove(["00009.jpg"])
        writer.add([record("new.jpg")], ROWS[7:8])
    health = checked(filled)
    assert not health.damaged
    assert health.ann_recall is not None and health.ann_recall > 0.95
    flip(filled.folder / "graph.hnsw", 500)
    assert checked(filled).graph


@pytest.mark.parametrize(
    ("file", "what"),
    [
        ("vectors.f32", lambda health: health.vectors == ["00005.jpg"]),
        ("projected.f32", lambda health: health.projected and not health.vectors),
        ("graph.hnsw", lambda health: health.graph),
        ("model/model.json", lambda health: health.model == ["model.json"]),
        ("model/metric.npy", lambda health: health.model == ["metric.npy"]),
        ("model/encoder.onnx", lambda health: health.model == ["encoder.onnx"]),
    ],
)
def test_a_flipped_bit_is_found_and_its_file_named(filled: Index, file: str, what: Callable[[Health], bool]) -> None:
    row = {"vectors.f32": DIMENSION + 2, "projected.f32": 8 + 2}.get(file, 0)
    flip(filled.folder / file, 5 * row * 4 + 9)
    health = checked(filled)
    assert len(health.damaged) == 1 and file.rsplit("/", maxsplit=1)[-1] in health.damaged[0]
    assert what(health)


def test_a_flipped_bit_in_the_row_of_a_removed_picture_is_nobodys_damage(filled: Index) -> None:
    flip(filled.folder / "vectors.f32", 7 * (DIMENSION + 2) * 4)
    assert checked(filled).damaged == []


@pytest.mark.parametrize(
    ("file", "left", "pictures"), [("vectors.f32", 290, 10), ("vectors.f32", 0, 298), ("projected.f32", 1, 0)]
)
def test_rows_that_are_cut_off_are_counted(filled: Index, file: str, left: int, pictures: int) -> None:
    os.truncate(filled.folder / file, left * (DIMENSION + 2) * 4)
    health = checked(filled)
    assert len(health.vectors) == pictures
    assert health.projected == (file == "projected.f32")
    assert len(health.damaged) == 1


@pytest.mark.parametrize("file", ["vectors.f32", "projected.f32", "graph.hnsw", "model/metric.npy"])
def test_a_missing_file_is_damage(filled: Index, file: str) -> None:
    (filled.folder / file).unlink()
    assert len(checked(filled).damaged) == 1


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE pictures SET size = 1 WHERE slot = 3",
        "DELETE FROM holes",
        "UPDATE sources SET checksum = 0",
        "UPDATE settings SET value = '[1]' WHERE key = 'exclude'",
        "DELETE FROM settings WHERE key = 'model'",
    ],
)
def test_a_damaged_catalogue_is_all_that_can_be_said(filled: Index, statement: str) -> None:
    change(filled, statement)
    health = checked(filled)
    assert health.catalogue and len(health.damaged) == 1 and "catalogue.sqlite" in health.damaged[0]


def test_a_catalogue_that_is_no_database_is_damage_and_a_missing_one_no_index(filled: Index) -> None:
    file = filled.folder / "catalogue.sqlite"
    flip(file, 3)
    assert checked(filled).catalogue
    file.unlink()
    with pytest.raises(IndexFolderError, match="catalogue"):
        check(filled.folder, filled.root)


def test_damaged_entries_are_forgotten_and_the_rest_stays(filled: Index) -> None:
    change(filled, "UPDATE pictures SET size = 1 WHERE slot IN (3, 4)")
    change(filled, "UPDATE sources SET checksum = 0")
    change(filled, "UPDATE settings SET value = '[1]' WHERE key = 'exclude'")
    change(filled, "DELETE FROM holes WHERE slot = 8")
    said = salvage_catalogue(filled.folder)
    assert [line.split(";")[0] for line in said] == [
        "the setting exclude was damaged and is empty now",
        "2 damaged entries are forgotten",
        "damaged source folders are forgotten",
    ]
    health = checked(filled)
    assert (health.damaged, health.searchable, health.skipped) == ([], 296, 1)
    assert filled.sources() == []
    assert names(filled.search(filled.model.project(ROWS[[5]]), 1)[0]) == ["00005.jpg"]


def test_an_index_of_sqlite_that_lost_an_entry_is_made_again(filled: Index) -> None:
    with closing(sqlite3.connect(filled.folder / "catalogue.sqlite")) as connection:
        connection.execute("PRAGMA writable_schema = ON")
        (page,) = connection.execute(
            "SELECT rootpage FROM sqlite_master WHERE name = 'sqlite_autoindex_pictures_2'"
        ).fetchone()
        (size,) = connection.execute("PRAGMA page_size").fetchone()
    content = bytearray((filled.folder / "catalogue.sqlite").read_bytes())
    start = (page - 1) * size
    cells = int.from_bytes(content[start + 3 : start + 5], "big")
    content[start + 3 : start + 5] = (cells - 1).to_bytes(2, "big")
    (filled.folder / "catalogue.sqlite").write_bytes(content)
    assert checked(filled).catalogue
    assert salvage_catalogue(filled.folder) == []
    assert checked(filled).damaged == []


def test_a_number_of_slots_that_cannot_be_is_found_out_again(filled: Index) -> None:
    before = filled.records()
    for wrong in ("'7'", "'999999999999'", "'-1'", "'{'"):
        change(filled, f"UPDATE settings SET value = {wrong}, checksum = 0 WHERE key = 'slots'")
        assert any("slots" in line for line in salvage_catalogue(filled.folder))
        assert filled.records() == before
        assert checked(filled).damaged == []


def test_what_cannot_be_mended_says_so_and_changes_nothing(filled: Index) -> None:
    change(filled, "UPDATE settings SET value = '7' WHERE key = 'moves'")
    before = (filled.folder / "catalogue.sqlite").read_bytes()
    with pytest.raises(IndexFolderError, match=r"the setting moves .* restore .* from a backup, or delete it"):
        salvage_catalogue(filled.folder)
    assert (filled.folder / "catalogue.sqlite").read_bytes() == before


def test_the_copy_of_the_model_comes_back_from_the_same_model_alone(
    filled: Index, metric_model: Model, tmp_path: Path
) -> None:
    other = copy_model(metric_model, tmp_path / "other")
    write_metric(other.folder, LinearMetric.centred(ROWS[:8].astype("f8"), ROWS.mean(axis=0)))
    shutil.rmtree(filled.folder / "model")
    gone = Model(tmp_path / "nowhere", metric_model.info)
    assert not restore_model(filled.folder, [load_model(other.folder), gone])
    assert len(checked(filled).model) == 3
    assert restore_model(filled.folder, [gone, metric_model])
    assert checked(filled).damaged == []


def test_files_cut_short_are_lengthened_so_that_one_can_go_on(filled: Index) -> None:
    os.truncate(filled.folder / "vectors.f32", 100)
    (filled.folder / "projected.f32").unlink()
    lengthen_files(filled.folder)
    health = checked(filled)
    assert len(health.vectors) == 297 and health.projected
    with filled.writer() as writer:
        writer.add([record(name) for name in health.vectors], unit_rows(297))
        assert writer.compact(most_holes=-1)
    assert checked(filled).damaged == []
