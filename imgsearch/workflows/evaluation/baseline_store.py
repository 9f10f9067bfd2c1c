"""What the trivial baselines see of a picture, kept by content: rows of the pixels, the histogram and the hash.

The rows are those of `imgsearch.index.vectors`, whose checksums tell one that was never finished; no catalogue is
needed, since each row says itself which content it is of.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from imgsearch.errors import IndexFolderError, PictureError
from imgsearch.images.baselines import hsv_histogram, pixels
from imgsearch.images.open import decode_picture
from imgsearch.images.pipeline import batched, cores, ordered_map
from imgsearch.images.read import CHANGED, content_hash, reading
from imgsearch.index.database import explained
from imgsearch.index.lock import writer_lock
from imgsearch.index.vectors import append_rows, whole_rows
from imgsearch.progress import progress

Feature = NDArray[np.float32]

BASELINES = {"pixels": (pixels, 16 * 16 * 3), "hsv_histogram": (hsv_histogram, 12 * 4 * 4)}
"""By name: the descriptor and its length."""
_HASH = 16
_LENGTH = _HASH + sum(length for _, length in BASELINES.values())
_AT_ONCE = 512
_MOST = 1 << 40


class BaselineStore:
    """A file of such rows in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file = folder / "baselines.f32"

    def features(self, paths: Sequence[Path], hashes: Sequence[bytes]) -> tuple[dict[str, Feature], dict[int, str]]:
        """The descriptors of pictures with these contents, (n, length) by name, and why some have none.

        Rows of those that have none, by their numbers in the second answer, are left out.
        """
        known = self._read()
        wanted = {digest: path for path, digest in zip(paths, hashes, strict=True) if digest not in known}
        reasons: dict[bytes, str] = {}
        for batch in batched(_described(wanted), _AT_ONCE):
            new = [row for _, row in batch if not isinstance(row, str)]
            reasons |= {digest: row for digest, row in batch if isinstance(row, str)}
            known |= {digest: row for digest, row in batch if not isinstance(row, str)}
            self._append(new)
        found = [known[digest] for digest in hashes if digest not in reasons]
        refused = {number: reasons[digest] for number, digest in enumerate(hashes) if digest in reasons}
        columns, start = {}, _HASH
        for name, (_, length) in BASELINES.items():
            columns[name] = np.array([row[start : start + length] for row in found], dtype=np.float32).reshape(
                -1, length
            )
            start += length
        return columns, refused

    def _read(self) -> dict[bytes, Feature]:
        with contextlib.suppress(IndexFolderError):
            rows = whole_rows(self._file, _MOST, _LENGTH)
            intact = rows.intact(0, len(rows.values))
            digests = rows.values[:, :_HASH].astype(np.uint8)
            return {digests[slot].tobytes(): rows.values[slot] for slot in np.flatnonzero(intact)}
        return {}

    def _append(self, rows: Sequence[Feature]) -> None:
        """Keep rows if they can be kept: this is a cache, and another process may be writing, or the disk be full."""
        if not rows:
            return
        with contextlib.suppress(IndexFolderError), explained(self._folder):
            self._folder.mkdir(parents=True, exist_ok=True)
            with writer_lock(self._folder):
                self._file.touch()
                slot = len(whole_rows(self._file, _MOST, _LENGTH).values)
                append_rows(self._file, slot, np.stack(rows))


def _described(wanted: dict[bytes, Path]) -> Iterator[tuple[bytes, Feature | str]]:
    """A row for each content, or why there is none."""

    def describe(item: tuple[bytes, Path]) -> tuple[bytes, Feature | str]:
        digest, path = item
        try:
            with reading(path) as file:
                if content_hash(file.content) != digest:
                    return digest, CHANGED
                image = decode_picture(file.content, path)  # whole: the baselines are defined on all pixels
        except PictureError as error:
            return digest, error.reason
        described = [compute(image) for compute, _ in BASELINES.values()]
        return digest, np.concatenate([np.frombuffer(digest, dtype=np.uint8).astype(np.float32), *described])

    results = ordered_map(describe, wanted.items(), threads=cores())
    yield from progress(results, total=len(wanted), description="computing baselines") if wanted else ()
