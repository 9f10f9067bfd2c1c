"""The end of a run: a network learns what it ends in, too, where unseen classes say that they are found better with it.

Training makes the last layer fit the classes that it shows. Those that it never saw are mostly found better by the last
two stages together, with what varies within the training classes turned down, or centred at least; and by what a
picture has in common with its mirror image, or in all the orientations that were learned.
"""

from __future__ import annotations

import contextlib
import copy
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
"""Of no strength: what the training pictures have in common is taken away, and nothing is stretched. After a long
training from scratch it was the best that was tried on 16 classes of CIFAR-FS."""
WORTH = 0.01
"""How much better in map_at_r a network must be that looks at each picture more often, in several orientations or
mirrored: it takes as many times longer to encode."""
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
        return {"stages": STAGES, "metric": self.metric, **seen, "without": dict(self.plain)}


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
            worth = WORTH if other.looks > best.embedder.looks else 0.0
            if quality["map_at_r"] > best.quality["map_at_r"] + worth:
                best = Ending(other, quality, plain, metric)
    return best


def _ends(embedder: Embedder, data: Dataset, side: int, config: TrainingConfig) -> Iterator[tuple[str, Embedder]]:
    """The ends to choose from, those that look at a picture more often last: a metric's name, and the network."""
    metrics = (DRAWN_METRIC if config.mirrored_classes else METRIC, CENTRED)
    learned: dict[str, LinearMetric] = {}
    for mirrored in (False,) if config.mirrored_classes else (False, True):
        seen = restaged(embedder, STAGES, side, mirrored=mirrored)
        fits = Fits(*_taught(seen, data, side, config))
        for metric in metrics:
            found = fits.metric(parse_recipe(metric))
            other = copy.deepcopy(seen)
            fold(other, found)
            learned.setdefault(metric, found)
            yield metric, other
    count = variants(config)
    if count in COUNTS[1:] and count * seen.dimension <= MOST_JOINED:
        turned = restaged(embedder, STAGES, side, orientations=count)
        few = replace(data, pictures=data.pictures[:: -(-len(data.pictures) * count // VIEWS)])
        rows = embed_dataset(turned, few, side)
        for metric, found in learned.items():
            other = copy.deepcopy(turned)
            fold(other, shorten(in_each_orientation(found, count), rows, len(found.matrix)))
            yield metric, other


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
