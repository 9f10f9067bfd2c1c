"""Copies among the pictures of an evaluation: a query whose copy is in the gallery proves little.

Candidates are told by 8×8 shades of grey, whatever a model thinks of them, and are then compared pixel by pixel as
`imgsearch duplicates` does it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from imgsearch.workflows.duplicates import THRESHOLD
from imgsearch.workflows.evaluation.result import NearDuplicates, Pictures
from imgsearch.workflows.pixel_comparison import PixelComparison

ALIKE = 0.9
"""Cosine of candidates at least. Recompressed and resized copies have 0.999, those with cropped edges 0.9 and more."""
_CANDIDATES = 3
"""Of each query; a picture is seldom there more often."""
_MOST = 20_000
"""Pairs that are compared pixel by pixel, the most alike first."""
_EXAMPLES = 10
_BLOCK = 1 << 22

Pair = tuple[int, int]


def near_duplicates(
    queries: Pictures, gallery: Pictures, query_pixels: NDArray[np.float32], gallery_pixels: NDArray[np.float32]
) -> NearDuplicates:
    """Queries that have a copy in the gallery; `…_pixels` (n, 768) are what the trivial baseline sees.

    Where both sides are the same object, no picture is its own copy.
    """
    apart = queries is not gallery
    first, across = _same_content(queries, gallery)
    exact = len(first)
    pairs = [pair for pair in _candidates(_shades(query_pixels), _shades(gallery_pixels), apart=apart)
             if queries.hashes[pair[0]] != gallery.hashes[pair[1]]]  # fmt: skip
    for query, copy in _verified(pairs, queries.paths, gallery.paths):
        first.setdefault(query, copy)
        if queries.classes[query] != gallery.classes[copy]:
            across.add(query)
    examples = [(queries.paths[query], gallery.paths[copy]) for query, copy in sorted(first.items())[:_EXAMPLES]]
    return NearDuplicates(len(first), exact, len(across), tuple(examples))


def _same_content(queries: Pictures, gallery: Pictures) -> tuple[dict[int, int], set[int]]:
    """One file of the same content for each query that has any, and which queries have one of another class."""
    places: dict[bytes, list[int]] = {}
    classes: dict[bytes, set[str]] = {}
    for place, (digest, name) in enumerate(zip(gallery.hashes, gallery.classes, strict=True)):
        places.setdefault(digest, []).append(place)
        classes.setdefault(digest, set()).add(name)
    first: dict[int, int] = {}
    across: set[int] = set()
    for query, (digest, name) in enumerate(zip(queries.hashes, queries.classes, strict=True)):
        others = [place for place in places.get(digest, [])[:2] if queries is not gallery or place != query]
        if others:
            first[query] = others[0]
            if classes[digest] - {name}:
                across.add(query)
    return first, across


def _shades(pixels: NDArray[np.float32]) -> NDArray[np.float32]:
    """(n, 768) pixels as (n, 64) shades of grey, of length 1 or, where there is but one shade, 0."""
    grey = pixels.reshape(-1, 8, 2, 8, 2, 3).mean(axis=(2, 4, 5)).reshape(-1, 64)
    grey = grey - grey.mean(axis=1, keepdims=True)
    lengths = np.linalg.norm(grey, axis=1, keepdims=True)
    return np.asarray(np.divide(grey, lengths, out=np.zeros_like(grey), where=lengths > 1e-6), dtype=np.float32)


def _candidates(one: NDArray[np.float32], other: NDArray[np.float32], *, apart: bool) -> list[Pair]:
    """For each row of `one` its nearest rows of the other, as far as they are alike; the most alike pairs first."""
    found: list[tuple[float, int, int]] = []
    rows = max(1, _BLOCK // max(1, len(other)))
    many = min(_CANDIDATES, len(other))
    for start in range(0, len(one), rows):
        similarities = one[start : start + rows] @ other.T
        if not apart:
            itself = np.arange(len(similarities))
            similarities[itself, start + itself] = -1
        nearest = np.argpartition(-similarities, many - 1, axis=1)[:, :many]
        values = np.take_along_axis(similarities, nearest, axis=1)
        for row, column in zip(*np.nonzero(values >= ALIKE), strict=True):
            found.append((-float(values[row, column]), start + int(row), int(nearest[row, column])))
    return [(query, place) for _, query, place in sorted(found)[:_MOST]]


def _verified(pairs: Sequence[Pair], one: Sequence[Path], other: Sequence[Path]) -> list[Pair]:
    """The pairs of files whose aligned pixels agree."""
    files: dict[Path, int] = {}
    numbered = [
        (files.setdefault(one[query], len(files)), files.setdefault(other[place], len(files))) for query, place in pairs
    ]
    once = sorted({(min(pair), max(pair)) for pair in numbered})
    copies = {
        pair
        for pair, yes in zip(once, PixelComparison(list(files), THRESHOLD, mirrored=False).copies(once), strict=True)
        if yes
    }
    return [pair for pair, (a, b) in zip(pairs, numbered, strict=True) if (min(a, b), max(a, b)) in copies]
