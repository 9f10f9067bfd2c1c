"""The options of `imgsearch eval` for a report: `--report` and `--projection`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from imgsearch.cli.console import count, say, shown
from imgsearch.errors import UserError, printable

if TYPE_CHECKING:
    from imgsearch.workflows.evaluation.result import Evaluation

ReportOption = Annotated[
    Path | None,
    typer.Option(
        "--report",
        metavar="FILE.html",
        help="Also write a page to look at: curves, classes, best and worst queries, a map.",
        rich_help_panel="How it is told",
    ),
]
ProjectionOption = Annotated[
    str | None,
    typer.Option(
        "--projection",
        metavar="pca|tsne",
        help="How the report's map is drawn; tsne takes scikit-learn (pca).",
        rich_help_panel="How it is told",
    ),
]


def require_report(file: Path | None, projection: str | None) -> None:
    """Refuse a report that could not be written, before the work begins.

    Raises:
        UserError: the file cannot be written, or the projection is unknown, not installed, or without a report.
    """
    if file is None:
        if projection is not None:
            raise UserError("--projection is for the map in a report; name the file of one with --report")
        return
    from imgsearch.cli.replacing import require_writable

    if projection is not None:
        from imgsearch.workflows.projection import require_projection

        require_projection(projection)
    require_writable(file, "--report")


def tell_in_report(file: Path, evaluation: Evaluation, projection: str | None) -> None:
    """Write the report and say so.

    Raises:
        UserError: it cannot be written, or would take the place of an evaluated picture.
    """
    from imgsearch.cli.looking import report_unshown
    from imgsearch.cli.report.page import write_report

    pictures = {*evaluation.queries.paths, *evaluation.gallery.paths}
    if os.path.realpath(file) in map(os.path.realpath, pictures):
        raise UserError(f"{printable(file)}: is one of the pictures themselves; name another file for --report")
    written = write_report(file, evaluation, projection or "pca")
    report_unshown(written.unread)
    say(f"{printable(shown(file))}: a report with {count(written.pictures, 'picture')}, {written.size / 1e6:.2f} MB")
