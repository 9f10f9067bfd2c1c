"""The end of a run: a network learns what it ends in, too, where unseen classes say that they are found better with it.

Training makes the last layer fit the classes that it shows. Those that it never saw are mostly found better by the last
two stages together, with what varies within the training classes turned down.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from imgsearch.errors import UserError
from imgsearch.metric.linear import LinearMetric
from imgsearch.metric.recipe import fit_recipe, parse_recipe
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
WORTH = 0.01
"""How much better in map_at_r a network must be that looks at each picture in several orientations: it takes as many
times longer to encode."""
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

    def facts(self) -> dict[str, Any] | None:
        """As JSON can hold it."""
        if self.plain is None:
            return None
        how = {"stages": STAGES, "metric": self.metric, "orientations": self.embedder.orientations}
        return {**how, "without": dict(self.plain)}


def best_ending(
    embedder: Embedder, data: Dataset, validation: Dataset, side: int, config: TrainingConfig, *, kept: bool = False
) -> Ending:
    """The network as it was trained, or with a new end if that is better on the validation classes at `side` pixels.

    Takes networks on the processor. A network with a linear layer, or of several stages, keeps its end; so does any
    whose end shall be `kept`. `config` is the one it was trained by.
    """
    plain = measure(embedder, validation, side)
    asked_for = kept or embedder.architecture.get("embedding_dim") is not None or bool(embedder.ends)
    if asked_for or data.pairs is not None or data.columns:
        return Ending(embedder, plain)
    metric = DRAWN_METRIC if config.mirrored_classes else METRIC
    best = Ending(embedder, plain)
    with contextlib.suppress(UserError):  # one stage alone, a pooling for one size of maps, or nothing that varies
        other = restaged(embedder, STAGES, side)
        learned = fit_recipe(parse_recipe(metric), *_taught(other, data, side, config))
        fold(other, learned)
        quality = measure(other, validation, side)
        if quality["map_at_r"] > plain["map_at_r"]:
            best = Ending(other, quality, plain, metric)
        count = variants(config)
        if count in COUNTS[1:] and count * other.dimension <= MOST_JOINED:
            turned = _oriented(embedder, learned, data, side, count)
            quality = measure(turned, validation, side)
            if quality["map_at_r"] > best.quality["map_at_r"] + WORTH:
                best = Ending(turned, quality, plain, metric)
    return best


def _oriented(embedder: Embedder, learned: LinearMetric, data: Dataset, side: int, count: int) -> Embedder:
    """The network that ends in a metric on each of `count` orientations, in as many dimensions as one of them."""
    turned = restaged(embedder, STAGES, side, orientations=count)
    few = replace(data, pictures=data.pictures[:: -(-len(data.pictures) * count // VIEWS)])
    joined = in_each_orientation(learned, count)
    fold(turned, shorten(joined, embed_dataset(turned, few, side), len(learned.matrix)))
    return turned


def _taught(
    embedder: Embedder, data: Dataset, side: int, config: TrainingConfig
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
    """Embeddings (n, d) and labels (n,) of the training pictures as the variants of their classes.

    Drawings' classes as every variant, or, where those would be more than enough, as every second one, every third, …;
    photographs as they are, since what turned ones would bring was not measured.
    """
    count = variants(config) if config.mirrored_classes else 1
    every = min(count, max(1, count * len(data.labels) // VIEWS))
    rows, labels = [], []
    for variant in range(count):
        chosen = np.flatnonzero((data.labels + variant) % every == 0)
        for start in range(0, len(chosen), 1024):  # a copy of all of them might not fit into memory
            part = chosen[start : start + 1024]
            shown = show(data.pictures[part], np.full(len(part), variant), config)
            rows.append(embed_dataset(embedder, replace(data, pictures=shown), side))
            labels.append(data.labels[part] * count + variant)
    return np.concatenate(rows), np.concatenate(labels)
