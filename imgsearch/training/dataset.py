"""A labelled folder, decoded once into a scratch file, from which every epoch draws."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from imgsearch.errors import PictureError, UserError
from imgsearch.images.open import decode_picture, open_picture
from imgsearch.images.pipeline import ordered_map
from imgsearch.images.preprocess import Pixels, to_square
from imgsearch.images.read import content_hash, reading
from imgsearch.metric.pairs import Pairs
from imgsearch.progress import progress

GREY_WITHIN = 8
"""Red, green and blue of a pixel differ by no more in a grey picture, whatever stored and resized it."""


@dataclass(frozen=True)
class Dataset:
    """Decoded pictures with their classes."""

    pictures: npt.NDArray[np.uint8]
    """(n, side, side, 3), memory-mapped: the operating system keeps in memory what fits."""
    labels: npt.NDArray[np.int64]
    """(n,) numbers into `classes`."""
    classes: tuple[str, ...]
    hashes: tuple[bytes, ...]
    """Content hashes of the files, so that `eval` can tell seen pictures from unseen ones."""
    skipped: tuple[PictureError, ...]
    columns: Mapping[str, npt.NDArray[Any]] = field(default_factory=dict)
    """Further columns of the label table, (n,) each: order, domain, value."""
    pairs: Pairs | None = None
    """Where there are no classes: which of the pictures are the same or different; each is a class of its own then."""

    @property
    def colourless(self) -> bool:
        """Whether all pictures, as far as a sample of them tells, are nothing but shades of grey."""
        sample = self.pictures[:: max(1, len(self.pictures) // 500)].astype(np.int16)
        return int(np.ptp(sample, axis=3).max()) <= GREY_WITHIN


def load_dataset(
    paths: Sequence[Path],
    classes: Sequence[str],
    image_size: int,
    *,
    columns: Mapping[str, Sequence[float]] | None = None,
    jobs: int = 2,
) -> Dataset:
    """Decode labelled pictures to squares a quarter larger than `image_size`, or of that size where they are small.

    Broken pictures are left out and reported in `skipped`.

    Raises:
        UserError: no picture can be read.
    """
    side = _scratch_side(paths, image_size)
    shape = (len(paths), side, side, 3)
    with tempfile.TemporaryFile(prefix="imgsearch-") as scratch:  # the map keeps it open, and it is gone when we are
        _reserve(scratch, int(np.prod(shape)))
        pictures: npt.NDArray[np.uint8] = np.memmap(scratch, dtype=np.uint8, mode="r+", shape=shape)
    readable: list[int] = []
    hashes: list[bytes] = []
    skipped: list[PictureError] = []

    def decode(path: Path) -> tuple[bytes, Pixels] | PictureError:
        try:
            with reading(path) as file:
                return content_hash(file.content), to_square(decode_picture(file.content, path, side=side), side)
        except PictureError as error:
            return error.with_traceback(None)  # which would keep the file's bytes

    decoded = ordered_map(decode, paths, threads=jobs)
    for number, result in enumerate(progress(decoded, total=len(paths), description="reading")):
        if isinstance(result, PictureError):
            skipped.append(result)
            continue
        digest, pixels = result
        pictures[len(readable)] = pixels
        readable.append(number)
        hashes.append(digest)
    if not readable:
        raise UserError(f"none of the {len(paths)} pictures can be read; the first: {skipped[0]}")
    # A class of nothing but broken pictures is none.
    names, labels = np.unique([classes[number] for number in readable], return_inverse=True)
    kept = {name: np.asarray(column)[readable] for name, column in (columns or {}).items()}
    return Dataset(pictures[: len(labels)], labels, tuple(names.tolist()), tuple(hashes), tuple(skipped), kept)


def _reserve(scratch: IO[bytes], size: int) -> None:
    """Make a file of that size whose room on the disk is certain: writing into a map must not find the disk full."""
    try:
        scratch.truncate(size)
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(scratch.fileno(), 0, size)
    except OSError as error:
        raise UserError(
            f"{tempfile.gettempdir()}: no room for the decoded pictures ({error.strerror}); "
            f"free {size / 1e6:,.0f} MB, or set TMPDIR to another disk"
        ) from None


def _scratch_side(paths: Sequence[Path], image_size: int) -> int:
    """Crops are a part of the picture, so a reserve of pixels keeps them sharp; small pictures have none to keep."""
    sides: list[int] = []
    for path in paths[:: max(1, len(paths) // 32)]:
        try:
            sides.append(min(open_picture(path, side=image_size).size))
        except PictureError:
            continue
    reserve = image_size * 5 // 4
    return reserve if sides and float(np.median(sides)) >= reserve else image_size
