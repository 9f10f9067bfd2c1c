"""What an evaluation asks: which pictures are the queries, which the gallery, and by what protocol."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from imgsearch.errors import PictureError, UserError, printable
from imgsearch.images.find import require_folder
from imgsearch.index.paths import FileIdentity
from imgsearch.workflows.labelled import Labelled, hold_out, read_labelled, read_pictures
from imgsearch.workflows.table import read_table

LEAVE_ONE_OUT, QUERY_GALLERY, RE_IDENTIFICATION = "leave-one-out", "query-gallery", "re-identification"
TOO_EASY = ("camera", "sequence")
"""Columns of a label table whose sameness makes a match too easy; the first one that is there counts."""
JUNK = "-1"
"""The label of pictures that are neither hits nor misses in re-identification, as in Market-1501."""


@dataclass(frozen=True, eq=False)
class Side:
    """Labelled pictures of one folder."""

    folder: Path
    data: Labelled
    whole: bool
    """Whether they are all pictures below the folder."""


@dataclass(frozen=True, eq=False)
class Task:
    """Queries, and what is asked with them."""

    protocol: str
    queries: Side
    gallery: Side | None = None
    """None where the pictures query one another."""
    left_out: Side | None = None
    """The classes on the other side of a split by class; nothing is asked of them."""
    unlisted: tuple[PictureError, ...] = ()
    """Folders whose pictures cannot be told."""

    @property
    def too_easy(self) -> str | None:
        """The column of `TOO_EASY` that counts."""
        return next((name for name in TOO_EASY if name in self.queries.data.columns), None)


def read_task(
    folder: Path, *, gallery: Path | None = None, split: str | None = None, labels: Path | None = None
) -> Task:
    """Find the pictures and their classes.

    Without `gallery`, the pictures below `folder` query one another. With `labels`, a table says which pictures there
    are; those of them that lie below `gallery` are the gallery, the others are the queries. `split` leaves only the
    classes that it holds out, see `hold_out`.

    Raises:
        UserError: no picture, a single class, files that are queries and gallery at a time, or options that contradict
            one another.
    """
    unlisted: list[PictureError] = []

    def unreadable(path: Path, error: OSError) -> None:
        unlisted.append(PictureError(str(path), f"cannot be listed ({error.strerror})"))

    if split is not None and gallery is not None:
        raise UserError("--split and --gallery exclude each other; leave one of them away")
    if labels is not None:
        require_folder(folder)
        task = _from_table(folder, read_table(labels, folder), gallery)
    elif gallery is not None:
        task = Task(
            QUERY_GALLERY,
            Side(folder, read_pictures(folder, unreadable=unreadable), whole=True),
            Side(gallery, read_pictures(gallery, unreadable=unreadable), whole=True),
        )
        _require_two_classes(task)
        _require_apart(task)
    else:
        task = Task(LEAVE_ONE_OUT, Side(folder, read_labelled(folder, unreadable=unreadable), whole=True))
    if split is not None:
        others, held_out = hold_out(task.queries.data, split)
        task = replace(
            task,
            queries=Side(folder, held_out, whole=False),
            left_out=Side(folder, others, whole=False),
        )
    return replace(task, unlisted=tuple(unlisted))


def _from_table(folder: Path, data: Labelled, gallery: Path | None) -> Task:
    protocol = RE_IDENTIFICATION if any(name in data.columns for name in TOO_EASY) else LEAVE_ONE_OUT
    if gallery is None:
        return Task(protocol, Side(folder, data, whole=False))
    require_folder(gallery)
    below = gallery.resolve()
    identity = FileIdentity()
    inside = [identity.resolve(path).is_relative_to(below) for path in data.paths]
    rows = [[row for row, is_inside in enumerate(inside) if is_inside is side] for side in (False, True)]
    if not rows[0] or not rows[1]:
        lie = "none" if not rows[1] else "all"
        raise UserError(
            f"--gallery {printable(gallery)}: {lie} of the {len(inside):,} pictures of the table lie below it; "
            "name the folder of those that are the gallery"
        )
    queries, others = (Side(folder, data.rows(some), whole=False) for some in rows)
    return Task(QUERY_GALLERY if protocol == LEAVE_ONE_OUT else protocol, queries, others)


def _require_two_classes(task: Task) -> None:
    sides = [side for side in (task.queries, task.gallery) if side is not None]
    names = {name for side in sides for name in side.data.classes}
    if len(names) < 2:
        raise UserError(
            f"{printable(task.queries.folder)}: only one class ({names.pop()!r}) in it and the gallery; "
            "give folders with one sub-folder a class"
        )


def _require_apart(task: Task) -> None:
    """Refuse a file that is query and gallery: it would find itself."""
    if task.gallery is None:
        return
    identity = FileIdentity()
    gallery = {identity.resolve(path) for path in task.gallery.data.paths}
    shared = [path for path in task.queries.data.paths if identity.resolve(path) in gallery]
    if shared:
        others = f", and so are {len(shared) - 1:,} more files" if len(shared) > 1 else ""
        first = printable(shared[0])
        raise UserError(f"{first}: is a query and in the gallery{others}; keep the two folders apart")
