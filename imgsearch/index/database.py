"""Opening SQLite files so that readers write nothing, and saying in one line what is wrong with one.

A rollback journal rather than a write-ahead log: readers need no file of their own, so that an index on read-only media
answers. Readers open with `mode=ro`; only a journal that a killed writer left behind makes one open for writing, once.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from imgsearch.errors import IndexFolderError, printable

BUSY_SECONDS = 30.0


@contextlib.contextmanager
def database(file: Path, mode: str) -> Iterator[sqlite3.Connection]:
    """An open SQLite file; `mode` is "ro", "rw" (it exists) or "rwc" (made if missing). Transactions are the caller's.

    Raises:
        IndexFolderError: the file is missing, damaged, busy or cannot be written, here or anywhere in the block.
    """
    with explained_database(file):
        if mode == "ro":
            _undo_interrupted_write(file)
        with contextlib.closing(_connect(file, mode)) as connection:
            yield connection


@contextlib.contextmanager
def explained_database(file: Path) -> Iterator[None]:
    """Turn what SQLite says about `file` into an `IndexFolderError` with a remedy; bugs pass through."""
    try:
        yield
    except UnicodeDecodeError as error:  # SQLite's complaint about a damaged schema holds pieces of it
        raise damaged(file, "its tables are not those of an index") from error
    except sqlite3.DatabaseError as error:
        # IntegrityError, ProgrammingError and their like are bugs of ours; damage and full disks come as these two
        if type(error) not in {sqlite3.DatabaseError, sqlite3.OperationalError}:
            raise
        raise IndexFolderError(f"{printable(file)}: {error}; {_remedy(str(error)) or _start_again(file)}") from error


@contextlib.contextmanager
def transaction(connection: sqlite3.Connection, kind: str = "IMMEDIATE") -> Iterator[None]:
    """All of the block, or nothing of it: "IMMEDIATE" to write, "DEFERRED" to read one committed state.

    Inside another one it is a part of that: undone alone where it fails, committed with the whole.
    """
    inner = connection.in_transaction
    connection.execute("SAVEPOINT part" if inner else f"BEGIN {kind}")
    try:
        yield
        connection.execute("RELEASE part" if inner else "COMMIT")
    except BaseException:
        if connection.in_transaction:  # on a full disk SQLite has rolled back by itself
            connection.execute("ROLLBACK TO part" if inner else "ROLLBACK")
        raise


@contextlib.contextmanager
def explained(file: Path) -> Iterator[None]:
    """Turn what the system says about `file` into an `IndexFolderError` with a remedy."""
    try:
        yield
    except OSError as error:
        remedy = _remedy(str(error)) or "check the path and its disk"
        raise IndexFolderError(f"{printable(file)}: {error.strerror or error}; {remedy}") from error


def damaged(file: Path, what: str, *, repairable: bool = False) -> IndexFolderError:
    """The error for a file of the index that is not as it was written; `repairable` from the others or the pictures."""
    remedy = "mend it with `imgsearch index --repair`" if repairable else _start_again(file)
    return IndexFolderError(f"{printable(file)}: {what}; {remedy}")


def _remedy(problem: str) -> str | None:
    text = problem.lower()
    if "malformed" in text or "not a database" in text:  # and then, in words of the damaged file, anything
        return None
    if "locked" in text or "busy" in text:
        return "another process writes the index; try again when it has ended"
    if "full" in text or "no space" in text or "too large" in text or "quota" in text:
        return "make room on the disk, then run the same command again; what was committed is kept"
    if "readonly" in text or "read-only" in text or "permission" in text or "unable to open" in text:
        return "check that the folder exists and that you may write to it"
    return None


def _start_again(file: Path) -> str:
    folder = printable(file.parent)
    return f"restore {folder} from a backup, or delete it and run `imgsearch index` again (pictures are never touched)"


def _connect(file: Path, mode: str) -> sqlite3.Connection:
    # percent-encoded bytes: a path may hold '?', '#', '%' and bytes that are not UTF-8, and the URI has to be a str
    name = quote(os.fsencode(file.absolute().as_posix()))
    uri = f"file://{name if name.startswith('/') else '/' + name}?mode={mode}"
    connection = sqlite3.connect(uri, uri=True, timeout=BUSY_SECONDS, isolation_level=None)
    try:
        connection.execute("PRAGMA trusted_schema=OFF")  # an index from a stranger runs nothing of its own
        if mode != "ro":
            connection.execute("PRAGMA synchronous=FULL")
    except BaseException:
        connection.close()
        raise
    return connection


def _undo_interrupted_write(file: Path) -> None:
    """Roll back what a killed writer left half-done: SQLite does it by itself, but only for one who may write."""
    if not file.with_name(file.name + "-journal").exists():
        return
    with contextlib.suppress(sqlite3.OperationalError), contextlib.closing(_connect(file, "rw")) as connection:
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
