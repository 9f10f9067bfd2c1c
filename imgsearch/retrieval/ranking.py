"""Leave-one-out rankings of a gallery by its own pictures, with equal similarities kept together as tie groups.

Two pictures tie when their cosine similarities to the query agree after rounding to multiples of 2⁻²⁰ (about 10⁻⁶). The
similarities themselves are *exact*: BLAS sums a row's products in an order that depends on the row's position, so
identical pictures may differ in the last bit, and rounding such a similarity would still part those that straddle a
rounding boundary. Therefore the coordinates are rounded first, to multiples of 2⁻²⁵ (float32's own resolution between ¼
and ½). Their products are multiples of 2⁻⁵⁰ and the partial sums of unit rows stay below 2, so that float64 holds every
one of them without error, in whatever order they are added: duplicates tie, and the order of files changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imgsearch.retrieval.reciprocal import RERANKED, reciprocal_distances

_COORDINATE_STEPS = 2.0**25
_SIMILARITY_STEPS = 2.0**20
_BLOCK = 1 << 21  # similarities held at a time: 16 MiB, and about ten arrays of that size in the worst case
_ABOVE = 4.0  # above all similarities, by more than a distance may be
_SELF = np.iinfo(np.int32).max  # sorts behind every picture


@dataclass(frozen=True, eq=False)
class Ranking:
    """The first `depth` positions of q queries' answers; entry [i, j] describes the tie group that holds position j."""

    start: NDArray[np.int64]
    """(q, depth): pictures ranked above the group."""
    size: NDArray[np.int64]
    """(q, depth): pictures in the group, those beyond `depth` included."""
    hits: NDArray[np.int64]
    """(q, depth): pictures of the query's class in the group, those beyond `depth` included."""
    hits_before: NDArray[np.int64]
    """(q, depth): pictures of the query's class ranked above the group."""
    relevant: NDArray[np.int64]
    """(q,): R, pictures of the query's class in the whole gallery, 1 ≤ R ≤ depth."""


def all_tied(relevant: int, gallery: int, depth: int) -> Ranking:
    """The ranking (1, depth) of a query that finds all `gallery` pictures, `relevant` of its class, equally similar."""
    row = np.ones((1, depth), dtype=np.int64)
    return Ranking(0 * row, gallery * row, relevant * row, 0 * row, np.array([relevant]))


def leave_one_out(
    embeddings: NDArray[np.floating],
    classes: NDArray[np.intp],
    minimum_depth: int,
    asked: NDArray[np.floating] | None = None,
    *,
    rerank: bool = False,
) -> Iterator[tuple[NDArray[np.intp], Ranking]]:
    """Rank all other pictures for every picture whose class has another member; block by block, fewest relevant first.

    Yields each block's queries (q,), as rows of `embeddings`, with their ranking.

    Takes embeddings (n, d), rows of length 1 or 0, and classes (n,) from 0 to C−1. A ranking reaches down to R and to
    `minimum_depth`, or to the end of the gallery of n − 1 pictures. Rows of `asked`, by default of `embeddings`, are
    what the gallery is asked with; with `rerank`, the first `RERANKED` are ordered by `reciprocal_distances`.
    """
    gallery = _rounded(embeddings)
    rows_asked = gallery if asked is None else _rounded(asked)
    relevant = np.bincount(classes)[classes] - 1
    queries = np.argsort(relevant, kind="stable")  # queries of one block then want rankings of about the same depth
    queries = queries[relevant[queries] > 0]
    rows = max(1, _BLOCK // len(gallery))
    for first in range(0, len(queries), rows):
        block = queries[first : first + rows]
        depth = min(len(gallery) - 1, max(minimum_depth, int(relevant[block].max())))
        similarities = rows_asked[block] @ gallery.T
        if rerank:
            _rerank(similarities, rows_asked[block], gallery, block)
        yield block, _ranking(_sortable(similarities, classes, block), depth, relevant[block])


def _rounded(rows: NDArray[np.floating]) -> NDArray[np.float64]:
    return np.asarray(np.rint(rows.astype(np.float64) * _COORDINATE_STEPS) / _COORDINATE_STEPS)


def _rerank(
    similarities: NDArray[np.float64],
    asked: NDArray[np.float64],
    gallery: NDArray[np.float64],
    queries: NDArray[np.intp],
) -> None:
    """Lift the first of each row of similarities (q, n) above all others, in their new order."""
    for line, vector, query in zip(similarities, asked, queries, strict=True):
        line[query] = -np.inf
        first = np.argsort(-line, kind="stable")[: min(RERANKED, len(line) - 1)]
        distances = reciprocal_distances(vector.astype(np.float32), gallery[first].astype(np.float32))
        line[query] = 0.0
        line[first] = _ABOVE - distances


def _sortable(
    similarities: NDArray[np.float64], classes: NDArray[np.intp], queries: NDArray[np.intp]
) -> NDArray[np.int32]:
    """(q, n) integers 2·key + hit whose ascending order is the ranking: no index has to be sorted along with a key."""
    similarities *= -_SIMILARITY_STEPS
    sortable: NDArray[np.int32] = np.rint(similarities).astype(np.int32)
    sortable *= 2
    sortable += classes[queries, np.newaxis] == classes
    sortable[np.arange(len(queries)), queries] = _SELF
    return sortable


def _ranking(sortable: NDArray[np.int32], depth: int, relevant: NDArray[np.int64]) -> Ranking:
    nearest = np.sort(np.partition(sortable, depth - 1, axis=1)[:, :depth], axis=1)
    keys, is_hit = nearest >> 1, nearest & 1

    opens = np.ones(nearest.shape, dtype=np.bool_)
    np.not_equal(keys[:, 1:], keys[:, :-1], out=opens[:, 1:])
    first = np.flatnonzero(opens)
    inside = np.diff(first, append=opens.size)
    hits_before = (np.cumsum(is_hit, axis=1, dtype=np.int64) - is_hit).ravel()[first]
    size = inside.copy()
    hits = np.add.reduceat(is_hit.ravel(), first, dtype=np.int64)

    last = np.cumsum(opens.sum(axis=1)) - 1  # a row's last group may go on beyond depth: count in the whole gallery
    size[last] = np.count_nonzero(sortable >> 1 == keys[:, -1:], axis=1)
    hits[last] = np.count_nonzero(sortable == 2 * keys[:, -1:] + 1, axis=1)

    def by_position(of_group: NDArray[np.int64]) -> NDArray[np.int64]:
        return np.repeat(of_group, inside).reshape(nearest.shape)

    return Ranking(by_position(first % depth), by_position(size), by_position(hits), by_position(hits_before), relevant)
