"""What a run begins with: a network, pictures to learn from, and pictures of other classes to validate on."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from imgsearch.errors import UserError, printable
from imgsearch.model import Model
from imgsearch.workflows.labelled import Labelled, hold_out
from imgsearch.workflows.model_cache import TORCHVISION
from imgsearch.workflows.pairs import PairTable
from imgsearch.workflows.settings import Settings

if TYPE_CHECKING:
    from imgsearch.training.dataset import Dataset
    from imgsearch.training.embedder import Embedder

VALIDATION_PICTURES_PER_CLASS = 50
FEWEST_CLASSES_TO_VALIDATE = 5
"""With fewer classes than that, none is spared for validation unless it is asked for."""


def network(settings: Settings, origin: Model | None) -> Embedder:
    """An untrained network, or one to go on from, a model's or torchvision's, with another head where one is asked for.

    Raises:
        UserError: weights that do not fit, or that cannot be downloaded.
    """
    from imgsearch.training.embedder import new_embedder
    from imgsearch.training.export import load_weights

    config = settings.config
    if origin is None:
        embedder = new_embedder(
            config.backbone,
            config.embedding_dim,
            config.seed,
            pooling=config.pooling,
            pooling_options=config.pooling_options,
            image_size=config.image_size,
        )
        if settings.start.startswith(TORCHVISION):
            from imgsearch.training.backbones.torchvision_trunk import pretrained

            wanted = settings.start.partition("@")[2]
            embedder.backbone.load_state_dict(pretrained(config.backbone, wanted or None).state_dict())
        return embedder
    return load_weights(
        origin,
        embedding_dim=config.embedding_dim,
        pooling=config.pooling,
        pooling_options=config.pooling_options,
        image_size=config.image_size,
        seed=config.seed,
    )


def teacher(model: Model, name: str) -> Embedder:
    """The network of a model that shall teach, given by this name.

    Raises:
        UserError: it has no weights of ours, a linear metric after its network, or takes pictures of one size alone.
    """
    from imgsearch.training.export import load_weights

    shown = f"--teacher {printable(name)}"
    if "backbone" not in model.info.architecture:
        raise UserError(f"{shown}: an encoder without weights; only a model made by deep training can teach")
    if model.metric is not None:
        raise UserError(f"{shown}: its linear metric is not part of its network; put it in with --metric NAME --fold 1")
    if "image_size" in model.info.architecture:
        raise UserError(f"{shown}: made for pictures of one size, so it cannot teach; take one with another pooling")
    return load_weights(model)


def read(data: Labelled | PairTable, settings: Settings) -> tuple[Dataset, Dataset | None]:
    """The decoded pictures to train on, and those of the held-out classes; nothing is held out of pairs."""
    from imgsearch.training.dataset import load_dataset

    side, jobs = settings.config.image_size, os.cpu_count() or 1
    if isinstance(data, PairTable):
        numbers = [f"{number:09d}" for number in range(len(data.paths))]
        pictures = load_dataset(data.paths, numbers, side, jobs=jobs)
        pairs = data.only(tuple(int(name) for name in pictures.classes))
        if not len(pairs.same):
            raise UserError(f"no pair has two readable pictures; the first that is not: {pictures.skipped[0]}")
        return replace(pictures, pairs=pairs), None
    taught, held_out = split_classes(data, settings.split)
    dataset = load_dataset(taught.paths, taught.classes, side, columns=taught.columns, jobs=jobs)
    if held_out is None:
        return dataset, None
    few = held_out.at_most(VALIDATION_PICTURES_PER_CLASS)
    measured = load_dataset(few.paths, few.classes, side, jobs=jobs)
    if settings.split is None and max(Counter(measured.labels.tolist()).values()) < 2:
        return dataset, None  # nothing could be found among them
    return dataset, measured


def split_classes(data: Labelled, split: str | None) -> tuple[Labelled, Labelled | None]:
    """The classes to train on and those to validate on: as `split` says, by default a tenth of them, at least two."""
    classes = len(set(data.classes))
    if split == "none" or (split is None and classes < FEWEST_CLASSES_TO_VALIDATE):
        return data, None
    return hold_out(data, split or f"holdout:{max(2, round(classes / 10))}")
