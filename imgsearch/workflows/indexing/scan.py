"""What lies in the folders of an index now, and what of it the index does not know yet."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from imgsearch.errors import UserError, printable
from imgsearch.images.find import find_pictures
from imgsearch.index import Index, Record


@dataclass
class Scan:
    """Folders of pictures held against an index. All paths but those in `changed` are stored paths."""

    sources: list[str] = field(default_factory=list)
    changed: dict[str, Path] = field(default_factory=dict)
    """New pictures, and those whose size or time differ: stored path → where it lies."""
    unchanged: list[Record] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)
    """Sources that are missing or empty and were given up by `prune`."""


def require_pictures(folders: Sequence[Path]) -> None:
    """Raise what `scan_folders` would raise for a new index, so that it can be asked before there is one."""
    if not folders:
        raise UserError("there is no index to bring up to date; name a folder of pictures: imgsearch index FOLDER")
    for folder in folders:
        if next(find_pictures(folder), None) is None:
            raise _no_pictures(folder)


def scan_folders(
    index: Index,
    known: dict[str, Record],
    folders: Sequence[Path],
    *,
    prune: bool = False,
    warn: Callable[[str], None] = lambda _: None,
) -> Scan:
    """Walk `folders`, by default all that the index was made of, at the price of one stat a picture.

    Indexed pictures whose file is no longer found are `gone`. Where their whole source folder is missing or empty, as
    when a disk is not plugged in, or where a folder cannot be listed, they are kept and `warn` is called; `prune` gives
    up the former.

    Raises:
        UserError: a folder is missing or holds no pictures and none of it is indexed; or the index has no folders yet.
    """
    chosen = [Path(folder) for folder in folders] or [index.absolute(source) for source in index.sources()]
    if not chosen:
        raise UserError(f"{printable(index.folder)}: has no folders yet; name one: imgsearch index FOLDER")
    scan = Scan()
    found: set[str] = set()
    walked: list[str] = []
    kept: list[str] = []

    def unreadable(folder: Path, error: OSError) -> None:
        warn(f"{printable(folder)}: cannot be listed ({error.strerror}); what is indexed of it is kept")
        kept.append(index.stored(folder))

    for folder in chosen:
        source = index.stored(folder)
        indexed = any(is_below(path, [source]) for path in known)
        present = folder.is_dir()
        needed = bool(folders) and not indexed  # one that is remembered may be away, pruned even
        pictures = list(find_pictures(folder, unreadable=unreadable)) if present or needed else []
        if not pictures and needed:
            raise _no_pictures(folder)
        (scan.sources if pictures else scan.dropped).append(source)
        walked.append(source)
        for path in pictures:
            stored = index.stored(path)
            if stored in found:  # two of the folders lie in each other
                continue
            found.add(stored)
            record = known.get(stored)
            if record is not None and _is_as_before(path, record):
                scan.unchanged.append(record)
            else:
                scan.changed[stored] = path
    if not prune:
        kept += _away(index, known, walked, found, warn)
        scan.dropped = []
    scan.gone = [path for path in known if path not in found and is_below(path, walked) and not is_below(path, kept)]
    return scan


def _away(
    index: Index, known: dict[str, Record], walked: list[str], found: set[str], warn: Callable[[str], None]
) -> list[str]:
    """Sources of which nothing is found any more, also those inside a walked folder: each may be a disk of its own."""
    away: list[str] = []
    for source in index.sources():
        if not is_below(source, walked) or any(is_below(path, [source]) for path in found):
            continue
        away.append(source)
        folder = index.absolute(source)
        state = "no pictures in it now" if folder.is_dir() else "gone (a disk that is not plugged in?)"
        indexed = sum(is_below(path, [source]) for path in known)
        remedy = f"its {indexed} indexed pictures are kept, --prune would forget them"
        warn(f"{printable(folder)}: {state}; {remedy if indexed else 'nothing of it is indexed'}")
    return away


def _no_pictures(folder: Path) -> UserError:
    return UserError(f"{printable(folder)}: no pictures in it; give a folder that holds some")


def is_below(path: str, folders: Iterable[str]) -> bool:
    """Whether a stored path lies in one of these stored folders, or is one of them."""
    return any(_is_in(path, folder) for folder in folders)


def _is_in(path: str, folder: str) -> bool:
    above = [] if folder == "." else folder.split("/")
    if set(above) <= {".."}:  # the index's root, or above it: all is in it that does not climb out of it
        return not path.startswith("../" * (len(above) + 1))
    return path == folder or path.startswith(f"{folder}/")


def _is_as_before(path: Path, record: Record) -> bool:
    try:
        status = path.stat()
    except OSError:
        return False
    return (status.st_size, status.st_mtime_ns) == (record.size, record.mtime_ns)
