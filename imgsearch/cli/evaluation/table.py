"""The tables of `imgsearch eval`: for people on a terminal, tab-separated elsewhere."""

from __future__ import annotations

import sys

from imgsearch.cli.evaluation.columns import Column, columns
from imgsearch.errors import printable
from imgsearch.workflows.evaluation.extras import Calibration
from imgsearch.workflows.evaluation.result import Evaluation


def print_tables(evaluation: Evaluation) -> None:
    """A row a metric, then a sentence for each comparison of models and for what was calibrated."""
    shown = columns(evaluation)
    metrics = list(shown[0].values)
    if sys.stdout.isatty():
        _print_rich(shown, metrics)
    else:
        _print_tabs(shown, metrics)
    sentences = [compared.sentence for compared in evaluation.compared]
    sentences += [_calibrated(one.name, one.calibration) for one in evaluation.models if one.calibration is not None]
    if sentences:
        print()
    for sentence in sentences:
        print(printable(sentence))


def _calibrated(name: str, found: Calibration) -> str:
    reached = f"precision {found.precision:.4f}, {found.false_accept_rate:.2%} of different pairs taken for the same"
    missed = f"{found.false_reject_rate:.1%} of the same for different"
    wanted = f"{found.wanted} {found.target:g} on {found.found_on:,} classes"
    verified = f"on {found.verified_on:,} others: {reached}, {missed}"
    return f"{name}: threshold {found.threshold:.4f}, found for {wanted}; {verified}"


def _print_tabs(shown: list[Column], metrics: list[str]) -> None:
    header = ["metric"]
    for column in shown:
        header.append(printable(column.name))
        header += ["low", "high"] if column.intervals else []
        header += ["macro"] if column.macro else []
    print("\t".join(header))
    for metric in metrics:
        cells = [metric]
        for column in shown:
            cells.append(_number(column.values.get(metric)))
            if column.intervals:
                cells += [_number(end) for end in column.intervals.get(metric, (None, None))]
            cells += [_number(column.macro.get(metric))] if column.macro else []
        print("\t".join(cells))


def _print_rich(shown: list[Column], metrics: list[str]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("metric")
    for number, column in enumerate(shown):
        table.add_column(printable(column.name), justify="right", style="bold" if number == 0 else "")
        if column.intervals:
            table.add_column("95 %", style="dim")
        if column.macro:
            table.add_column("macro", justify="right")
    for metric in metrics:
        cells = [metric]
        for column in shown:
            cells.append(_number(column.values.get(metric)))
            if column.intervals:
                ends = column.intervals.get(metric)
                cells.append("" if ends is None else f"{ends[0]:.3f}–{ends[1]:.3f}")
            cells += [_number(column.macro.get(metric))] if column.macro else []
        table.add_row(*cells)
    Console().print(table)


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return str(value) if isinstance(value, int) else f"{value:.4f}"
