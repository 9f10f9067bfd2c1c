"""`train`: from labelled pictures to a model folder."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from imgsearch.errors import PictureError, UserError, printable
from imgsearch.metric.registry import linear_metric
from imgsearch.model import Model, ModelInfo, copy_model, load_model, write_metric
from imgsearch.registry import unknown
from imgsearch.training.losses import LOSSES
from imgsearch.workflows.embedding import embed_files
from imgsearch.workflows.labelled import Labelled
from imgsearch.workflows.output import finish, growing

if TYPE_CHECKING:
    from imgsearch.training.config import TrainingConfig
    from imgsearch.training.trainer import EpochReport

VALIDATION_PICTURES_PER_CLASS = 50


@dataclass(frozen=True)
class Trained:
    """What a training run came to."""

    folder: Path
    skipped: tuple[PictureError, ...]
    summary: str
    """One line about what was learned."""
    interrupted: bool = False
    """Ctrl-C: the model is what had been learned by then."""


def train_deep(
    data: Labelled,
    output: Path,
    config: TrainingConfig,
    *,
    validation: Labelled | None = None,
    start: str | os.PathLike[str] | None = None,
    input_size: int | None = None,
    say: Callable[[str], None] = lambda _: None,
    report: Callable[[EpochReport], None] = lambda _: None,
) -> Trained:
    """Train a network on labelled pictures and export it as the model folder `output`.

    Args:
        data: what to learn from.
        output: must not exist yet; appears whole, at the end.
        config: how to learn.
        validation: pictures of other classes, measured after every epoch (at most 50 a class).
        start: a model to go on from; None starts from scratch.
        input_size: side of the pictures that the exported encoder takes; by default as trained, no less than `start`.
        say: called with one line when training begins.
        report: called after every epoch.

    Raises:
        UserError: torch is missing, the output exists, or nothing can be learned from these pictures.
    """
    require_torch()
    if config.loss not in LOSSES:  # now, not after an hour of reading pictures
        raise UserError(unknown("loss", config.loss, LOSSES))
    from imgsearch.training import export
    from imgsearch.training.dataset import load_dataset
    from imgsearch.training.embedder import new_embedder
    from imgsearch.training.trainer import train
    from imgsearch.training.validation import measure

    origin = None if start is None else load_model(start)
    if origin is None:
        embedder = new_embedder(config.backbone, config.embedding_dim, config.seed)
        architecture: dict[str, Any] = {"backbone": config.backbone, "embedding_dim": config.embedding_dim}
    else:
        embedder, architecture = export.load_weights(origin), origin.info.architecture
        config = replace(config, backbone=architecture["backbone"], embedding_dim=architecture["embedding_dim"])
    with growing(output) as part:
        jobs = os.cpu_count() or 1
        dataset = load_dataset(data.paths, data.classes, config.image_size, jobs=jobs)
        measured = None
        if validation is not None:
            few = validation.at_most(VALIDATION_PICTURES_PER_CLASS)
            measured = load_dataset(few.paths, few.classes, config.image_size, jobs=jobs)
        epochs: list[EpochReport] = []
        begin = "from scratch" if start is None else f"from {printable(start)}"
        say(f"training on {len(dataset.labels):,} pictures of {len(dataset.classes):,} classes, {begin}")

        def keep(epoch: EpochReport) -> None:
            export.save_weights(embedder, part)  # if the machine goes down, this epoch's weights are on the disk
            epochs.append(epoch)
            report(epoch)

        interrupted = False
        try:
            train(embedder, dataset, config, validation=measured, report=keep)
        except KeyboardInterrupt:
            interrupted = True
        side = input_size or max(config.image_size, origin.info.input_size if origin else 0)
        difference = export.export(embedder, part, side)
        quality = {} if measured is None else {"validation": measure(embedder, measured, side)}
        training = {
            "method": "deep",
            "from": None if start is None else str(start),
            "config": asdict(config),
            "data": _describe(len(dataset.labels), len(dataset.classes), dataset.hashes),
            "epochs": [asdict(epoch) for epoch in epochs],
            "interrupted": interrupted,
            "onnx_parity": difference,
            "versions": _versions("imgsearch", "torch", "torchvision", "numpy", "pillow", "onnxruntime"),
        }
        info = ModelInfo(
            output.name, architecture, input_size=side, dimension=embedder.dimension, training=training, quality=quality
        )
        finish(part, info, dataset.hashes, origin)
    learned = f"{len(epochs)} epoch{'' if len(epochs) == 1 else 's'}"
    summary = f"{learned}, the exported encoder within {difference:.0e} of the trained network"
    skipped = dataset.skipped + (measured.skipped if measured else ())
    return Trained(output, skipped, summary, interrupted)


def train_linear(data: Labelled, output: Path, metric: str, *, start: str | os.PathLike[str] = "base") -> Trained:
    """Fit a linear metric on a model's embeddings of labelled pictures, and write both as the model folder `output`.

    Raises:
        UserError: unknown metric, the output exists, or nothing can be learned from these pictures.
    """
    fit = linear_metric(metric)
    origin = load_model(start)
    with growing(output) as part:
        plain = Model(origin.folder, origin.info)  # fitted on the encoder's own embeddings, not on another metric's
        embedded = embed_files(plain, data.paths)
        names = sorted(set(data.classes))
        labels = np.asarray([names.index(data.classes[row]) for row in embedded.rows], dtype=np.int64)
        learned = fit(embedded.embeddings, labels)
        copy_model(plain, part)
        write_metric(part, learned)
        training = {
            "method": "linear",
            "metric": metric,
            "encoder": origin.info.training,
            "data": _describe(len(labels), len(set(labels.tolist())), embedded.hashes),
            "versions": _versions("imgsearch", "numpy", "pillow", "onnxruntime"),
        }
        info = replace(origin.info, name=output.name, training=training, quality={}, threshold=None)
        finish(part, info, embedded.hashes, origin)
    dimensions = f"{origin.info.dimension} to {learned.matrix.shape[0]} dimensions"
    summary = f"{metric} from {dimensions}, fitted on {len(labels):,} pictures"
    return Trained(output, embedded.skipped, summary)


def usual_image_size(start: str | os.PathLike[str] | None) -> int:
    """Side of the training crops where none is asked for: 64 from scratch, else that of the model to go on from."""
    if start is None:
        return 64
    info = load_model(start).info
    recorded = info.training.get("config", {}).get("image_size")
    return recorded if isinstance(recorded, int) else info.input_size


def require_torch() -> None:
    """Raise a UserError with the remedy unless the `train` extra is installed."""
    missing = [
        name for name in ("torch", "torchvision", "safetensors", "onnx", "onnxscript") if find_spec(name) is None
    ]
    if missing:
        raise UserError(
            f"deep training needs {', '.join(missing)}: pip install 'imgsearch[train]', or take --metric lda without it"
        )


def _describe(pictures: int, classes: int, hashes: Sequence[bytes]) -> dict[str, Any]:
    digest = hashlib.blake2b(b"".join(sorted(hashes)), digest_size=16)
    return {"pictures": pictures, "classes": classes, "digest": digest.hexdigest()}


def _versions(*packages: str) -> dict[str, str]:
    versions = {}
    for name in packages:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:  # run from a checkout that is not installed
            versions[name] = "unknown"
    return versions
