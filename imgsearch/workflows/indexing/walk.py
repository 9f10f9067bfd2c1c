"""Looking at all pictures below a folder."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from imgsearch.errors import UserError, printable
from imgsearch.images.find import require_folder, walk_runs
from imgsearch.index.paths import stored_path
from imgsearch.workflows.indexing.look import GONE, Look


def walk(look: Look, folder: Path, *, named: bool) -> None:
    """Look at all pictures below a folder.

    Raises:
        UserError: the user has `named` the folder, which is missing or holds no pictures, and none is indexed.
    """
    source = stored_path(folder, look.before.root)
    try:
        require_folder(folder)
    except UserError:
        if named and not look.indexed.count(source):
            raise
    top = os.path.join(folder, "")  # noqa: PTH118 - with its '/', which a Path would lose
    pictures, identity = 0, _identity(folder)

    def leave_out(path: str) -> bool:
        if not look.exclude(path):
            return False
        above, slash, name = path.rpartition("/")
        look.left_out.add(look.names.of(top + above + slash, name, is_link=False))
        return True

    def unreadable(path: Path, error: OSError) -> None:
        if not (isinstance(error, GONE) and path == folder):  # that one is told of when all is known
            _unlisted(look, path, error)

    for below, run in walk_runs(folder, unreadable=unreadable, leave_out=leave_out if look.exclude else None):
        pictures += len(run)
        look.run(top + below, run)
    if not pictures and named and not look.indexed.count(source):
        raise no_pictures(folder)
    if identity != _identity(folder):
        look.kept.add(source)
        look.warn(f"{printable(folder)}: went away while it was looked at; what is indexed of it is kept")
    (look.filled if pictures else look.empty).append(source)
    look.walked.add(source)


def _unlisted(look: Look, path: Path, error: OSError) -> None:
    stored = stored_path(path, look.before.root)
    nowhere = isinstance(error, GONE) or error.errno == errno.ELOOP
    if nowhere and (look.options.prune or not look.indexed.count(stored)):
        return
    look.kept.add(stored)
    look.warn(f"{printable(path)}: cannot be listed ({error.strerror}); what is indexed of it is kept")


def no_pictures(folder: Path) -> UserError:
    """The error for a named folder in which nothing is to be indexed."""
    return UserError(f"{printable(folder)}: no pictures in it; give a folder that holds some")


def _identity(folder: Path) -> tuple[int, int] | None:
    try:
        status = folder.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino
