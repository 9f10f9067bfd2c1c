"""The end of a run: a network learns what it ends in, too, where unseen classes say that they are found better with it.

Training makes the last layer fit the classes that it shows. Those that it never saw are mostly found better by the last
two stages together, or after a long training by the last one, with what varies within the training classes turned down,
or centred at least; and by what a picture has in common with its mirror image, or in all orientations that it learned.
"""

from __future__ import annotations

import contextlib
import copy
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from imgsearch.errors import UserError
from imgsearch.metric.linear import LinearMetric
from imgsearch.metric.recipe import Fits, parse_recipe
from imgsearch.metric.shorten import shorten
from imgsearch.training.config import TrainingConfig
from imgsearch.training.dataset import Dataset
from imgsearch.training.embedder import Embedder
from imgsearch.training.fold import fold, restaged
from imgsearch.training.orientations import COUNTS, in_each_orientation
from imgsearch.training.validation import embed_dataset, measure
from imgsearch.training.variants import show, variants

STAGES = 2
METRIC, DRAWN_METRIC = "rca^0.5", "rca"
"""At a half of what the textbook says, as well-tempered metrics won on every collection of photographs that was tried;
whole for drawings, whose mirror images are classes of their own: with it 724 characters of Omniglot that were not
learned were found better after each of three trainings (recall_at_1 0.844, 0.840, 0.847 became 0.848, 0.845, 0.852)."""
CENTRED = "rca^0"
"""Of no strength: what the training pictures have in common is taken away, and nothing is stretched. After two long
trainings from scratch it was the best that was tried on the 16 validation classes of CIFAR-FS."""
WORTH = 0.005
"""How much better in map_at_r a network must be that looks at each picture twice as often, mirrored or in several
orientations, once more for four times, and so on: it takes as many times longer to encode."""
MOST_JOINED = 6144
"""Dimensions of all orientations together, at most: eight of resnet18's last two stages. To shorten them takes 24 s of
two cores, to shorten twice as many eight times as long, and resnet50's would be a last layer of 150 megabytes."""
VIEWS = 20_000
"""Pictures that a metric is fitted on, at least where there are so many with all variants; more say nothing new."""


@dataclass(frozen=True)
class Ending:
    """A trained network as it is exported, with what validation found."""

    embedder: Embedder
    quality: Mapping[str, float]
    plain: Mapping[str, float] | None = None
    """Without its new end, where it has one."""
    metric: str | None = None
    """Of its new end."""

    @property
    def centred(self) -> bool:
        """Whether its new end does no more than that."""
        return self.metric == CENTRED

    def facts(self) -> dict[str, Any] | None:
        """As JSON can hold it."""
        if self.plain is None:
            return None
        seen = {"mirrored": self.embedder.mirrored, "orientations": self.embedder.orientations}
        return {"stages": len(self.embedder.ends), "metric": self.metric, **seen, "without": dict(self.plain)}


def best_ending(
    embedder: Embedder, data: Dataset, validation: Dataset, side: int, config: TrainingConfig, *, kept: bool = False
) -> Ending:
    """The network as it was trained, or with the end that is best on the validation classes at `side` pixels.

    Takes networks on the processor. A network with a linear layer, or of several stages, keeps its end; so does any
    whose end shall be `kept`. `config` is the one it was trained by.
    """
    plain = measure(embedder, validation, side)
    asked_for = kept or embedder.architecture.get("embedding_dim") is not None or bool(embedder.ends)
    best = Ending(embedder, plain)
    if asked_for or data.pairs is not None or data.columns:
        return best
    with contextlib.suppress(UserError):  # one stage alone, a pooling for one size of maps, or nothing that varies
        for metric, other in _ends(embedder, data, side, config):
            quality = measure(other, validation, side)
            worth = WORTH * max(0.0, math.log2(other.looks / best.embedder.looks))
            if quality["map_at_r"] > best.quality["map_at_r"] + worth:
                best = Ending(other, quality, plain, metric)
    return best


def _ends(embedder: Embedder, data: Dataset, side: int, config: TrainingConfig) -> Iterator[tuple[str, Embedder]]:
    """The ends to choose from, those that look at a picture more often last: a metric's name, and the network."""
    metrics = (DRAWN_METRIC if config.mirrored_classes else METRIC, CENTRED)
    learned: dict[str, LinearMetric] = {}
    looks = ((STAGES, False),) if config.mirrored_classes else ((STAGES, False), (1, False), (STAGES, True), (1, True))
    for stages, mirrored in looks:
        seen = restaged(embedder, stages, side, mirrored=mirrored)
        fits = Fits(*_taught(seen, data, side, config))
        for metric in metrics:
            found = fits.metric(parse_recipe(metric))
            other = copy.deepcopy(seen)
            fold(other, found)
            learned.setdefault(metric, found)
            yield metric, other
    count = variants(config)
    turned = restaged(embedder, STAGES, side, orientations=count if count in COUNTS else 1)
    if turned.looks > 1 and turned.dimension <= MOST_JOINED:
        rows = _embedded(turned, data, _few(data, count), side, config)
        for metric, found in learned.items():
            other = copy.deepcopy(turned)
            fold(other, shorten(in_each_orientation(found, count), rows, len(found.matrix)))
            yield metric, other


def _few(data: Dataset, times: int = 1) -> npt.NDArray[np.int64]:
    """Of each class every picture, or every second one, third, … where all would be more than enough, seen so often.

    Two of each are among them, so that it can be seen what varies.
    """
    every = -(-len(data.labels) * times // VIEWS)
    order = np.argsort(data.labels, kind="stable")
    within = np.empty_like(order)
    within[order] = np.arange(len(order)) - np.searchsorted(data.labels[order], data.labels[order])
    return np.flatnonzero((within % every == 0) | (within == 1))


def _taught(
    embedder: Embedder, data: Dataset, side: int, config: TrainingConfig
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
    """Embeddings (n, d) and labels (n,) of the training pictures as the variants of their classes.

    Drawings' classes as every variant, or, where those would be more than enough, as every second one, every third, …;
    photographs as they are, since what turned ones would bring was not measured, and few of them.
    """
    if not config.mirrored_classes:
        chosen = _few(data)
        return _embedded(embedder, data, chosen, side, config), data.labels[chosen]
    count = variants(config)
    every = min(count, max(1, count * len(data.labels) // VIEWS))
    rows, labels = [], []
    for variant in range(count):
        chosen = np.flatnonzero((data.labels + variant) % every == 0)
        rows.append(_embedded(embedder, data, chosen, side, config, variant))
        labels.append(data.labels[chosen] * count + variant)
    return np.concatenate(rows), np.concatenate(labels)


def _embedded(
    embedder: Embedder,
    data: Dataset,
    chosen: npt.NDArray[np.int64],
    side: int,
    config: TrainingConfig,
    variant: int = 0,
) -> npt.NDArray[np.float32]:
    """Embeddings of the `chosen` pictures (n,) as one variant, (n, d); a copy of all might not fit into memory."""
    rows = []
    for start in range(0, len(chosen), 1024):
        pictures = data.pictures[chosen[start : start + 1024]]
        shown = show(pictures, np.full(len(pictures), variant), config)
        rows.append(embed_dataset(embedder, replace(data, pictures=shown), side))
    return np.concatenate(rows)
