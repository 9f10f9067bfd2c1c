"""`index --model`: bring an index up to date that shall have another model from then on."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from imgsearch.errors import UserError, printable
from imgsearch.index import Index
from imgsearch.index.beside import begin
from imgsearch.model import Model, model_digest, same_encoder
from imgsearch.workflows.index import IndexReport, update_index
from imgsearch.workflows.scan import require_pictures, scan_folders


def update_with_model(
    index: Index,
    model: Model,
    folders: Sequence[Path] = (),
    *,
    prune: bool = False,
    warn: Callable[[str], None] = lambda _: None,
    tell: Callable[[str], None] = lambda _: None,
) -> IndexReport:
    """`update_index`, after which the index has this model.

    Where only the linear metric is another one, the stored embeddings are projected again. Where the encoder is, all
    pictures are read again into a second index inside the first one, which answers until the second is complete and
    takes its place; stopped, the same call goes on from there.

    Raises:
        UserError: as for `update_index`; or another encoder is to read pictures that are not there just now.
    """
    if model_digest(model) == index.model_digest:
        return update_index(index, folders, prune=prune, warn=warn)
    if same_encoder(model, index.model):
        return update_index(index, folders, model=model, prune=prune, warn=warn, tell=tell)
    began = time.monotonic()
    name = printable(model.folder.resolve().name)
    with index.writer() as writer:
        _require_all(index, folders, name, prune)
        beside = begin(index, model)
        begun = f", of which {len(beside):,} have been read before" if len(beside) else ""
        tell(
            f"{name} has another encoder: all pictures are read again{begun}, "
            "beside the old index, which answers until it is done"
        )
        with beside.writer() as growing, growing.together():
            for source in [*index.sources(), *(index.stored(folder) for folder in folders)]:
                growing.add_source(source)
        report = update_index(beside, prune=prune, warn=warn)
        if not report.interrupted:
            writer.adopt()
            report.index = index.folder
    index.refresh()
    report.seconds = time.monotonic() - began
    return report


def _require_all(index: Index, folders: Sequence[Path], name: str, prune: bool) -> None:
    """Refuse to lose what only the old index still knows, such as the pictures of a disk that is not plugged in."""
    if index.sources() or not folders:
        known = index.records()
        scan = scan_folders(index, known, (), prune=prune)
        there = {*scan.changed, *scan.gone, *(record.path for record in scan.unchanged)}
        away = [path for path, record in known.items() if record.slot is not None and path not in there]
        if away:
            first = printable(os.fspath(index.absolute(away[0])))
            others = f" and {len(away) - 1:,} more indexed pictures" if len(away) > 1 else ""
            remedy = f"{name} has another encoder, which has to read them: bring them back, or --prune gives them up"
            raise UserError(f"{first}{others}: cannot be found now; {remedy}")
    if folders:
        require_pictures(folders)
