"""`train --loss`: a network learns from labelled pictures, in a run that can be stopped and gone on with."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imgsearch.errors import UserError, printable
from imgsearch.model import Model, ModelInfo, load_model
from imgsearch.training.config import TrainingConfig
from imgsearch.training.reports import EpochReport
from imgsearch.workflows.curve import write_curve
from imgsearch.workflows.labelled import Labelled, hold_out
from imgsearch.workflows.output import CHECKPOINT, finish, growing
from imgsearch.workflows.settings import SCRATCH, Settings, settle, settle_again
from imgsearch.workflows.telling import chosen, collapsed, summary, warnings
from imgsearch.workflows.trained import Trained, describe_data, versions

if TYPE_CHECKING:
    from imgsearch.training.dataset import Dataset
    from imgsearch.training.device import Device
    from imgsearch.training.embedder import Embedder
    from imgsearch.training.run import Run

VALIDATION_PICTURES_PER_CLASS = 50
FEWEST_CLASSES_TO_VALIDATE = 5
"""With fewer classes than that, none is spared for validation unless it is asked for."""


def train_deep(
    data: Labelled,
    output: Path,
    given: Mapping[str, Any],
    *,
    resume: bool = False,
    device: str = "auto",
    say: Callable[[str], None] = lambda _: None,
    report: Callable[[EpochReport, int], None] = lambda *_: None,
) -> Trained:
    """Train a network on labelled pictures and export it as the model folder `output`.

    Args:
        data: what to learn from; some classes of it are held out to validate on.
        output: must not exist yet; appears whole, at the end. Until then OUTPUT.part holds the state of the run.
        given: options, by the names of the fields of `TrainingConfig` and of `Settings`; the others have defaults.
        resume: go on with the run in OUTPUT.part, where there is one.
        device: "auto", "cpu", "cuda", "mps", …
        say: called with single lines about what was chosen.
        report: called after every epoch, with the number of epochs in all.

    Raises:
        UserError: torch is missing, the output exists, or nothing can be learned from these pictures.
    """
    require_torch()
    from imgsearch.training import distributed
    from imgsearch.training.checkpoint import read_facts
    from imgsearch.training.device import choose_device

    place = distributed.join(choose_device(device))
    # Of several processes the first one alone writes and talks.
    if distributed.rank() > 0:
        say, report = (lambda _: None), (lambda *_: None)
    try:
        part = output.with_name(output.name + ".part")
        with growing(output, resume=resume) if distributed.rank() == 0 else nullcontext(part):
            facts = distributed.agree(lambda: read_facts(part / CHECKPOINT))
            settings = settle(given) if facts is None else settle_again(given, facts["settings"])
            if resume and facts is None:
                say(f"{printable(output)}: no unfinished run to resume; beginning one")
            return _train(data, output, part, settings, facts, place, say, report)
    finally:
        distributed.leave()


def _train(
    data: Labelled,
    output: Path,
    part: Path,
    settings: Settings,
    facts: Mapping[str, Any] | None,
    device: Device,
    say: Callable[[str], None],
    report: Callable[[EpochReport, int], None],
) -> Trained:
    """The run itself, in the folder `part`."""
    from imgsearch.training.checkpoint import Tensors, read_tensors, save_checkpoint
    from imgsearch.training.distributed import rank
    from imgsearch.training.parts import check_parts
    from imgsearch.training.run import Run
    from imgsearch.training.trainer import train

    check_parts(settings.config, data.columns)  # now, not after an hour of reading pictures
    origin = None if settings.start == SCRATCH else load_model(settings.start)
    embedder = _network(settings.config, origin)
    dataset, measured = _read(data, settings)
    description = describe_data(len(dataset.labels), len(dataset.classes), dataset.hashes)
    run = Run(embedder, dataset, settings.config, validation=measured, device=device)
    if facts is not None:
        if facts["data"] != description:
            raise UserError(
                f"--resume: {printable(output)} was begun with other pictures "
                f"({facts['data']['pictures']:,} of {facts['data']['classes']:,} classes); give the same folder"
            )
        run.restore(read_tensors(part / CHECKPOINT), facts["run"])
    say(chosen(run, settings))
    if run.epoch or run.batch:
        say(f"going on after {run.epoch} epochs and {run.batch} batches")

    def keep(epoch: EpochReport) -> None:
        if rank() == 0:
            write_curve(part, run.reports)
        report(epoch, run.config.epochs)
        if epoch.collapsed and not any(earlier.collapsed for earlier in run.reports[:-1]):
            say(collapsed(epoch))

    def save(tensors: Tensors, state: dict[str, Any]) -> None:
        if rank() == 0:
            whole = {"settings": settings.facts(), "data": description, "run": state}
            save_checkpoint(part / CHECKPOINT, tensors, whole)

    interrupted = False
    try:
        train(run, keep, save)
    except KeyboardInterrupt:
        interrupted = True
    if rank() > 0:
        return Trained(output, (), "", (), interrupted)
    try:
        difference = _finish(run, output, part, settings, origin, description, interrupted)
    except OSError as error:
        raise UserError(
            f"{printable(part)}: the model cannot be written ({error.strerror}); make room and go on with --resume"
        ) from None
    if not interrupted:
        (part / CHECKPOINT).unlink(missing_ok=True)
    skipped = dataset.skipped + (measured.skipped if measured else ())
    return Trained(output, skipped, summary(run, difference), warnings(run), interrupted)


def _network(config: TrainingConfig, origin: Model | None) -> Embedder:
    from imgsearch.training.embedder import new_embedder
    from imgsearch.training.export import load_weights

    if origin is None:
        return new_embedder(
            config.backbone,
            config.embedding_dim,
            config.seed,
            pooling=config.pooling,
            pooling_options=config.pooling_options,
            image_size=config.image_size,
        )
    return load_weights(
        origin,
        embedding_dim=config.embedding_dim,
        pooling=config.pooling,
        pooling_options=config.pooling_options,
        image_size=config.image_size,
        seed=config.seed,
    )


def _read(data: Labelled, settings: Settings) -> tuple[Dataset, Dataset | None]:
    """The decoded pictures to train on, and those of the held-out classes."""
    from imgsearch.training.dataset import load_dataset

    taught, held_out = split_classes(data, settings.split)
    side, jobs = settings.config.image_size, os.cpu_count() or 1
    dataset = load_dataset(taught.paths, taught.classes, side, columns=taught.columns, jobs=jobs)
    if held_out is None:
        return dataset, None
    few = held_out.at_most(VALIDATION_PICTURES_PER_CLASS)
    return dataset, load_dataset(few.paths, few.classes, side, jobs=jobs)


def split_classes(data: Labelled, split: str | None) -> tuple[Labelled, Labelled | None]:
    """The classes to train on and those to validate on: as `split` says, by default a tenth of them, at least two."""
    classes = len(set(data.classes))
    if split == "none" or (split is None and classes < FEWEST_CLASSES_TO_VALIDATE):
        return data, None
    return hold_out(data, split or f"holdout:{max(2, round(classes / 10))}")


def _finish(
    run: Run,
    output: Path,
    part: Path,
    settings: Settings,
    origin: Model | None,
    description: dict[str, Any],
    interrupted: bool,
) -> float:
    """Write the model's files; the largest difference between the network and its export."""
    from imgsearch.training.export import export
    from imgsearch.training.validation import measure

    embedder, config = run.result().cpu(), run.config
    side = settings.input_size or max(config.image_size, origin.info.input_size if origin else 0)
    side = embedder.architecture.get("image_size", side)  # of a pooling that is made for one size
    difference = export(embedder, part, side)
    quality = {} if run.validation is None else {"validation": measure(embedder, run.validation, side)}
    training = {
        "method": "deep",
        "from": None if origin is None else settings.start,
        "config": asdict(config),
        "split": settings.split,
        "data": description,
        "epochs": [asdict(report) for report in run.reports],
        "interrupted": interrupted,
        "device": run.device.type,
        "onnx_parity": difference,
        "versions": versions("imgsearch", "torch", "torchvision", "numpy", "pillow", "onnxruntime"),
    }
    info = ModelInfo(
        output.name,
        embedder.architecture,
        input_size=side,
        dimension=embedder.dimension,
        training=training,
        quality=quality,
    )
    finish(part, info, run.data.hashes, origin)
    return difference


def require_torch() -> None:
    """Raise a UserError with the remedy unless the `train` extra is installed."""
    missing = [
        name for name in ("torch", "torchvision", "safetensors", "onnx", "onnxscript") if find_spec(name) is None
    ]
    if missing:
        raise UserError(
            f"deep training needs {', '.join(missing)}: pip install 'imgsearch[train]', or take --metric lda without it"
        )
