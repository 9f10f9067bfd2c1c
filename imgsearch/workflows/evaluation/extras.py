"""What an evaluation measures beside the ranking: pairs, clusters, episodes, collapse, a threshold."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Curve:
    """Points (m,) of a curve, from left to right; few enough to be drawn as they are."""

    x: NDArray[np.float64]
    y: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Verification:
    """Are two pictures of the same class? Over pairs of pictures, by their similarity alone."""

    pairs: int
    same: int
    """Pairs of the same class among them; the rest are different."""
    source: str
    """"all pairs", or the pairs file."""
    figures: dict[str, float]
    """See `imgsearch.retrieval.verification.verification`: roc_auc, pr_auc, eer, tar_at_far_0.01, …, fpr95,
    best_accuracy."""
    intervals: dict[str, tuple[float, float]]
    """95 %, by a jackknife over classes, of those figures for which it can be told."""
    roc: Curve
    """False-accept rate → true-accept rate."""
    precision_recall: Curve
    """Recall → precision."""


@dataclass(frozen=True)
class FewShot:
    """Mean accuracy of episodes: nearest class mean among `way` classes with `shot` examples each."""

    way: int
    shot: int
    episodes: int
    accuracy: float
    interval: tuple[float, float]
    """95 %, by a bootstrap over classes: what other classes like these would score."""
    episodes_interval: tuple[float, float]
    """The literature's: how sure the mean is over episodes of these very pictures."""
    chance: float
    """1 / way."""
    left_out: int
    """Classes that have too few pictures."""

    @property
    def name(self) -> str:
        """As `5_way_1_shot`."""
        return f"{self.way}_way_{self.shot}_shot"


@dataclass(frozen=True)
class Clustering:
    """k-means with as many clusters as classes, held against the classes."""

    nmi: float
    ami: float
    seed: int
    chance_nmi: float
    """What clusters of these sizes are expected to score; for ami that is 0."""


@dataclass(frozen=True)
class Collapse:
    """Whether a model still tells pictures apart."""

    effective_rank: float
    """Directions that the embeddings spread in."""
    dimension: int
    """Directions that there could be: the dimension, or where the pictures are fewer, one less than them."""
    mean_similarity: float
    """Of two different pictures, whatever their classes."""
    collapsed: bool
    verdict: str
    """In a plain sentence."""


@dataclass(frozen=True)
class Calibration:
    """A similarity from which on two pictures count as the same: found on some classes, verified on the others."""

    wanted: str
    """precision or far (false-accept rate)."""
    target: float
    threshold: float
    found_on: int
    """Classes that the threshold was found on."""
    verified_on: int
    """Classes that it was verified on; none of them is among the former."""
    precision: float
    """On the latter, as the next four."""
    recall: float
    """Share of the pairs of a class that are accepted."""
    false_accept_rate: float
    false_reject_rate: float
    pairs: int
    saved_to: str | None = None
