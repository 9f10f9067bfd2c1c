"""Calibration: from which similarity on pictures count as of one class; found on some classes, verified on others."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imgsearch.errors import UserError
from imgsearch.retrieval.canonical import canonical_classes, canonical_order
from imgsearch.retrieval.labelled import check_normalised, checked
from imgsearch.retrieval.pair_counts import PairCounts, all_pairs
from imgsearch.retrieval.verification import Roc, roc


@dataclass(frozen=True)
class Rates:
    """What a threshold does to pairs."""

    far: float
    """Share of impostors that are accepted."""
    tar: float
    """Share of genuine pairs that are accepted."""
    precision: float
    """Share of genuine pairs among the accepted; 1 where none is."""
    genuine: int
    impostors: int

    @property
    def error(self) -> float:
        """Share of wrong answers where same and different are equally likely beforehand."""
        return (self.far + 1 - self.tar) / 2

    @property
    def error_if_same(self) -> float:
        """Of the answers "same", those that are wrong, where same and different are equally likely beforehand."""
        return self.far / (self.far + self.tar) if self.far + self.tar > 0 else 0.5

    @property
    def error_if_different(self) -> float:
        """Of the answers "different", those that are wrong, where both are equally likely beforehand."""
        missed, told = 1 - self.tar, 1 - self.far
        return missed / (missed + told) if missed + told > 0 else 0.5


@dataclass(frozen=True)
class Calibration:
    """A threshold, and what it does."""

    threshold: float
    """Pairs at or above it are accepted."""
    found: Rates
    """On the classes that it was found on: what was asked for."""
    verified: Rates
    """On the other classes: what to expect."""


def calibrate(
    embeddings: NDArray[np.floating],
    labels: NDArray[np.integer],
    *,
    far: float | None = None,
    precision: float | None = None,
    seed: int = 0,
) -> Calibration:
    """Find the lowest threshold of at most this false accept rate, or at least this precision, on half of the classes.

    Takes embeddings (n, d), L2-normalised or zero, and labels (n,), any integers. All pairs of pictures of a half are
    compared; precision is that of all pairs, and so the lower, the more classes there are. The threshold lies midway
    between the similarities that it parts. Which classes are in which half depends on the seed and the embeddings, not
    on the order of pictures or the values of labels.

    Raises UserError where lengths differ, a row is not finite or not normalised, the halves have no pairs of both
    kinds, the false accept rate is finer than the impostors can tell, or no threshold reaches the precision; ValueError
    unless exactly one of the two is given, above 0 and below 1.
    """
    wanted = [rate for rate in (far, precision) if rate is not None]
    if len(wanted) != 1 or not 0 < wanted[0] < 1:
        raise ValueError("give a false accept rate or a precision, above 0 and below 1")
    first, second = (all_pairs(embeddings[half], labels[half]) for half in halves(embeddings, labels, seed))
    curve = roc(first)
    accepted = _within(curve, far) if far is not None else _precise(curve, wanted[0])
    after = curve.threshold[accepted + 1] if accepted + 1 < len(curve.threshold) else -1.0
    threshold = float((curve.threshold[accepted] + after) / 2)
    return Calibration(threshold, rates(first, threshold), rates(second, threshold))


def rates(pairs: PairCounts, threshold: float) -> Rates:
    """What a threshold does to pairs."""
    curve = roc(pairs)
    last = int(np.searchsorted(-curve.threshold, -threshold, side="right")) - 1
    return Rates(
        far=float(curve.far[last]),
        tar=float(curve.tar[last]),
        precision=float(curve.precision[last]),
        genuine=int(curve.true_accepts[-1]),
        impostors=int(curve.false_accepts[-1]),
    )


def halves(
    embeddings: NDArray[np.floating], labels: NDArray[np.integer], seed: int = 0
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The rows of one half of the classes, and those of the other; each has two classes, and one of two pictures.

    Raises as `calibrate` does.
    """
    classes = checked(embeddings, labels)
    check_normalised(embeddings)
    members = canonical_classes(classes, canonical_order(embeddings)[1])
    several = [rows for rows in members if len(rows) > 1]
    if len(several) < 2 or len(members) < 4:
        raise UserError(
            f"{len(members)} classes, {len(several)} of two pictures or more, are too few to calibrate on one half and "
            "verify on the other: it takes four, two of them with two pictures or more"
        )
    lots = np.random.default_rng(seed)
    dealt = [several[index] for index in lots.permutation(len(several))]
    alone = [rows for rows in members if len(rows) == 1]
    dealt += [alone[index] for index in lots.permutation(len(alone))]
    return np.sort(np.concatenate(dealt[::2])), np.sort(np.concatenate(dealt[1::2]))


def _within(curve: Roc, far: float) -> int:
    impostors = int(curve.false_accepts[-1])
    if impostors * far < 1:
        raise UserError(
            f"a false accept rate of {far:g} takes {1 / far:.0f} pairs of different classes in each half to tell, and "
            f"there are {impostors}: ask for a higher rate, or give more pictures"
        )
    accepted = int(np.flatnonzero(curve.far <= far)[-1])
    if not accepted:
        raise UserError(
            f"no threshold keeps to a false accept rate of {far:g}: {curve.far[1]:.3g} of the pairs of different "
            "classes are as similar as any"
        )
    return accepted


def _precise(curve: Roc, precision: float) -> int:
    reached = np.flatnonzero((curve.precision >= precision) & (curve.true_accepts > 0))
    if not len(reached):
        best = curve.precision[curve.true_accepts > 0].max()
        raise UserError(f"no threshold reaches a precision of {precision:g}: the highest is {best:.3g}")
    return int(reached[-1])
