"""`imgsearch eval`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from imgsearch.cli.console import complain, count, report_skipped, say, shown
from imgsearch.cli.report.option import ProjectionOption, ReportOption, require_report, tell_in_report
from imgsearch.errors import UserError, printable

if TYPE_CHECKING:
    from imgsearch.model import Model
    from imgsearch.workflows.evaluation.result import Evaluation

ASKED = "What is asked"
BESIDE = "What is measured beside it"
THRESHOLD = "A threshold"
READING = "How it is told"


def evaluate(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Labelled pictures: one sub-folder a class.")],
    model: Annotated[
        list[str] | None,
        typer.Option(
            metavar="MODEL",
            help="`base` or a model folder; several are compared with the first. [env var: IMGSEARCH_MODEL]",
        ),
    ] = None,
    index: Annotated[
        Path | None, typer.Option("--index", metavar="DIR", help="Instead of --model: the model that an index carries.")
    ] = None,
    gallery: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Search these pictures with those of FOLDER, which else query one another.",
            rich_help_panel=ASKED,
        ),
    ] = None,
    labels: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.csv",
            help="Classes from a table path,label[,camera][,sequence], paths as in FOLDER; of the same camera, or else "
            "sequence, a picture is no match, as in re-identification.",
            rich_help_panel=ASKED,
        ),
    ] = None,
    split: Annotated[
        str | None,
        typer.Option(
            metavar="holdout:N",
            help="Only the last N classes by name, or that share of them: those that `train --split` leaves unseen.",
            rich_help_panel=ASKED,
        ),
    ] = None,
    pairs: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.csv",
            help="Instead of classes, pairs: a table a,b,same (1 or 0), paths as in FOLDER.",
            rich_help_panel=ASKED,
        ),
    ] = None,
    expand: Annotated[
        int, typer.Option(metavar="N", min=0, help="`query --expand N`, too.", rich_help_panel=BESIDE)
    ] = 0,
    rerank: Annotated[
        str | None,
        typer.Option(metavar="k-reciprocal", help="`query --rerank k-reciprocal`, too.", rich_help_panel=BESIDE),
    ] = None,
    episodes: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, help="Few-shot episodes; 2000 with --way or --shot.", rich_help_panel=BESIDE),
    ] = None,
    way: Annotated[
        int | None, typer.Option(metavar="N", min=2, help="Classes in an episode (5).", rich_help_panel=BESIDE)
    ] = None,
    shot: Annotated[
        str | None,
        typer.Option(metavar="N,N", help="Pictures that an episode shows of each (1,5).", rich_help_panel=BESIDE),
    ] = None,
    verification: Annotated[
        bool,
        typer.Option(
            "--verification", help="Count all pairs also of more than 30,000 pictures.", rich_help_panel=BESIDE
        ),
    ] = False,
    calibrate: Annotated[
        str | None,
        typer.Option(
            metavar="precision=P|far=P",
            help="Find the similarity from which on pictures count as the same, for that precision or false-accept "
            "rate, on half of the classes; verify it on the others.",
            rich_help_panel=THRESHOLD,
        ),
    ] = None,
    save_threshold: Annotated[
        bool,
        typer.Option(
            "--save-threshold",
            help="Keep it in the model folder, or in the index of --index.",
            rich_help_panel=THRESHOLD,
        ),
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print all figures as JSON.", rich_help_panel=READING)
    ] = False,
    csv: Annotated[
        Path | None,
        typer.Option("--csv", metavar="FILE", help="Also write a line a query.", rich_help_panel=READING),
    ] = None,
    report: ReportOption = None,
    projection: ProjectionOption = None,
    no_cache: Annotated[
        bool,
        typer.Option("--no-cache", help="Keep no embeddings for the next time, and use none that are kept."),
    ] = False,
    seed: Annotated[int, typer.Option(metavar="N", min=0, help="Of all that is drawn by lot.")] = 0,
) -> int:
    """Measure how well a model finds pictures of the same class: each one queries all the others."""
    from imgsearch.cli.evaluation.csv_file import write_queries
    from imgsearch.cli.evaluation.json_object import print_json
    from imgsearch.cli.evaluation.table import print_tables
    from imgsearch.workflows.evaluation.cache import open_cache
    from imgsearch.workflows.evaluation.given_pairs import evaluate_pairs
    from imgsearch.workflows.evaluation.options import Options, Target, to_episodes
    from imgsearch.workflows.evaluation.run import evaluate as evaluated
    from imgsearch.workflows.evaluation.task import read_task
    from imgsearch.workflows.question import require_reranking
    from imgsearch.workflows.threshold import require_place, with_threshold_saved

    require_reranking(rerank)
    require_report(report, projection)
    options = Options(
        expand=expand,
        rerank=rerank is not None,
        verification=verification,
        episodes=to_episodes(episodes, way, shot),
        calibrate=None if calibrate is None else Target.parse(calibrate),
        seed=seed,
    )
    models = _models(model or [], index)
    if save_threshold:
        _require_one(models, calibrate)
        require_place(models[0][1], index)
    with open_cache(keep=not no_cache, warn=complain) as cache:
        if pairs is None:
            task = read_task(folder, gallery=gallery, split=split, labels=labels)
            result = evaluated(task, models, cache, options)
        else:
            _require_alone(gallery=gallery, labels=labels, split=split, calibrate=calibrate, episodes=options.episodes)
            result = evaluate_pairs(folder, pairs, models, cache)
    report_skipped(result.skipped)
    for line in result.warnings:
        complain(line)
    if save_threshold:
        result = with_threshold_saved(result, models[0][1], index)
    if csv is not None:
        write_queries(csv, result)
    if report is not None:
        tell_in_report(report, result, projection)
    if as_json:
        print_json(result)
    else:
        print_tables(result)
    if save_threshold and (found := result.model.calibration) is not None:
        say(f"threshold {found.threshold:.4f} kept in {printable(shown(found.saved_to or ''))}")
    say(_summary(result))
    return 0


def _require_alone(**others: object) -> None:
    """Refuse what makes no sense with `--pairs`."""
    given = [name for name, value in others.items() if value is not None]
    if given:
        raise UserError(f"--pairs and --{given[0]} exclude each other: pairs have no classes; leave one of them away")


def _require_one(models: list[tuple[str, Model]], calibrate: str | None) -> None:
    if calibrate is None:
        raise UserError("--save-threshold: nothing is calibrated; give --calibrate precision=0.95, or far=0.01")
    if len(models) > 1:
        raise UserError("--save-threshold: of several models none is the one to keep it; give one --model")


def _models(named: list[str], index: Path | None) -> list[tuple[str, Model]]:
    """The models to measure, by their names."""
    from imgsearch.index import Index
    from imgsearch.model import load_model

    if index is not None:
        if named:
            raise UserError("--model and --index exclude each other: an index has its own model; give one of them")
        model = Index.open(index).model
        return [(model.info.name, model)]
    environment = os.environ.get("IMGSEARCH_MODEL")
    names = named or [environment or "base"]
    twice = next((name for number, name in enumerate(names) if name in names[:number]), None)
    if twice is not None:
        raise UserError(f"--model {twice}: given twice; a model cannot be compared with itself")
    return [(name, load_model(name)) for name in names]


def _summary(result: Evaluation) -> str:
    pictures = count(len(result.queries.paths), "picture")
    if result.model.figures:
        classes = count(len(set(result.queries.classes)), "class", "classes")
        among = "" if result.gallery is result.queries else f" among {len(result.gallery.paths):,}"
        asked = f"{pictures} of {classes}{among}"
    else:
        pairs = 0 if result.model.verification is None else result.model.verification.pairs
        asked = f"{count(pairs, 'pair')} of {pictures}"
    return f"{asked}, {len(result.skipped):,} skipped, {result.encoded:,} encoded, {result.seconds:.1f} s"
