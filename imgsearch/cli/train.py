"""`imgsearch train`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from imgsearch.cli.console import complain, report_skipped, say
from imgsearch.errors import UserError, printable
from imgsearch.metric.registry import LINEAR_METRICS
from imgsearch.training.losses import LOSSES

if TYPE_CHECKING:
    from imgsearch.training.trainer import EpochReport


def train(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Labelled pictures: one sub-folder a class.")],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="MODEL", help="The model folder to make.")],
    loss: Annotated[
        str | None, typer.Option(metavar="NAME", help=f"Deep training with this loss: {', '.join(LOSSES)}.")
    ] = None,
    metric: Annotated[
        str | None,
        typer.Option(metavar="NAME", help=f"Fit a linear metric instead, in seconds: {', '.join(LINEAR_METRICS)}."),
    ] = None,
    start: Annotated[
        str | None,
        typer.Option("--from", metavar="MODEL", help="Go on from this model: base (default), a folder, or scratch."),
    ] = None,
    backbone: Annotated[
        str | None, typer.Option(metavar="NAME", help="From scratch with this network: small, or one of torchvision's.")
    ] = None,
    embedding_dim: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, help="A linear layer to N dimensions; default: the pooled features."),
    ] = None,
    split: Annotated[
        str | None, typer.Option(metavar="holdout:N", help="Leave the last N classes by name unseen, to validate on.")
    ] = None,
    epochs: Annotated[int, typer.Option(metavar="N", min=1, help="Passes over the pictures.")] = 12,
    image_size: Annotated[
        int | None,
        typer.Option(metavar="PIXELS", min=16, help="Side of the training crops; default: 64, or as the --from model."),
    ] = None,
    grow_from: Annotated[
        int | None, typer.Option(metavar="PIXELS", min=16, help="Start with smaller crops, which saves time.")
    ] = None,
    input_size: Annotated[
        int | None,
        typer.Option(
            metavar="PIXELS",
            min=16,
            help="Side that the finished encoder takes; default: --image-size, and no less than the --from model.",
        ),
    ] = None,
    batch_classes: Annotated[int, typer.Option(metavar="P", min=2, help="Classes in a batch.")] = 32,
    batch_images: Annotated[int, typer.Option(metavar="K", min=2, help="Pictures of each.")] = 4,
    learning_rate: Annotated[float | None, typer.Option("--lr", metavar="FLOAT", help="Peak learning rate.")] = None,
    seed: Annotated[int, typer.Option(metavar="N", help="Of all that is random.")] = 0,
) -> int:
    """Learn what "similar" means from labelled pictures, and write a model for `index` and `eval`.

    Deep training (needs the `train` extra) adapts the whole network; `--metric` learns a linear map on top of it.
    """
    from imgsearch.training.config import TrainingConfig
    from imgsearch.workflows import train as workflow
    from imgsearch.workflows.labelled import hold_out, read_labelled

    if metric is not None and (loss is not None or backbone is not None):
        raise UserError(
            "--metric fits a linear map on a finished model; leave --loss and --backbone away, or leave --metric away"
        )
    if backbone is not None and start not in (None, "scratch"):
        raise UserError(f"--backbone {backbone} starts from scratch, --from {start} does not; give one of them")
    data = read_labelled(folder)
    validation = None
    if split is not None:
        data, validation = hold_out(data, split)

    if metric is not None:
        done = workflow.train_linear(data, output, metric, start=start or "base")
    else:
        workflow.require_torch()
        scratch = backbone is not None or start == "scratch"
        origin = None if scratch else start or "base"
        if origin is not None and embedding_dim is not None:
            raise UserError("--embedding-dim changes the network, so it starts from scratch; add --from scratch")
        config = TrainingConfig(
            loss=loss or "multi_similarity",
            backbone=backbone or "small",
            embedding_dim=embedding_dim,
            image_size=image_size or workflow.usual_image_size(origin),
            grow_from=grow_from,
            epochs=epochs,
            classes_per_batch=batch_classes,
            images_per_class=batch_images,
            learning_rate=(2e-3 if scratch else 2e-4) if learning_rate is None else learning_rate,
            seed=seed,
        )
        done = workflow.train_deep(
            data, output, config, validation=validation, start=origin, input_size=input_size, say=say, report=_report
        )
    report_skipped(done.skipped)
    say(f"{printable(output)}: {done.summary}; use it with --model {printable(output)}")
    if done.interrupted:
        complain("stopped early; the model is what had been learned by then")
        return 130
    return 0


def _report(epoch: EpochReport) -> None:
    scores = epoch.validation
    shown = (
        ""
        if scores is None
        else f", unseen classes: recall_at_1 {scores['recall_at_1']:.4f}, map_at_r {scores['map_at_r']:.4f}"
    )
    say(f"epoch {epoch.epoch}: loss {epoch.loss:.4f}{shown}, {epoch.seconds:.0f} s")
