"""`imgsearch eval --csv FILE`: a line for each query of each model."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from imgsearch.cli.console import shown
from imgsearch.cli.formats import csv_line
from imgsearch.errors import UserError, printable
from imgsearch.workflows.evaluation.result import Evaluation


def write_queries(file: Path, evaluation: Evaluation) -> None:
    """Path, class, nearest picture with its class and similarity, whether it was trained on, and every metric.

    Raises:
        UserError: the file cannot be written.
    """
    try:
        with file.open("wb") as stream:
            stream.writelines(_lines(evaluation))
    except OSError as error:
        remedy = "name another file for --csv"
        raise UserError(f"{printable(file)}: cannot be written ({error.strerror}); {remedy}") from None


def _lines(evaluation: Evaluation) -> Iterator[bytes]:
    metrics = list(evaluation.model.queries.values)
    yield csv_line(["model", "path", "class", "nearest", "nearest_class", "similarity", "seen", *metrics])
    queries, gallery = evaluation.queries, evaluation.gallery
    for result in evaluation.models:
        asked = result.queries
        for number, (row, near) in enumerate(zip(asked.rows.tolist(), asked.nearest.tolist(), strict=True)):
            similarity = f"{asked.similarity[number]:.6f}"
            found = (shown(gallery.paths[near]), gallery.classes[near], similarity) if near >= 0 else ("", "", "")
            seen = "1" if result.seen[row] else "0"
            values = [f"{asked.values[metric][number]:.6f}" for metric in metrics]
            yield csv_line([result.name, shown(queries.paths[row]), queries.classes[row], *found, seen, *values])
