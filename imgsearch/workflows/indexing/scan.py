"""What lies on the disk of what an index was made of, and what of it the index does not know yet."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from imgsearch.errors import PictureError, UserError, printable
from imgsearch.images.find import is_walked_over, require_folder, walk_pictures
from imgsearch.index.paths import absolute_path
from imgsearch.workflows.indexing.below import Folders, Tree
from imgsearch.workflows.indexing.look import Found, Look
from imgsearch.workflows.indexing.options import DEFAULTS, Before, Options
from imgsearch.workflows.indexing.walk import no_pictures, walk


@dataclass
class Scan:
    """The disk held against an index. Paths are stored paths."""

    sources: list[str] = field(default_factory=list)
    changed: dict[str, Found] = field(default_factory=dict)
    """New pictures, and those whose size or time differ."""
    unchanged: list[str] = field(default_factory=list)
    unreadable: dict[str, PictureError] = field(default_factory=dict)
    """Pictures that the disk does not let us look at; nothing else can be told of them."""
    missing: list[PictureError] = field(default_factory=list)
    """Listed files that are not there."""
    gone: list[str] = field(default_factory=list)
    """Indexed pictures that are to be forgotten."""
    dropped: list[str] = field(default_factory=list)
    """Sources that are missing or empty and were given up by `prune`."""


def require_pictures(folders: Sequence[Path], options: Options = DEFAULTS, remembered: Sequence[str] = ()) -> None:
    """Raise what `scan_disk` would raise for a new index, so that it can be asked before there is one."""
    if not folders and options.files is None:
        raise UserError("there is no index to bring up to date; name a folder of pictures: imgsearch index FOLDER")
    exclude = Before(Path(), Path(), excluded=remembered).exclude(options)
    for folder in folders:
        require_folder(folder)
        if next(walk_pictures(folder, leave_out=exclude), None) is None:
            raise no_pictures(folder)
    if not folders and not any(os.path.isfile(file) for file in options.files or ()):  # noqa: PTH113
        raise UserError("there is no index yet, and no file of the list is there; list pictures, or name a folder")


def scan_disk(
    before: Before,
    folders: Sequence[Path] = (),
    options: Options = DEFAULTS,
    warn: Callable[[str], None] = lambda _: None,
) -> Scan:
    """Look at `folders` and `options.files`, by default at all that the index was made of; no file is opened.

    That is its source folders and the indexed pictures that lie in none. An indexed picture is `gone` where it is no
    longer found, or is excluded. It is kept, and `warn` called, where its whole source folder is missing or empty, or
    the folder of a picture that lies in no source, as when a disk is not plugged in; `options.prune` gives those up.
    It is kept in any case where the disk does not say.

    Raises:
        UserError: a folder is missing or holds no pictures and none of it is indexed; or the index has no folders yet.
    """
    everything = options.everything or (not folders and options.files is None)
    if everything and not (before.sources or before.known or folders or options.files is not None):
        raise UserError(f"{printable(before.folder)}: has no folders yet; name one: imgsearch index FOLDER")
    look = Look(before, options, warn)
    for folder in folders:
        walk(look, folder, named=True)
    for source in before.sources if everything else ():
        walk(look, absolute_path(source, before.root), named=False)
    look.files(options.files or ())
    unseen = look.unseen()
    look.again(path for path in unseen if (is_walked_over(path) if path in look.walked else everything))
    gone = _gone(look, unseen)
    dropped = [source for source in look.empty if options.prune and source not in look.kept]
    return Scan(look.filled, look.changed, look.unchanged.paths(), look.unreadable, look.missing, gone, dropped)


def _gone(look: Look, unseen: Iterable[str]) -> list[str]:
    prune = look.options.prune
    away = Folders() if prune else _away(look)
    absent = [path for path in look.absent if path not in away and path not in look.kept]
    surely_absent = set(absent) if prune else _whose_folder_is_there(look, absent)
    if prune is False:
        return []
    return [
        path
        for path in unseen
        if not look.is_found(path)
        and (
            path in look.left_out
            or path in surely_absent
            or (path in look.walked and not is_walked_over(path) and path not in look.kept and path not in away)
        )
    ]


def _away(look: Look) -> Folders:
    """Sources of which nothing is found any more, also those inside a walked folder: each may be a disk of its own."""
    away = Folders()
    filled, found, indexed = set(look.filled), None, None
    for source in look.before.sources:
        if source in filled or source not in look.walked or source in look.kept:
            continue
        found = found or Tree(look.found())
        if found.count(source):
            continue
        away.add(source)
        folder = absolute_path(source, look.before.root)
        state = "no pictures in it now" if folder.is_dir() else "gone (a disk that is not plugged in?)"
        indexed = indexed or Tree(path for path in look.before.known if path not in look.left_out)
        _tell_of(folder, state, indexed.count(source), look.warn)
    return away


def _whose_folder_is_there(look: Look, absent: Iterable[str]) -> set[str]:
    """The absent pictures whose folder is there; the others are kept, and told of by their highest missing folder."""
    surely: set[str] = set()
    folders: dict[str, str | None] = {}
    missing: Counter[str] = Counter()
    for path in absent:
        above = path.rpartition("/")[0]
        if above not in folders:
            folders[above] = _highest_missing(Path(look.before.root, above))
        highest = folders[above]
        if highest is None:
            surely.add(path)
        else:
            missing[highest] += 1
    for folder, number in missing.items():
        _tell_of(Path(folder), "gone (a disk that is not plugged in?)", number, look.warn)
    return surely


def _highest_missing(folder: Path) -> str | None:
    missing = None
    for candidate in (folder, *folder.parents):
        if candidate.is_dir():
            break
        missing = candidate
    return None if missing is None else os.path.normpath(missing)


def _tell_of(folder: Path, state: str, indexed: int, warn: Callable[[str], None]) -> None:
    remedy = f"its {indexed} indexed pictures are kept, --prune would forget them"
    warn(f"{printable(folder)}: {state}; {remedy if indexed else 'nothing of it is indexed'}")
