"""`imgsearch train`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from imgsearch.cli.console import complain, report_skipped, say
from imgsearch.cli.parts import list_parts, parse_settings
from imgsearch.errors import UserError, printable
from imgsearch.metric.registry import LINEAR_METRICS, PAIR_METRICS

if TYPE_CHECKING:
    from imgsearch.training.config import TrainingConfig
    from imgsearch.training.reports import EpochReport
    from imgsearch.workflows.labelled import Labelled
    from imgsearch.workflows.trained import Trained

NETWORK = "The network"
LEARNING = "How it learns"
RUN = "The run"


def train(
    folder: Annotated[
        Path | None, typer.Argument(metavar="FOLDER", help="Labelled pictures: one sub-folder a class.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="MODEL", help="The model folder to make.")
    ] = None,
    labels: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.csv",
            help="Labels from a table path,label[,order][,sequence][,camera][,domain][,value] instead of sub-folders; "
            "paths as in FOLDER.",
        ),
    ] = None,
    pairs: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.csv",
            help="Instead of classes, pairs: a table a,b,same (1 or 0), for --metric or --loss; paths as in FOLDER.",
        ),
    ] = None,
    metric: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help=f"Fit this linear metric, without torch: {', '.join(LINEAR_METRICS)}; milder as rca^0.5, in steps as "
            "rca^0.4,between^0.1. auto: whatever helps unseen classes most.",
        ),
    ] = None,
    fold_stages: Annotated[
        int | None,
        typer.Option(
            "--fold",
            metavar="STAGES",
            min=1,
            help="With --metric: put it into the encoder, which then joins the maps of its last STAGES resolutions and "
            "averages each picture with its mirror image.",
        ),
    ] = None,
    loss: Annotated[
        str | None, typer.Option(metavar="NAME", help="What to learn by; --list names all.", rich_help_panel=LEARNING)
    ] = None,
    miner: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Picks the tuples; default: the loss's.", rich_help_panel=LEARNING),
    ] = None,
    sampler: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Picks the batches; default: the loss's.", rich_help_panel=LEARNING),
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="NAME=VALUE",
            help="An option of the loss, as margin=0.1; or of another part, as miner.margin=0.1, pooling.p=4; or how "
            "views are varied, as views.rotation=0.",
            rich_help_panel=LEARNING,
        ),
    ] = None,
    start: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="MODEL",
            help="Go on from base (default), another model, torchvision:NAME[@WEIGHTS] (a download), or scratch.",
            rich_help_panel=NETWORK,
        ),
    ] = None,
    teacher: Annotated[
        str | None,
        typer.Option(
            metavar="MODEL",
            help="Learn this model's similarities, too, beside the labels: a larger one's, or an earlier one's.",
            rich_help_panel=LEARNING,
        ),
    ] = None,
    backbone: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="From scratch with this network: small, or one of torchvision's.",
            rich_help_panel=NETWORK,
        ),
    ] = None,
    pooling: Annotated[
        str | None, typer.Option(metavar="NAME", help="From maps to one vector; default: gem.", rich_help_panel=NETWORK)
    ] = None,
    embedding_dim: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=1,
            help="A linear layer to N dimensions; default: the pooled features.",
            rich_help_panel=NETWORK,
        ),
    ] = None,
    unfreeze: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=0,
            help="Train only the last N blocks of the backbone and what follows; default: all.",
            rich_help_panel=NETWORK,
        ),
    ] = None,
    image_size: Annotated[
        int | None,
        typer.Option(
            metavar="PIXELS",
            min=16,
            help="Side of the training crops; default: 64, or as the --from model.",
            rich_help_panel=NETWORK,
        ),
    ] = None,
    grow_from: Annotated[
        int | None,
        typer.Option(
            metavar="PIXELS",
            min=16,
            help="Side of the first crops, which grow; default: a half, from 64 pixels and four epochs on.",
            rich_help_panel=NETWORK,
        ),
    ] = None,
    input_size: Annotated[
        int | None,
        typer.Option(
            metavar="PIXELS",
            min=16,
            help="Side that the finished encoder takes; default: --image-size, and no less than the --from model.",
            rich_help_panel=NETWORK,
        ),
    ] = None,
    quarter_turns: Annotated[
        bool | None,
        typer.Option(
            help="Whether a class turned by 90, 180 and 270 degrees counts as three more classes; default: it does.",
            rich_help_panel=LEARNING,
            show_default=False,
        ),
    ] = None,
    mirrored_classes: Annotated[
        bool | None,
        typer.Option(
            help="Whether mirrored classes count as others, too; default: where no picture has any colour.",
            rich_help_panel=LEARNING,
            show_default=False,
        ),
    ] = None,
    ending: Annotated[
        bool | None,
        typer.Option(
            help="Whether the network may end in other stages, centred or whitened, and look at mirrored or turned "
            "pictures, too, where that helps unseen classes; default: it may.",
            rich_help_panel=NETWORK,
            show_default=False,
        ),
    ] = None,
    split: Annotated[
        str | None,
        typer.Option(
            metavar="holdout:N",
            help="Validate on the last N classes by name, unseen; default: a tenth of them; none: train on all.",
            rich_help_panel=RUN,
        ),
    ] = None,
    epochs: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="Passes over the pictures; default: 12.", rich_help_panel=RUN)
    ] = None,
    rounds: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=1,
            help="How often an epoch shows each picture; default: up to 5 times if few, drawings up to 8.",
            rich_help_panel=RUN,
        ),
    ] = None,
    patience: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=1,
            help="Stop after N epochs without progress on unseen classes; default: 5.",
            rich_help_panel=RUN,
        ),
    ] = None,
    learning_rate: Annotated[
        float | None, typer.Option("--lr", metavar="FLOAT", help="Peak learning rate.", rich_help_panel=RUN)
    ] = None,
    weight_decay: Annotated[
        float | None,
        typer.Option(metavar="FLOAT", help="AdamW's, of the kernels; default: 0.05.", rich_help_panel=RUN),
    ] = None,
    dropout: Annotated[
        float | None,
        typer.Option(
            metavar="SHARE", help="Dropped of what each block of the backbone gives; default: 0.", rich_help_panel=RUN
        ),
    ] = None,
    batch_classes: Annotated[
        int | None, typer.Option(metavar="P", min=2, help="Classes in a batch; default: 32.", rich_help_panel=RUN)
    ] = None,
    batch_images: Annotated[
        int | None,
        typer.Option(
            metavar="K", min=2, help="Pictures of each; default: 4, or 2 for losses with proxies.", rich_help_panel=RUN
        ),
    ] = None,
    seed: Annotated[
        int | None, typer.Option(metavar="N", min=0, help="Of all that is random; default: 0.", rich_help_panel=RUN)
    ] = None,
    device: Annotated[
        str, typer.Option(metavar="NAME", help="cpu, cuda, mps; auto takes what is quickest.", rich_help_panel=RUN)
    ] = "auto",
    resume: Annotated[
        bool,
        typer.Option("--resume", help="Go on with the run of this MODEL that was not finished.", rich_help_panel=RUN),
    ] = False,
    listing: Annotated[
        bool, typer.Option("--list", help="List all losses, miners, samplers, poolings, … and their options.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The list, or the comparison, as JSON.")] = False,
) -> int:
    """Learn what "similar" means from labelled pictures, and write a model for `index` and `eval`.

    Without further options it tries every way of teaching on classes that it leaves out, shows the table, and takes
    what helps those most, or leaves the model as it is. `--metric` goes straight to a linear map on the embeddings;
    `--loss`, or any other option of deep training (the `train` extra), to training the network.
    """
    if listing:
        list_parts(as_json)
        return 0
    if folder is None or output is None:
        raise UserError("train needs FOLDER and -o MODEL; or --list, which says what there is to choose from")
    deep = {
        "loss": loss, "miner": miner, "sampler": sampler, "teacher": teacher, "backbone": backbone, "pooling": pooling,
        "embedding_dim": embedding_dim, "unfreeze": unfreeze, "image_size": image_size, "grow_from": grow_from,
        "input_size": input_size, "epochs": epochs, "rounds": rounds, "patience": patience,
        "learning_rate": learning_rate, "weight_decay": weight_decay, "dropout": dropout,
        "classes_per_batch": batch_classes, "images_per_class": batch_images, "seed": seed,
        "quarter_turns": quarter_turns, "mirrored_classes": mirrored_classes, "ending": ending,
        **parse_settings(settings or []),
    }  # fmt: skip
    given = {name: value for name, value in deep.items() if value is not None}
    placed = {} if device == "auto" else {"device": device}
    if fold_stages:  # of the options of deep training, these two mean something here
        given = {name: value for name, value in given.items() if name not in ("embedding_dim", "input_size")}
    if fold_stages and (metric in (None, "auto") or pairs is not None):
        raise UserError("--fold puts a linear metric into the encoder: give --metric with a name, and class labels")
    if metric is not None and (given or resume or placed):
        raise UserError(
            f"--metric fits a linear map on a finished model and takes no {_option(given or placed)}; "
            "leave that away, or leave --metric away"
        )
    if pairs is not None:
        _check_pairs(metric, labels, split)
    untrained = start is not None and (start == "scratch" or start.startswith("torchvision:"))
    undecided = metric is None and not given and not resume and not untrained
    if pairs is None and (undecided or metric == "auto"):
        return _compare(
            _taught(_read(folder, labels), split),
            output,
            start or "base",
            networks=metric is None,
            device=device,
            as_json=as_json,
        )
    from imgsearch.workflows.pairs import read_pairs

    if as_json:
        raise UserError("--json goes with --list or with the comparison: other training has no answer on stdout")
    if metric is not None:
        from imgsearch.workflows.linear import train_linear

        origin = start or "base"
        if pairs is not None:
            return _tell(train_linear(read_pairs(pairs, folder), output, metric, start=origin, say=say))
        taught = _taught(_read(folder, labels), split)
        if fold_stages is None:
            return _tell(train_linear(taught, output, metric, start=origin, say=say))
        from imgsearch.workflows.fold import train_folded

        shape = {"dimension": embedding_dim, "input_size": input_size}
        return _tell(train_folded(taught, output, metric, stages=fold_stages, start=origin, **shape))
    if pairs is not None and loss is None and not resume:
        raise UserError(
            f"--pairs does not say what to learn: give --metric with one of {', '.join(PAIR_METRICS)}, "
            "or --loss contrastive, bell_bala or another that compares pairs"
        )
    from imgsearch.workflows.deep import require_torch, train_deep

    require_torch()
    given |= {name: value for name, value in {"start": start, "split": split}.items() if value is not None}
    data = _read(folder, labels) if pairs is None else read_pairs(pairs, folder)
    return _tell(train_deep(data, output, given, resume=resume, device=device, say=say, report=_report))


def _check_pairs(metric: str | None, labels: Path | None, split: str | None) -> None:
    """UserError for what does not go with --pairs."""
    if labels is not None:
        raise UserError("--pairs takes the place of --labels; give one of them")
    if split is not None:
        raise UserError("--pairs has no classes to hold out; leave --split away")
    if metric == "auto":
        raise UserError(
            f"--metric auto compares on classes left out, and --pairs has none; give one of {', '.join(PAIR_METRICS)}"
        )


def _compare(data: Labelled, output: Path, start: str, *, networks: bool, device: str, as_json: bool) -> int:
    from imgsearch.cli.comparison import print_comparison
    from imgsearch.workflows.choose import train_best

    done, comparison = train_best(data, output, start=start, networks=networks, device=device, say=say, report=_report)
    print_comparison(comparison, as_json)
    return _tell(done)


def _read(folder: Path, labels: Path | None) -> Labelled:
    from imgsearch.workflows.labelled import read_labelled
    from imgsearch.workflows.table import read_table

    return read_labelled(folder) if labels is None else read_table(labels, folder)


def _taught(data: Labelled, split: str | None) -> Labelled:
    """What `--split` leaves to learn from where nothing is validated on the way."""
    from imgsearch.workflows.labelled import hold_out

    return data if split is None or split == "none" else hold_out(data, split)[0]


def _option(given: Mapping[str, object]) -> str:
    """The first of the options that were given, as it is written."""
    names = {"learning_rate": "lr", "classes_per_batch": "batch-classes", "images_per_class": "batch-images"}
    first = next(iter(given), "resume")
    return "--set" if first.endswith("_options") else f"--{names.get(first, first).replace('_', '-')}"


def _tell(done: Trained) -> int:
    report_skipped(done.skipped)
    for line in done.warnings:
        complain(line)
    shown = printable(done.folder)
    if done.summary:  # of several processes the first one tells
        say(f"{shown}: {done.summary}; use it with --model {shown}")
    if not done.interrupted:
        return 0
    complain("stopped early; the model is what had been learned by then, and --resume goes on")
    return 130


def _report(report: EpochReport, config: TrainingConfig) -> None:
    scores = report.validation
    unseen = ""
    if scores is not None:
        unseen = f"unseen classes: recall_at_1 {scores['recall_at_1']:.4f}, map_at_r {scores['map_at_r']:.4f}"
    if report.epoch == 0:
        say(f"before training: {unseen}")
        return
    active = "" if report.active is None else f", active {report.active:.0%}"
    parts = [f"loss {report.loss:.4f}{active}", *([unseen] if unseen else []), f"{report.seconds:.0f} s"]
    if report.epoch < config.epochs:
        parts.append(f"{_duration(config.epochs_left(report.epoch) * report.seconds)} left")
    say(f"epoch {report.epoch}/{config.epochs}: {', '.join(parts)}")


def _duration(seconds: float) -> str:
    """Like 40 s, 12 min or 3.5 h."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
