"""`index --model`: bring an index up to date that shall have another model from then on."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from imgsearch.errors import UserError, printable
from imgsearch.images.find import is_walked_over
from imgsearch.index import Index
from imgsearch.index.beside import begin
from imgsearch.index.paths import absolute_path
from imgsearch.model import Model, model_digest, same_encoder
from imgsearch.workflows.indexing.below import Folders
from imgsearch.workflows.indexing.exclude import revised
from imgsearch.workflows.indexing.options import DEFAULTS, Before, Options
from imgsearch.workflows.indexing.report import IndexReport
from imgsearch.workflows.indexing.scan import require_pictures, scan_disk
from imgsearch.workflows.indexing.update import update_index


def update_with_model(
    index: Index,
    model: Model,
    folders: Sequence[Path] = (),
    *,
    options: Options = DEFAULTS,
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
        if model.info.threshold not in {None, index.model.info.threshold}:  # calibrated since
            with index.writer() as writer:
                writer.describe(model.info)
            index.refresh()
        return update_index(index, folders, options=options, warn=warn)
    if same_encoder(model, index.model):
        return update_index(index, folders, options=options, model=model, warn=warn, tell=tell)
    began = time.monotonic()
    name = printable(model.folder.resolve().name)
    with index.writer() as writer:
        before = Before.of(index)
        alone = _require_all(before, folders, options, name)
        beside = begin(index, model)
        begun = f", of which {len(beside):,} have been read before" if len(beside) else ""
        tell(
            f"{name} has another encoder: all pictures are read again{begun}, "
            "beside the old index, which answers until it is done"
        )
        globs = revised(before.excluded, options.exclude)
        with beside.writer() as growing, growing.together():
            for source in [*before.sources, *(index.stored(folder) for folder in folders)]:
                growing.add_source(source)
            growing.exclude(globs)
        everything = replace(options, files=[*(options.files or ()), *alone], everything=True, exclude=())
        report = update_index(beside, options=everything, warn=warn)
        if not report.interrupted:
            writer.exclude(globs)
            writer.adopt()
            report.index = index.folder
    index.refresh()
    report.seconds = time.monotonic() - began
    return report


def _require_all(before: Before, folders: Sequence[Path], options: Options, name: str) -> list[Path]:
    """Refuse to lose what only the old index still knows, such as the pictures of a disk that is not plugged in.

    Returns the indexed pictures that are there and lie in no source.
    """
    there: list[str] = []
    if before.sources or before.known or not (folders or options.files):
        scan = scan_disk(before, (), replace(options, files=None))
        there = [*scan.changed, *scan.unchanged]
        settled = {*there, *scan.gone}
        away = [path for path in before.known if path not in before.known.reasons and path not in settled]
        if away:
            first = printable(os.fspath(absolute_path(away[0], before.root)))
            others = f" and {len(away) - 1:,} more indexed pictures" if len(away) > 1 else ""
            remedy = f"{name} has another encoder, which has to read them: bring them back, or --prune gives them up"
            raise UserError(f"{first}{others}: cannot be found now; {remedy}")
    if folders:
        require_pictures(folders, options, before.excluded)
    sources = Folders(before.sources)
    return [absolute_path(path, before.root) for path in there if path not in sources or is_walked_over(path)]
