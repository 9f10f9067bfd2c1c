"""`imgsearch eval --json`: all figures, under keys that the README lists."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from imgsearch.cli.console import shown
from imgsearch.cli.formats import named
from imgsearch.errors import printable
from imgsearch.workflows.evaluation.result import Evaluation, Figures, ModelResult

_CONFUSIONS = 20


def print_json(evaluation: Evaluation) -> None:
    """One object on one line."""
    print(json.dumps(as_dictionary(evaluation), ensure_ascii=False))


def as_dictionary(evaluation: Evaluation) -> dict[str, Any]:
    """What of it JSON can hold."""
    first, *others = evaluation.models
    copies = evaluation.near_duplicates
    return {
        "protocol": evaluation.protocol,
        "classes": len(set(evaluation.queries.classes)),
        "images": len(evaluation.queries.paths),
        "gallery": len(evaluation.gallery.paths),
        "queries": len(first.queries.rows),
        "seen": int(first.seen.sum()),
        "skipped": len(evaluation.skipped),
        "encoded": evaluation.encoded,
        **_model(first, evaluation),
        "chance": _micro(evaluation.chance) or evaluation.beside["chance"],
        "chance_macro": _macro(evaluation.chance),
        "baselines": {
            name: _micro(figures) or evaluation.beside[name] for name, figures in evaluation.baselines.items()
        },
        "baselines_macro": {name: _macro(figures) for name, figures in evaluation.baselines.items()},
        "beside": evaluation.beside,
        "models": [{**_model(result, evaluation), "seen": int(result.seen.sum())} for result in others],
        "compared": [
            {name: printable(value) if isinstance(value, str) else value for name, value in asdict(compared).items()}
            for compared in evaluation.compared
        ],
        "near_duplicates": {
            "pictures": copies.pictures,
            "exact": copies.exact,
            "across_classes": copies.across_classes,
            "left_out": copies.left_out,
            "left_out_exact_only": copies.left_out_exact_only,
            "examples": [
                {**named("query", shown(query)), **named("copy", shown(copy))} for query, copy in copies.examples
            ],
        },
        "known_names": [printable(name) for name in evaluation.known_names],
        "warnings": [printable(line) for line in evaluation.warnings],
        "seconds": round(evaluation.seconds, 3),
    }


def _model(result: ModelResult, evaluation: Evaluation) -> dict[str, Any]:
    found: dict[str, Any] = {
        "model": printable(result.name),
        "metrics": _micro(result.figures) or (result.verification.figures if result.verification else {}),
        "macro": _macro(result.figures),
        "intervals": {name: figure.micro_interval for name, figure in result.figures.items()},
        "macro_intervals": {name: figure.macro_interval for name, figure in result.figures.items()},
        "asked_otherwise": {name: _micro(figures) for name, figures in result.asked_otherwise.items()},
        "seen_metrics": None if result.seen_figures is None else _micro(result.seen_figures),
        "unseen_metrics": None if result.unseen_figures is None else _micro(result.unseen_figures),
        "collapse": asdict(result.collapse),
        "ann_recall": result.ann_recall,
        "clustering": None if result.clustering is None else asdict(result.clustering),
        "few_shot": [{"name": episodes.name, **asdict(episodes)} for episodes in result.few_shot],
        "verification": None,
        "calibration": None if result.calibration is None else asdict(result.calibration),
        "confusions": [
            {**asdict(one), "truth": printable(one.truth), "found": printable(one.found)}
            for one in result.confusions[:_CONFUSIONS]
        ],
    }
    if result.verification is not None:
        counted = {"pairs": result.verification.pairs, "same": result.verification.same}
        intervals = {"intervals": result.verification.intervals}
        source = {"source": printable(result.verification.source)}
        found["verification"] = {**counted, **source, **result.verification.figures, **intervals}
    return found


def _micro(figures: Figures) -> dict[str, float]:
    return {name: figure.micro for name, figure in figures.items()}


def _macro(figures: Figures) -> dict[str, float]:
    return {name: figure.macro for name, figure in figures.items()}
