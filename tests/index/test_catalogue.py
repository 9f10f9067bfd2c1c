from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from imgsearch.errors import IndexFolderError
from imgsearch.index.catalogue import create_catalogue, open_catalogue
from imgsearch.index.overhaul import renumber
from imgsearch.index.schema import FORMAT_VERSION

from .helpers import record


@pytest.fixture
def file(tmp_path: Path) -> Path:
    with create_catalogue(tmp_path / "catalogue.sqlite"):
        pass
    return tmp_path / "catalogue.sqlite"


def change(file: Path, statement: str) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute(statement)
        connection.commit()


@pytest.mark.parametrize("name", ["a b", "x\ny", "🐈", os.fsdecode(b"\xff\xe9"), "../x", "it's"])
def test_a_record_comes_back_whatever_its_name(file: Path, name: str) -> None:
    kept = record(name)._replace(slot=0)
    with open_catalogue(file, "rw") as catalogue, catalogue.transaction():
        catalogue.put(kept)
        catalogue.put_setting("slots", 1)
    with open_catalogue(file, "ro") as catalogue:
        assert catalogue.records() == {name: kept}
        assert catalogue.paths([0], moves=0) == {0: name}
        assert catalogue.paths([0, 7], moves=0) is None
        assert catalogue.paths([0], moves=1) is None


def test_a_reason_that_is_not_utf8_is_kept_readable(file: Path) -> None:
    with open_catalogue(file, "rw") as catalogue, catalogue.transaction():
        catalogue.put(record("x.jpg", os.fsdecode(b"cannot open \xff")))
        assert catalogue.records()["x.jpg"].reason == r"cannot open \xff"


def test_what_a_picture_leaves_is_a_hole(file: Path) -> None:
    with open_catalogue(file, "rw") as catalogue, catalogue.transaction():
        catalogue.put_setting("slots", 4)
        for slot, name in enumerate("abc"):
            catalogue.put(record(name)._replace(slot=slot))
        catalogue.put(record("a")._replace(slot=3))  # its content changed
        catalogue.put(record("b", "no longer a picture"))
        catalogue.remove("c")
        catalogue.remove("never known")
        state = catalogue.state()
    assert state.holes.tolist() == [0, 1, 2]
    assert state.living == 1
    with open_catalogue(file, "ro") as catalogue:
        assert catalogue.state().version == state.version


def test_more_winners_than_one_statement_takes_are_looked_up(file: Path) -> None:
    with open_catalogue(file, "rw") as catalogue, catalogue.transaction():
        for slot in range(1201):
            catalogue.put(record(f"{slot}.jpg")._replace(slot=slot))
        assert catalogue.paths(range(1201), moves=0) == {slot: f"{slot}.jpg" for slot in range(1201)}


def test_one_slot_never_belongs_to_two_pictures(file: Path) -> None:
    with open_catalogue(file, "rw") as catalogue:
        catalogue.put(record("a")._replace(slot=0))
        with pytest.raises(sqlite3.IntegrityError):
            catalogue.put(record("b")._replace(slot=0))


def test_a_newer_format_is_named_and_left_alone(file: Path) -> None:
    change(file, f"UPDATE settings SET value = '{FORMAT_VERSION + 1}' WHERE key = 'format_version'")
    before = file.read_bytes()
    for mode in ("ro", "rw"):
        with (
            pytest.raises(IndexFolderError, match=r"newer imgsearch \(format 4, this one reads 3\); upgrade imgsearch"),
            open_catalogue(file, mode),
        ):
            pass
    assert file.read_bytes() == before


