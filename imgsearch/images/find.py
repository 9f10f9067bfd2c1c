"""Which files under a folder are pictures, and which class each belongs to."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from operator import attrgetter
from pathlib import Path

from imgsearch.errors import UserError, printable

_PHOTOGRAPHS = (".jpg", ".jpeg", ".jpe", ".jfif", ".heic", ".heif", ".avif", ".webp", ".tif", ".tiff", ".jp2")
_GRAPHICS = (".png", ".gif", ".bmp", ".dib", ".ppm", ".pgm", ".pbm", ".pnm", ".tga", ".ico")
SUFFIXES = _PHOTOGRAPHS + _GRAPHICS
SKIPPED_FOLDERS = frozenset({"node_modules", "@eaDir", "__MACOSX"})

Unreadable = Callable[[Path, OSError], None]


def find_pictures(
    folder: str | os.PathLike[str], *, unreadable: Unreadable = lambda path, error: None
) -> Iterator[Path]:
    """Every file below `folder` whose name says picture, in a stable order; see `walk_pictures`.

    Raises:
        UserError: `folder` is missing or cannot be listed.
    """
    require_folder(folder)
    for _, entry in walk_pictures(folder, unreadable=unreadable):
        yield Path(entry.path)


def require_folder(folder: str | os.PathLike[str]) -> None:
    """Raise `UserError` unless `folder` is there and can be listed."""
    shown = printable(os.fspath(folder))
    try:
        os.scandir(folder).close()
    except (FileNotFoundError, NotADirectoryError) as error:
        problem = "no such folder" if isinstance(error, FileNotFoundError) else "not a folder"
        raise UserError(f"{shown}: {problem}; give the folder that holds the pictures") from None
    except OSError as error:
        raise UserError(f"{shown}: cannot be listed ({error.strerror}); check its permissions and its disk") from None


def walk_pictures(
    folder: str | os.PathLike[str],
    *,
    unreadable: Unreadable = lambda path, error: None,
    leave_out: Callable[[str], bool] | None = None,
) -> Iterator[tuple[str, os.DirEntry[str]]]:
    """Every file below `folder` whose name says picture: its folder's path from `folder` ("" or "a/b/"), and itself.

    Hidden files and folders, `node_modules` and `@eaDir` are left out, and all files and folders for whose path from
    `folder` `leave_out` says so. Symbolic links are followed; a folder that was visited already, by whatever name, is
    not entered again, so that a loop of links ends. A folder that cannot be listed, `folder` itself included, is passed
    to `unreadable`, as is a link without a picture's name that cannot be followed, for who knows what lies behind it;
    the walk goes on.
    """
    for below, run in walk_runs(folder, unreadable=unreadable, leave_out=leave_out):
        for entry in run:
            yield below, entry


def walk_runs(
    folder: str | os.PathLike[str],
    *,
    unreadable: Unreadable = lambda path, error: None,
    leave_out: Callable[[str], bool] | None = None,
) -> Iterator[tuple[str, list[os.DirEntry[str]]]]:
    """As `walk_pictures`, in the same order; those of a folder between which no other folder comes are told at once."""
    visited: set[tuple[int, int]] = set()
    open_folders = [("", _entries(os.fspath(folder), visited, unreadable))]
    while open_folders:  # rather than recursion, which ends at a depth of a thousand
        below, entries = open_folders[-1]
        run: list[os.DirEntry[str]] = []
        deeper = None
        for entry in entries:
            name = entry.name
            is_picture = name.lower().endswith(SUFFIXES)
            try:
                is_folder = entry.is_dir()
                if not (is_folder or is_picture) and entry.is_symlink():
                    entry.stat()
            except OSError as error:
                is_folder = False
                if not is_picture:
                    unreadable(Path(entry.path), error)
            if is_folder:
                if name not in SKIPPED_FOLDERS and not (leave_out and leave_out(below + name)):
                    deeper = entry
                    break
            elif is_picture and not (leave_out and leave_out(below + name)):
                run.append(entry)
        if run:
            yield below, run
        if deeper is None:
            open_folders.pop()
        else:
            open_folders.append((f"{below}{deeper.name}/", _entries(deeper.path, visited, unreadable)))


def _entries(folder: str, visited: set[tuple[int, int]], unreadable: Unreadable) -> Iterator[os.DirEntry[str]]:
    try:
        status = os.stat(folder)  # noqa: PTH116 - a Path that is 2,000 folders deep costs more than the look
        if (status.st_dev, status.st_ino) in visited:
            return iter(())
        visited.add((status.st_dev, status.st_ino))
        with os.scandir(folder) as listing:
            visible = [entry for entry in listing if not entry.name.startswith(".")]
            return iter(sorted(visible, key=attrgetter("name")))
    except OSError as error:
        unreadable(Path(folder), error)
        return iter(())


def is_walked_over(path: str) -> bool:
    """Whether a walk leaves out a file of this path ('/' between its parts) for its name or that of a folder of it."""
    *folders, name = path.split("/")
    hidden = any(part.startswith(".") and part not in {".", ".."} for part in (*folders, name))
    return hidden or not name.lower().endswith(SUFFIXES) or not SKIPPED_FOLDERS.isdisjoint(folders)


def class_of(picture: Path) -> str:
    """A picture's class: the name of its parent folder."""
    return picture.parent.name
