"""`index --dry-run`: what an update would do, as far as that can be told without opening a picture."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from imgsearch.errors import PictureError
from imgsearch.index import Index
from imgsearch.index.create import located
from imgsearch.index.paths import absolute_path
from imgsearch.model import Model, same_encoder
from imgsearch.workflows.indexing.options import DEFAULTS, Before, Options
from imgsearch.workflows.indexing.scan import scan_disk


@dataclass
class Preview:
    """What would be done with which pictures, by their absolute paths."""

    add: list[Path] = field(default_factory=list)
    read_again: list[Path] = field(default_factory=list)
    """Those whose size or time differ: whether their content does will be known when they are read."""
    remove: list[Path] = field(default_factory=list)
    """A picture that was moved is here, and in `add`."""
    unchanged: int = 0
    missing: list[PictureError] = field(default_factory=list)
    """Listed files that are not there."""
    unreadable: list[PictureError] = field(default_factory=list)


def preview(
    place: Index | Path,
    folders: Sequence[Path] = (),
    *,
    options: Options = DEFAULTS,
    model: Model | None = None,
    warn: Callable[[str], None] = lambda _: None,
) -> Preview:
    """What `update_index` would do with an index, or a new one that would be made at a path; nothing is written.

    With a `model` of another encoder, all pictures would be read again.

    Raises:
        UserError: as for `update_index`.
    """
    if isinstance(place, Index):
        before = Before.of(place)
        anew = model is not None and not same_encoder(model, place.model)
    else:
        folder = located(place)
        before, anew = Before(folder, folder.parent), False
    scan = scan_disk(before, folders, replace(options, everything=options.everything or anew), warn)

    def absolute(path: str) -> Path:
        return absolute_path(path, before.root)

    again = scan.unchanged if anew else []
    again = again + [path for path in scan.changed if path in before.known]
    return Preview(
        add=[absolute(path) for path in scan.changed if path not in before.known],
        read_again=[absolute(path) for path in again],
        remove=[absolute(path) for path in scan.gone],
        unchanged=0 if anew else len(scan.unchanged),
        missing=scan.missing,
        unreadable=list(scan.unreadable.values()),
    )
