"""Verification: are two pictures of one class? Told by a threshold on similarity, and measured over all thresholds.

Acceptance means a similarity at or above the threshold. TAR (true accept rate) is the share of genuine pairs that are
accepted, FAR (false accept rate) that of impostors. Pairs of equal similarity are accepted together; a rate that no
threshold hits is met by accepting a share of the tied pairs by lot: by lines between the points of the ROC.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imgsearch.retrieval.pair_counts import PairCounts

FALSE_ACCEPT_RATES = (1e-1, 1e-2, 1e-3, 1e-4)


@dataclass(frozen=True, eq=False)
class Roc:
    """What each of m + 1 thresholds accepts, from none to all; the first is above every similarity."""

    threshold: NDArray[np.float64]
    true_accepts: NDArray[np.int64]
    """Genuine pairs at or above the threshold."""
    false_accepts: NDArray[np.int64]
    """Impostors at or above the threshold."""

    @property
    def tar(self) -> NDArray[np.float64]:
        """True accept rate."""
        return np.asarray(self.true_accepts / self.true_accepts[-1])

    @property
    def far(self) -> NDArray[np.float64]:
        """False accept rate."""
        return np.asarray(self.false_accepts / self.false_accepts[-1])

    @property
    def precision(self) -> NDArray[np.float64]:
        """Share of genuine pairs among the accepted; 1 where none is."""
        accepted = self.true_accepts + self.false_accepts
        return np.where(accepted > 0, self.true_accepts / np.maximum(accepted, 1), 1.0)

    def thinned(self, most: int = 200) -> Roc:
        """About so many points for a plot, near to each other where the curves bend: by TAR, FAR and log FAR alike."""
        rates = [self.tar, self.far, np.log10(np.maximum(self.far, 1 / self.false_accepts[-1]))]
        kept = {0, len(self.threshold) - 1}
        for rate in rates:
            wanted = np.linspace(rate[0], rate[-1], max(2, most // 3))
            kept.update(np.minimum(np.searchsorted(rate, wanted), len(rate) - 1).tolist())
        some = np.array(sorted(kept))
        return Roc(self.threshold[some], self.true_accepts[some], self.false_accepts[some])


def roc(pairs: PairCounts) -> Roc:
    """The receiver operating characteristic, one point a similarity that occurs."""
    zero = np.zeros(1, dtype=np.int64)
    return Roc(
        np.concatenate([[np.inf], pairs.similarity]),
        np.concatenate([zero, np.cumsum(pairs.genuine)]),
        np.concatenate([zero, np.cumsum(pairs.impostor)]),
    )


def verification(pairs: PairCounts) -> dict[str, float]:
    """The figures of verification, each between 0 and 1.

    roc_auc: the chance that a genuine pair is more similar than an impostor, ties counting half. pr_auc: average
    precision, Σ (TAR_i − TAR_{i−1})·precision_i over the thresholds, not the trapezoid form. eer: the equal error rate,
    FAR = 1 − TAR. tar_at_far_F for F of `FALSE_ACCEPT_RATES`, as far as there are 1/F impostors to tell. fpr95: FAR
    where TAR is 0.95. best_accuracy: the highest share of pairs that some threshold tells right.
    """
    curve = roc(pairs)
    tar, far = curve.tar, curve.far
    impostors = int(curve.false_accepts[-1])
    figures = {
        "roc_auc": float(np.sum(np.diff(far) * (tar[1:] + tar[:-1]) / 2)),
        "pr_auc": float(np.sum(np.diff(tar) * curve.precision[1:])),
        "eer": _equal_error(tar, far),
    }
    figures |= {
        f"tar_at_far_{rate:g}": _highest(far, tar, rate) for rate in FALSE_ACCEPT_RATES if impostors * rate >= 1
    }
    figures["fpr95"] = _lowest(tar, far, 0.95)
    figures["best_accuracy"] = _best_accuracy(curve)
    return figures


def verification_chance(pairs: PairCounts) -> dict[str, float]:
    """What similarities that say nothing score: those of `verification` where all pairs are equally similar."""
    one = np.zeros(1)
    return verification(PairCounts(one, pairs.genuine.sum(keepdims=True), pairs.impostor.sum(keepdims=True)))


def _highest(x: NDArray[np.float64], y: NDArray[np.float64], at: float) -> float:
    """The highest y at one x below the last of a line of points, both ascending."""
    return _between(x, y, at, int(np.searchsorted(x, at, side="right")))


def _lowest(x: NDArray[np.float64], y: NDArray[np.float64], at: float) -> float:
    """The lowest y at one x above the first of a line of points, both ascending."""
    return _between(x, y, at, int(np.searchsorted(x, at, side="left")))


def _between(x: NDArray[np.float64], y: NDArray[np.float64], at: float, after: int) -> float:
    """Between the points `after` − 1 and `after`, whose x differ."""
    share = (at - x[after - 1]) / (x[after] - x[after - 1])
    return float(y[after - 1] + share * (y[after] - y[after - 1]))


def _equal_error(tar: NDArray[np.float64], far: NDArray[np.float64]) -> float:
    """Where the ROC crosses FAR = 1 − TAR."""
    return _lowest(far + tar - 1, far, 0.0)  # the surplus ascends from −1 to 1


def _best_accuracy(curve: Roc) -> float:
    right = curve.true_accepts + (curve.false_accepts[-1] - curve.false_accepts)
    return float(right.max() / (curve.true_accepts[-1] + curve.false_accepts[-1]))
