"""`index --repair`: what is damaged in an index is made again, from its other files or from the pictures."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator

from imgsearch.encoder import BATCH_SIZE, Encoder
from imgsearch.errors import ModelError, PictureError
from imgsearch.images.open import decode_picture
from imgsearch.images.pipeline import batched, ordered_map
from imgsearch.images.preprocess import Pixels, Preprocessing
from imgsearch.images.read import content_hash, reading
from imgsearch.index import Index, Record
from imgsearch.index.check import Health, check
from imgsearch.index.salvage import lengthen_files, restore_model, salvage_catalogue
from imgsearch.index.writer import Writer
from imgsearch.model import Model, load_model
from imgsearch.progress import progress
from imgsearch.workflows.indexing.load import LOOK_AGAIN


def repair_index(index: Index, *, model: Model | None = None, tell: Callable[[str], None] = lambda _: None) -> Health:
    """Mend all that `check` finds, and return what is damaged still; `tell` gets a line for each thing that was done.

    Damaged embeddings are encoded again; a picture that cannot be read just now becomes a skipped one, which the next
    `index` tries again. A damaged copy of the model is taken anew from `model` or the embedded one, if it is the same.

    Raises:
        IndexFolderError: another process writes the index, or the disk says no.
    """
    health = check(index.folder, index.root)
    if health.catalogue:
        for line in salvage_catalogue(index.folder):
            tell(line)
        health = check(index.folder, index.root)
    if health.model:
        if not restore_model(index.folder, _candidates(model)):
            return health
        tell(f"the copy of the model was made again ({', '.join(health.model)})")
    index.refresh()
    anew = bool(health.vectors or health.projected)
    if anew:
        lengthen_files(index.folder)
        with index.writer() as writer:
            if health.vectors:
                tell(_encode_again(index, writer, health.vectors))
            writer.compact(most_holes=-1)
        index.refresh()
        tell("the vector files were written anew")
    if health.graph or (health.indexed and anew):
        index.build_graph()
        tell("the graph was built again")
    return check(index.folder, index.root)


def _candidates(model: Model | None) -> Iterator[Model]:
    if model is not None:
        yield model
    with contextlib.suppress(ModelError):
        yield load_model("base")


def _encode_again(index: Index, writer: Writer, paths: list[str]) -> str:
    known = index.records()
    encoder = Encoder(writer.model)

    def load(path: str) -> tuple[Record, Pixels | None]:
        return _load(index, known[path], encoder.preprocessing)

    lost = 0
    loaded = progress(ordered_map(load, paths, threads=os.cpu_count() or 1), total=len(paths), description="repairing")
    for batch in batched(loaded, BATCH_SIZE):
        new = [(record, pixels) for record, pixels in batch if pixels is not None]
        broken = [record for record, pixels in batch if pixels is None]
        with writer.together():
            if new:
                writer.add([record for record, _ in new], encoder.encode([pixels for _, pixels in new]))
            writer.skip(broken)
        lost += len(broken)
    unread = "; the other pictures cannot be read, `index` tries them again" if lost else ""
    return f"{len(paths) - lost:,} of {len(paths):,} damaged vectors were encoded again{unread}"


def _load(index: Index, record: Record, view: Preprocessing) -> tuple[Record, Pixels | None]:
    path = index.absolute(record.path)
    try:
        with reading(path) as found:
            pixels = view.pixels(decode_picture(found.content, path, side=view.least))
    except PictureError as error:
        reason = f"its vector was damaged, and it could not be read again ({error.reason})"
        return record._replace(mtime_ns=LOOK_AGAIN, slot=None, reason=reason), None
    # where the content is another one by now, so is the size or the time, and `index` will see it
    return record._replace(content_hash=content_hash(found.content)), pixels
