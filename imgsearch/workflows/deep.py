"""`train --loss`: a network learns from labelled pictures, in a run that can be stopped and gone on with."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imgsearch.errors import UserError, printable
from imgsearch.model import Model, ModelInfo
from imgsearch.training.config import TrainingConfig
from imgsearch.training.reports import EpochReport
from imgsearch.workflows.curve import write_curve
from imgsearch.workflows.labelled import Labelled
from imgsearch.workflows.model_cache import find_model, require_extra
from imgsearch.workflows.output import CHECKPOINT, finish, growing
from imgsearch.workflows.pairs import PairTable
from imgsearch.workflows.preparing import network, read, teacher
from imgsearch.workflows.settings import SCRATCH, Settings, settle, settle_again
from imgsearch.workflows.telling import chosen, collapsed, summary, warnings
from imgsearch.workflows.trained import Trained, describe_data, versions

if TYPE_CHECKING:
    from imgsearch.training.device import Device
    from imgsearch.training.ending import Ending
    from imgsearch.training.run import Run


def train_deep(
    data: Labelled | PairTable,
    output: Path,
    given: Mapping[str, Any],
    *,
    resume: bool = False,
    device: str = "auto",
    comparison: Mapping[str, Any] | None = None,
    say: Callable[[str], None] = lambda _: None,
    report: Callable[[EpochReport, TrainingConfig], None] = lambda *_: None,
) -> Trained:
    """Train a network on labelled pictures and export it as the model folder `output`.

    Args:
        data: what to learn from; some classes of it are held out to validate on, of pairs nothing is.
        output: must not exist yet; appears whole, at the end. Until then OUTPUT.part holds the state of the run.
        given: options, by the names of the fields of `TrainingConfig` and of `Settings`; the others have defaults.
        resume: go on with the run in OUTPUT.part, where there is one.
        device: "auto", "cpu", "cuda", "mps", …
        comparison: what led to this run, to be kept with the model.
        say: called with single lines about what was chosen.
        report: called after every epoch, with the configuration of the run.

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
            settings = (
                settle(given)
                if facts is None
                else settle_again(given, facts["settings"], facts["run"]["config"]["learning_rate"])
            )
            if resume and facts is None:
                say(f"{printable(output)}: no unfinished run to resume; beginning one")
            comparison = comparison if facts is None else facts.get("comparison")
            return _train(data, output, part, settings, facts, comparison, place, say, report)
    finally:
        distributed.leave()


def _train(
    data: Labelled | PairTable,
    output: Path,
    part: Path,
    settings: Settings,
    facts: Mapping[str, Any] | None,
    comparison: Mapping[str, Any] | None,
    device: Device,
    say: Callable[[str], None],
    report: Callable[[EpochReport, TrainingConfig], None],
) -> Trained:
    """The run itself, in the folder `part`."""
    from imgsearch.training.checkpoint import Tensors, read_tensors, save_checkpoint
    from imgsearch.training.distributed import rank
    from imgsearch.training.parts import check_parts
    from imgsearch.training.run import Run
    from imgsearch.training.trainer import train

    check_parts(settings.config, data.columns)  # now, not after an hour of reading pictures
    origin = None if settings.origin is None else find_model(settings.origin)
    embedder, taught_by, teaching = network(settings, origin), None, None
    if settings.teacher is not None:
        teaching = find_model(settings.teacher)
        taught_by = teacher(teaching, settings.teacher)
    dataset, measured = read(data, settings)
    description = describe_data(len(dataset.labels), len(dataset.classes), dataset.hashes)
    if dataset.pairs is not None:
        description |= {"classes": None, "pairs": len(dataset.pairs.same)}
    run = Run(embedder, dataset, settings.config, validation=measured, teacher=taught_by, device=device)
    if facts is not None:
        if facts["data"] != description:
            raise UserError(
                f"--resume: {printable(output)} was begun with other pictures "
                f"({facts['data']['pictures']:,} in all); give the same folder"
            )
        run.restore(read_tensors(part / CHECKPOINT), facts["run"])
    say(chosen(run, settings))
    if run.epoch or run.batch:
        say(f"going on after {run.epoch} epochs and {run.batch} batches")

    def keep(epoch: EpochReport) -> None:
        if rank() == 0:
            with _room_needed(part):
                write_curve(part, run.reports)
        report(epoch, run.config)
        if epoch.collapsed and not any(earlier.collapsed for earlier in run.reports[:-1]):
            say(collapsed(epoch))

    def save(tensors: Tensors, state: dict[str, Any]) -> None:
        if rank() == 0:
            whole = {"settings": settings.facts(), "data": description, "run": state, "comparison": comparison}
            save_checkpoint(part / CHECKPOINT, tensors, whole)

    interrupted = False
    try:
        train(run, keep, save, say)
    except KeyboardInterrupt:
        interrupted = True
    if rank() > 0:
        return Trained(output, (), "", (), interrupted)
    with _room_needed(part):
        notes = {"data": description, "interrupted": interrupted}
        notes |= {} if comparison is None else {"comparison": comparison}
        difference, ending = _finish(run, output, part, settings, origin, teaching, notes)
    if not interrupted:
        (part / CHECKPOINT).unlink(missing_ok=True)
    skipped = dataset.skipped + (measured.skipped if measured else ())
    return Trained(output, skipped, summary(run, difference, ending), warnings(run), interrupted)


@contextmanager
def _room_needed(part: Path) -> Iterator[None]:
    """Say in one line what to do where a file cannot be written."""
    try:
        yield
    except OSError as error:
        raise UserError(
            f"{printable(part)}: the model cannot be written ({error.strerror}); make room and go on with --resume"
        ) from None


def _finish(
    run: Run,
    output: Path,
    part: Path,
    settings: Settings,
    origin: Model | None,
    teaching: Model | None,
    notes: Mapping[str, Any],
) -> tuple[float, Ending]:
    """Write the model's files; the largest difference between the network and its export, and how it ends."""
    from imgsearch.training.ending import Ending, best_ending
    from imgsearch.training.export import export

    embedder, config = run.result().cpu(), run.config
    side = settings.input_size or max(config.image_size, origin.info.input_size if origin else 0)
    side = embedder.architecture.get("image_size", side)  # of a pooling that is made for one size
    ending = Ending(embedder, {})
    if run.validation is not None:
        ending = best_ending(embedder, run.data, run.validation, side, config, kept=not settings.ending)
    embedder = ending.embedder
    difference = export(embedder, part, side)
    training = {
        "method": "deep",
        "from": None if settings.start == SCRATCH else settings.start,
        "teacher": settings.teacher,
        "config": asdict(config),
        "split": settings.split,
        "epochs": [asdict(report) for report in run.reports],
        "device": run.device.type,
        "ending": ending.facts(),
        "onnx_parity": difference,
        "versions": versions("imgsearch", "torch", "torchvision", "numpy", "pillow", "onnxruntime"),
        **notes,
    }
    info = ModelInfo(
        output.name,
        embedder.architecture,
        input_size=side,
        dimension=embedder.dimension,
        training=training,
        quality={"validation": dict(ending.quality)} if ending.quality else {},
    )
    origins = [model for model in (origin, teaching) if model is not None]
    finish(part, info, run.data.hashes, origins, run.data.classes if run.data.pairs is None else ())
    return difference, ending


def require_torch() -> None:
    """Raise a UserError with the remedy unless the `train` extra is installed."""
    require_extra("deep training", ", or take --metric lda without it")
