"""What an evaluation comes to: frozen, complete, and without a word of how it is shown."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from imgsearch.errors import PictureError
from imgsearch.retrieval import Relevance
from imgsearch.workflows.evaluation.extras import Calibration, Clustering, Collapse, FewShot, Verification

Interval = tuple[float, float]
"""95 %, by a bootstrap over classes."""


@dataclass(frozen=True)
class Figure:
    """A metric between 0 and 1, averaged in two ways."""

    micro: float
    """Every query counts the same."""
    macro: float
    """Every class counts the same."""
    micro_interval: Interval | None = None
    """None for what is known exactly, as chance is."""
    macro_interval: Interval | None = None


Figures = dict[str, Figure]
"""By metric: recall_at_1, recall_at_2, …, r_precision, map_at_r, map; for re-identification cmc_at_1, …, map."""


@dataclass(frozen=True, eq=False)
class Pictures:
    """The readable pictures on one side of a protocol; all arrays and tuples are in the same order."""

    paths: tuple[Path, ...]
    """As they can be opened, for thumbnails."""
    classes: tuple[str, ...]
    labels: NDArray[np.int64]
    """(n,) a number for each class, the same on both sides."""
    hashes: tuple[bytes, ...]
    """Content hashes, 16 bytes."""


@dataclass(frozen=True, eq=False)
class Queries:
    """What each query scored; all arrays are (q,), in the order of the pictures that were asked with."""

    rows: NDArray[np.intp]
    """Which of `Evaluation.queries`: those for which there is something to find."""
    values: dict[str, NDArray[np.float64]]
    """By metric, as in `Figures`."""
    nearest: NDArray[np.intp]
    """Which of `Evaluation.gallery` is most similar."""
    similarity: NDArray[np.float64]
    """Cosine of the two, from −1 to 1."""


@dataclass(frozen=True)
class ClassRow:
    """How the queries of one class fared."""

    name: str
    pictures: int
    queries: int
    values: dict[str, float]
    """Means over its queries, by metric; empty where it has none."""
    mistaken_for: str | None
    """The wrong class that its queries' nearest pictures belong to most often."""


@dataclass(frozen=True)
class Confusion:
    """How often the nearest picture of a query of one class belongs to another one."""

    truth: str
    found: str
    queries: float
    """A whole number, unless pictures of several classes are equally near: then their expectation."""
    share: float
    """Of the queries of `truth`."""


@dataclass(frozen=True, eq=False)
class ModelResult:
    """One model's part of an evaluation."""

    name: str
    """As it was asked for, "base" for the embedded one."""
    embeddings: NDArray[np.float32]
    """(n, d) of `Evaluation.queries`, unit rows as they were compared; for a map of them."""
    gallery_embeddings: NDArray[np.float32]
    """Of `Evaluation.gallery`; the same object where pictures query one another."""
    figures: Figures
    queries: Queries
    classes: tuple[ClassRow, ...]
    """By name."""
    confusions: tuple[Confusion, ...]
    """The most frequent first."""
    seen: NDArray[np.bool_]
    """(n,) which of `Evaluation.queries` this model was trained on, by content."""
    collapse: Collapse
    seen_figures: Figures | None = None
    """Of the queries that it was trained on, where there are any; and of the others, where there are both."""
    unseen_figures: Figures | None = None
    asked_otherwise: dict[str, Figures] = field(default_factory=dict)
    """With query expansion or re-ranking, by what was asked for."""
    clustering: Clustering | None = None
    verification: Verification | None = None
    few_shot: tuple[FewShot, ...] = ()
    ann_recall: float | None = None
    """Share of the true ten nearest that the graph finds; None where it was not measured."""
    calibration: Calibration | None = None


@dataclass(frozen=True)
class Compared:
    """A model beside another one on the same queries."""

    model: str
    baseline: str
    metric: str
    difference: float
    """Of `model` over `baseline`, micro."""
    interval: Interval
    """95 % of the difference, the same classes drawn for both; of several differences, 95 % of all together."""
    sentence: str


@dataclass(frozen=True)
class NearDuplicates:
    """Pictures that lie on both sides of a split, or twice in one, as copies of one another: they flatter a figure."""

    pictures: int
    """Queries whose nearest picture is an exact or nearly identical copy."""
    exact: int
    """Those among them whose copy has the same content."""
    across_classes: int
    """Those whose copy belongs to another class: a label is wrong, or the picture belongs to both."""
    examples: tuple[tuple[Path, Path], ...] = ()
    """The first few, query and copy."""
    left_out: int = 0
    """Queries with a copy among the classes that a split leaves out, which a model may have been trained on."""
    left_out_exact_only: bool = False
    """Whether only copies of the same content were looked for there, as they are too many to be opened."""


@dataclass(frozen=True, eq=False)
class Evaluation:
    """All of it."""

    protocol: str
    """leave-one-out, query-gallery, re-identification, or pairs, where nothing is ranked."""
    folder: Path
    """As it was named."""
    gallery_folder: Path | None
    queries: Pictures
    gallery: Pictures
    """The same object as `queries` where pictures query one another."""
    rules: Relevance
    """Which gallery pictures a query shall find, and which are left out of its answers."""
    without_match: int
    """Pictures that are no queries, since nothing of their class is to be found."""
    skipped: tuple[PictureError, ...]
    """Unreadable pictures of both sides."""
    chance: Figures
    """Exact expectation under a random ranking; no intervals."""
    baselines: dict[str, Figures]
    """pixels and hsv_histogram."""
    beside: dict[str, dict[str, float]]
    """For "chance" and each baseline: the figures of verification and, as `5_way_1_shot`, of few-shot episodes."""
    models: tuple[ModelResult, ...]
    """The one that was asked for, or several in the order of being asked for, and "base" at the end where that is none
    of them."""
    asked: int
    """How many of the models were asked for: all, or all but the last."""
    compared: tuple[Compared, ...]
    """Each later model with the first one; the embedded one is the baseline of that comparison, else the first is."""
    near_duplicates: NearDuplicates
    known_names: tuple[str, ...] = ()
    """Class names that are those of training classes of the first model, though the pictures are not."""
    warnings: tuple[str, ...] = ()
    """A line each about what makes the figures doubtful."""
    encoded: int = 0
    """How many pictures had to be encoded, over all models; the rest came from earlier evaluations."""
    seconds: float = 0.0

    @property
    def model(self) -> ModelResult:
        """The first one."""
        return self.models[0]
