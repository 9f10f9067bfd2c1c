"""Which pictures of a gallery a query shall find, and which are left out of its answers."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from imgsearch.errors import UserError

_NEVER_A_HIT = -1


@dataclass(frozen=True, eq=False)
class Relevance:
    """The rules by which q queries are answered from a gallery of n pictures.

    A gallery picture of the query's class is a hit. The query itself, junk, and pictures of the query's class from the
    query's camera are left out of the answers: neither hits nor misses.
    """

    queries: NDArray[np.int32]
    """(q,): classes from 0 to C − 1."""
    gallery: NDArray[np.int32]
    """(n,): classes from 0 to C − 1, or −1 for a picture that is no query's hit."""
    same: NDArray[np.intp]
    """(q,): the row of the gallery that is the query itself, or −1."""
    junk: NDArray[np.bool_]
    """(n,): left out of all answers."""
    query_cameras: NDArray[np.int32] | None = None
    """(q,)"""
    gallery_cameras: NDArray[np.int32] | None = None
    """(n,)"""

    @classmethod
    def leave_one_out(cls, classes: NDArray[np.integer]) -> Relevance:
        """Pictures with classes (n,), 0 to C − 1, of which each is to find the others of its class."""
        narrow = classes.astype(np.int32)
        return cls(narrow, narrow, np.arange(len(classes)), np.zeros(len(classes), dtype=np.bool_))

    @classmethod
    def between(
        cls,
        query_labels: NDArray[np.integer],
        gallery_labels: NDArray[np.integer],
        *,
        same: NDArray[np.integer] | None = None,
        cameras: tuple[NDArray[np.integer], NDArray[np.integer]] | None = None,
        junk: int | None = None,
        distractor: int | None = None,
    ) -> Relevance:
        """Queries with labels (q,) against a gallery with labels (n,), any integers.

        Args:
            query_labels: of the queries; one labelled as junk or distractor has nothing to find.
            gallery_labels: of the gallery.
            same: (q,) rows of the gallery that are the query's own picture, −1 where none is.
            cameras: those of the queries (q,) and of the gallery (n,): answers of the query's class *and* camera are
                left out, as too easy. Other things the same of which makes a match too easy, such as a sequence of
                frames, can be given in place of cameras.
            junk: label of gallery pictures that are left out altogether (Market-1501: −1).
            distractor: label of gallery pictures that are never a hit, but distract (Market-1501: 0).

        Zheng et al., "Scalable Person Re-identification: A Benchmark", 2015. ValueError where lengths differ.
        """
        count, size = len(query_labels), len(gallery_labels)
        selves = np.full(count, -1, dtype=np.intp) if same is None else np.asarray(same, dtype=np.intp)
        if len(selves) != count or (cameras and (len(cameras[0]), len(cameras[1])) != (count, size)):
            raise ValueError("give each query one row of the gallery, and each picture one camera")
        classes = _renamed(query_labels, gallery_labels)
        for nobody in (junk, distractor):
            if nobody is not None:
                classes[1][gallery_labels == nobody] = _NEVER_A_HIT
        is_junk = np.zeros(size, dtype=np.bool_) if junk is None else np.asarray(gallery_labels == junk)
        return cls(*classes, selves, is_junk, *(_renamed(*cameras) if cameras else ()))

    def of(self, rows: NDArray[np.intp]) -> Relevance:
        """The rules of some of the queries (m,)."""
        cameras = None if self.query_cameras is None else self.query_cameras[rows]
        return replace(self, queries=self.queries[rows], same=self.same[rows], query_cameras=cameras)

    @property
    def shape(self) -> tuple[int, int]:
        """Queries, gallery pictures."""
        return len(self.queries), len(self.gallery)

    def mark(self, sortable: NDArray[np.int32], block: NDArray[np.intp], left_out: int) -> None:
        """Add 1 to the hits of a block (b,) of queries in even integers (b, n), and write `left_out` over what is."""
        own = self.queries[block, np.newaxis] == self.gallery
        sortable += own
        if self.query_cameras is not None and self.gallery_cameras is not None:
            own &= self.query_cameras[block, np.newaxis] == self.gallery_cameras
            sortable[own] = left_out
        if self.junk.any():
            sortable[:, self.junk] = left_out
        itself = np.flatnonzero(self.same[block] >= 0)
        sortable[itself, self.same[block[itself]]] = left_out

    def counts(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """How many hits (q,) each query has to find, R, and among how many answers (q,)."""
        shown = ~self.junk
        relevant = _frequency(self.queries, self.gallery[shown])
        answers = np.full(len(self.queries), shown.sum())
        itself = self.same >= 0
        row = self.same[itself]
        if self.query_cameras is not None and self.gallery_cameras is not None:
            several = 1 + max(self.query_cameras.max(initial=0), self.gallery_cameras.max(initial=0)).astype(np.int64)
            excluded = _frequency(
                self.queries * several + self.query_cameras, (self.gallery * several + self.gallery_cameras)[shown]
            )
            relevant -= excluded
            answers -= excluded
            still = self.gallery_cameras[row] != self.query_cameras[itself]
            still |= self.gallery[row] != self.queries[itself]
        else:
            still = np.ones(len(row), dtype=np.bool_)
        still &= shown[row]
        relevant[itself] -= still & (self.gallery[row] == self.queries[itself])
        answers[itself] -= still
        return relevant, answers

    def require_a_match(self) -> None:
        """UserError unless some query has something to find."""
        if not (self.counts()[0] > 0).any():
            raise UserError(
                f"none of {len(self.queries)} queries has a picture of its class to find among {len(self.gallery)}: "
                "give the gallery pictures of the queries' classes"
            )


def _renamed(one: NDArray[np.integer], other: NDArray[np.integer]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    names = np.unique(np.concatenate([one, other]), return_inverse=True)[1].astype(np.int32)
    return names[: len(one)], names[len(one) :]


def _frequency(values: NDArray[np.integer], among: NDArray[np.integer]) -> NDArray[np.int64]:
    """How often each of the values (q,) occurs."""
    ordered = np.sort(among)
    found: NDArray[np.int64] = np.searchsorted(ordered, values, "right") - np.searchsorted(ordered, values, "left")
    return found