@pytest.mark.parametrize(
    "statement",
    [
        "DROP TABLE settings",
        "DELETE FROM settings",
        "UPDATE settings SET value = '0'",
        "UPDATE settings SET value = '-1'",
        "UPDATE settings SET value = '\"1\"'",
        "UPDATE settings SET value = 'true'",
        "UPDATE settings SET value = '{'",
        "UPDATE settings SET value = x'ff'",
        "DELETE FROM settings WHERE key = 'slots'",
        "DELETE FROM settings WHERE key = 'graph'",
        "UPDATE settings SET value = '1.5' WHERE key = 'slots'",
        "DROP TABLE holes",
        "UPDATE settings SET value = '7' WHERE key = 'slots'",
        "UPDATE settings SET checksum = 1 WHERE key = 'slots'",
        "INSERT INTO holes VALUES(0)",
        "INSERT INTO holes VALUES(-1)",
        "CREATE TABLE more(number)",
        "CREATE TRIGGER trick AFTER INSERT ON holes BEGIN DELETE FROM pictures; END",
    ],
)
def test_a_catalogue_that_lacks_something_is_damaged_in_one_line(file: Path, statement: str) -> None:
    change(file, statement)
    with (
        pytest.raises(IndexFolderError, match=r"; (restore .* from a backup, or delete it|mend it with)") as caught,
        open_catalogue(file, "ro") as catalogue,
    ):
        catalogue.state()
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE pictures SET path = x'62'",
        "UPDATE pictures SET size = 7",
        "UPDATE pictures SET size = 1.5",
        "UPDATE pictures SET size = 'many'",
        "UPDATE pictures SET mtime_ns = 7",
        "UPDATE pictures SET content_hash = x'00'",
        "UPDATE pictures SET content_hash = 'text'",
        "UPDATE pictures SET slot = 1",
        "UPDATE pictures SET slot = 9223372036854775807",
        "UPDATE pictures SET slot = NULL, reason = 'broken'",
        "UPDATE pictures SET checksum = 7",
        "DELETE FROM pictures",
        "INSERT INTO holes VALUES(0)",
        "UPDATE holes SET slot = 0",
        "DELETE FROM holes",
        "UPDATE sources SET path = x'62'",
        "UPDATE sources SET path = 'text'",
        "UPDATE sources SET checksum = 7",
    ],
)
@pytest.mark.parametrize("reader", ["records", "known"])
def test_a_row_that_is_not_as_it_was_written_is_damage_in_one_line(file: Path, statement: str, reader: str) -> None:
    with open_catalogue(file, "rw") as catalogue, catalogue.transaction():
        catalogue.put_setting("slots", 2)
        catalogue.put(record("a")._replace(slot=1))
        catalogue.put(record("a")._replace(slot=0))
        catalogue.add_source(".")
        assert catalogue.records() and catalogue.sources()
    change(file, statement)
    with (
        pytest.raises(IndexFolderError, match=r"; mend it with `imgsearch index --repair`|last one; restore") as caught,
        open_catalogue(file, "ro") as catalogue,
    ):
        getattr(catalogue, reader)()
        catalogue.sources()
    assert "\n" not in str(caught.value)


def test_a_picture_that_moves_keeps_its_slot_and_takes_the_place_of_another(file: Path) -> None:
    with open_catalogue(file, "rw") as catalogue, catalogue.transaction():
        catalogue.put_setting("slots", 2)
        for slot, name in enumerate("ab"):
            catalogue.put(record(name)._replace(slot=slot))
        catalogue.move("a", "c")
        assert {name: kept.slot for name, kept in catalogue.records().items()} == {"b": 1, "c": 0}
        catalogue.move("c", "b")
        catalogue.move("never known", "d")
        assert {name: kept.slot for name, kept in catalogue.records().items()} == {"b": 0}
        assert catalogue.state().holes.tolist() == [1]


def test_renumbered_slots_are_those_without_holes_in_the_same_order(file: Path) -> None:
    with open_catalogue(file, "rw") as catalogue, catalogue.transaction():
        catalogue.put_setting("slots", 6)
        for slot, name in enumerate("abcdef"):
            catalogue.put(record(name)._replace(slot=slot))
        for name in "acf":
            catalogue.remove(name)
        renumber(catalogue, [1, 3, 4])
        assert {name: kept.slot for name, kept in catalogue.records().items()} == {"b": 0, "d": 1, "e": 2}
        assert catalogue.state().version == (3, 0)


def test_any_flipped_bit_in_the_text_of_the_tables_is_damage_in_one_line(file: Path) -> None:
    whole = file.read_bytes()
    start = whole.index(b"CREATE TABLE settings")
    for place in range(start, start + 60):
        for bit in range(8):
            flipped = bytearray(whole)
            flipped[place] ^= 1 << bit
            file.write_bytes(flipped)
            with pytest.raises(IndexFolderError, match="restore"), open_catalogue(file, "ro"):
                pass


def test_a_catalogue_cut_short_is_damaged_in_one_line(file: Path) -> None:
    os.truncate(file, file.stat().st_size // 2)
    with pytest.raises(IndexFolderError, match="restore"), open_catalogue(file, "ro") as catalogue:
        catalogue.records()


def test_making_one_over_the_leftovers_of_a_killed_run_works(tmp_path: Path) -> None:
    beside = tmp_path / "catalogue.sqlite.part"
    beside.write_bytes(b"half")
    with create_catalogue(tmp_path / "catalogue.sqlite"):
        pass
    assert not beside.exists()
    with open_catalogue(tmp_path / "catalogue.sqlite", "ro") as catalogue:
        assert catalogue.state().slots == 0
