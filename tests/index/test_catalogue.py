from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from imgsearch.errors import IndexFolderError
from imgsearch.index.catalogue import FORMAT_VERSION, create_catalogue, open_catalogue

from .helpers import record


@pytest.fixture
def file(tmp_path: Path) -> Path:
    create_catalogue(tmp_path / "catalogue.sqlite", {"model": "abc"})
    return tmp_path / "catalogue.sqlite"


def change(file: Path, statement: str) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute(statement)
        connection.commit()


@pytest.mark.parametrize("name", ["a b", "x\ny", "🐈", os.fsdecode(b"\xff\xe9"), "../x", "it's"])
def test_a_record_comes_back_whatever_its_name(file: Path, name: str) -> None:
    kept = replace(record(name), slot=0)
    with open_catalogue(file, "rw") as catalogue, catalogue.transaction():
        catalogue.put(kept)
    with open_catalogue(file, "ro") as catalogue:
        assert catalogue.records() == {name: kept}
        assert catalogue.paths([0, 7]) == {0: name}


def test_a_reason_that_is_not_utf8_is_kept_readable(file: Path) -> None:
    with open_catalogue(file, "rw") as catalogue, catalogue.transaction():
        catalogue.put(record("x.jpg", os.fsdecode(b"cannot open \xff")))
        assert catalogue.records()["x.jpg"].reason == r"cannot open \xff"


def test_what_a_picture_leaves_is_a_hole(file: Path) -> None:
    with open_catalogue(file, "rw") as catalogue, catalogue.transaction():
        catalogue.put_setting("slots", 4)
        for slot, name in enumerate("abc"):
            catalogue.put(replace(record(name), slot=slot))
        catalogue.put(replace(record("a"), slot=3))  # its content changed
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
            catalogue.put(replace(record(f"{slot}.jpg"), slot=slot))
        assert catalogue.paths(range(1201)) == {slot: f"{slot}.jpg" for slot in range(1201)}


def test_one_slot_never_belongs_to_two_pictures(file: Path) -> None:
    with open_catalogue(file, "rw") as catalogue:
        catalogue.put(replace(record("a"), slot=0))
        with pytest.raises(sqlite3.IntegrityError):
            catalogue.put(replace(record("b"), slot=0))


def test_a_newer_format_is_named_and_left_alone(file: Path) -> None:
    change(file, f"UPDATE settings SET value = '{FORMAT_VERSION + 1}' WHERE key = 'format_version'")
    before = file.read_bytes()
    for mode in ("ro", "rw"):
        with (
            pytest.raises(IndexFolderError, match=r"newer imgsearch \(format 3, this one reads 2\); upgrade imgsearch"),
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
        "INSERT INTO holes VALUES(0)",
        "INSERT INTO holes VALUES(-1)",
    ],
)
def test_a_catalogue_that_lacks_something_is_damaged_in_one_line(file: Path, statement: str) -> None:
    change(file, statement)
    with (
        pytest.raises(IndexFolderError, match=r"; restore .* from a backup, or delete it") as caught,
        open_catalogue(file, "ro") as catalogue,
    ):
        catalogue.state()
    assert "\n" not in str(caught.value)


def test_a_catalogue_cut_short_is_damaged_in_one_line(file: Path) -> None:
    os.truncate(file, file.stat().st_size // 2)
    with pytest.raises(IndexFolderError, match="restore"), open_catalogue(file, "ro") as catalogue:
        catalogue.records()


def test_making_one_over_the_leftovers_of_a_killed_run_works(tmp_path: Path) -> None:
    beside = tmp_path / "catalogue.sqlite.part"
    beside.write_bytes(b"half")
    create_catalogue(tmp_path / "catalogue.sqlite", {})
    assert not beside.exists()
    with open_catalogue(tmp_path / "catalogue.sqlite", "ro") as catalogue:
        assert catalogue.state().slots == 0
