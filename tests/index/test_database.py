from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import pytest

from imgsearch.errors import IndexFolderError
from imgsearch.index.database import database, transaction

from .helpers import outcome, python

ODD_FOLDERS = [b"a b", b"who?mode=rw", b"#1", b"100%41", "🐈".encode(), b"caf\xe9\xff", b"line\nbreak"]

# leaves a file half-changed and the journal that undoes it, as a killed writer does
DIE_WHILE_WRITING = """
import os, sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("PRAGMA cache_size=1")
connection.execute("BEGIN IMMEDIATE")
connection.execute("UPDATE t SET x = zeroblob(2000)")
os._exit(9)
"""


def make(file: Path, rows: int = 3) -> None:
    with database(file, "rwc") as connection, transaction(connection):
        connection.execute("CREATE TABLE t(x)")
        connection.executemany("INSERT INTO t VALUES(?)", [(number,) for number in range(rows)])


def values(file: Path) -> list[object]:
    with database(file, "ro") as connection:
        return [value for (value,) in connection.execute("SELECT x FROM t ORDER BY rowid")]


@pytest.mark.parametrize("name", ODD_FOLDERS)
def test_a_file_opens_under_any_name(tmp_path: Path, name: bytes) -> None:
    folder = tmp_path / os.fsdecode(name)
    folder.mkdir()
    make(folder / "x.sqlite")
    assert os.listdir(folder) == ["x.sqlite"]  # noqa: PTH208 - the very name on the disk
    assert values(folder / "x.sqlite") == [0, 1, 2]


def test_a_reader_writes_nothing_and_may_not(tmp_path: Path) -> None:
    make(tmp_path / "x.sqlite")
    before = (tmp_path / "x.sqlite").read_bytes()
    with (
        pytest.raises(IndexFolderError, match="check that the folder exists and that you may write"),
        database(tmp_path / "x.sqlite", "ro") as connection,
    ):
        connection.execute("DELETE FROM t")
    assert (tmp_path / "x.sqlite").read_bytes() == before


def test_a_missing_file_is_not_made(tmp_path: Path) -> None:
    for mode in ("ro", "rw"):
        with pytest.raises(IndexFolderError, match="unable to open"), database(tmp_path / "x.sqlite", mode):
            pass
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_writer_left_is_undone_by_the_next_reader(tmp_path: Path) -> None:
    file = tmp_path / "x.sqlite"
    make(file, 500)
    before = file.read_bytes()
    assert outcome(python(DIE_WHILE_WRITING, file))[0] == 9
    assert file.read_bytes() != before
    assert values(file) == list(range(500))
    assert file.read_bytes() == before


def test_a_part_that_fails_is_undone_alone(tmp_path: Path) -> None:
    file = tmp_path / "x.sqlite"
    make(file, 0)
    with database(file, "rw") as connection, transaction(connection):
        connection.execute("INSERT INTO t VALUES(1)")
        with pytest.raises(ZeroDivisionError), transaction(connection):
            connection.execute("INSERT INTO t VALUES(2)")
            raise ZeroDivisionError
        with transaction(connection):
            connection.execute("INSERT INTO t VALUES(3)")
    assert values(file) == [1, 3]


def test_a_whole_that_fails_is_undone_with_its_parts(tmp_path: Path) -> None:
    file = tmp_path / "x.sqlite"
    make(file, 0)
    with database(file, "rw") as connection:
        with pytest.raises(ZeroDivisionError), transaction(connection):
            with transaction(connection):
                connection.execute("INSERT INTO t VALUES(2)")
            raise ZeroDivisionError
        assert not connection.in_transaction
    assert values(file) == []


def test_damage_is_one_line_with_a_remedy_and_bugs_stay_bugs(tmp_path: Path) -> None:
    file = tmp_path / "x.sqlite"
    file.write_bytes(b"this is not a database, whatever its name says" * 100)
    with pytest.raises(IndexFolderError, match=r"file is not a database; restore .* or delete it and run") as caught:
        values(file)
    assert "\n" not in str(caught.value)
    file.unlink()
    make(file)
    with pytest.raises(sqlite3.ProgrammingError), database(file, "ro") as connection:
        connection.execute("SELECT ?", (1, 2))
