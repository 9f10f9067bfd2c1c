"""The smaller parts of the report: episodes and clusters, copies, skipped files, what the terms mean."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from imgsearch.cli.console import count, shown
from imgsearch.cli.report import markup
from imgsearch.cli.report.classes import TALL
from imgsearch.cli.report.tiles import Tiles
from imgsearch.cli.report.words import MEANINGS, model_name
from imgsearch.workflows.evaluation.result import Evaluation

SKIPPED, COPIES = 100, 6
"""Skipped files that are named, and pairs of near-duplicates that are shown."""


def few_shot(evaluation: Evaluation) -> str:
    """Accuracy of episodes, a row for each model and number of shots."""
    rows = [
        [
            markup.name(model_name(evaluation, model), 40),
            markup.whole(one.way),
            markup.whole(one.shot),
            markup.whole(one.episodes),
            markup.number(one.accuracy, html=markup.between(one.interval, 4)),
            markup.number(one.chance),
        ]
        for model in evaluation.models
        for one in model.few_shot
    ]
    if not rows:
        return ""
    caption = "Nearest class mean in episodes: accuracy with its 95 % interval over episodes"
    return markup.table("few-shot", caption, ["model", "way", "shot", "episodes", "accuracy", "chance"], rows)


def clustering(evaluation: Evaluation) -> str:
    """Agreement of k-means with the classes, a row for each model."""
    rows = [
        [markup.name(model_name(evaluation, model), 40), markup.number(one.nmi), markup.number(one.ami)]
        for model in evaluation.models
        if (one := model.clustering) is not None
    ]
    if not rows:
        return ""
    seeds = {model.clustering.seed for model in evaluation.models if model.clustering is not None}
    caption = f"k-means with as many clusters as classes (seed {', '.join(map(str, sorted(seeds)))}), held against them"
    return markup.table("clustering", caption, ["model", "nmi", "ami"], rows)


def copies_shown(evaluation: Evaluation) -> list[tuple[Path, Path]]:
    """The near-duplicates that get pictures."""
    return list(evaluation.near_duplicates.examples[:COPIES])


def copies(evaluation: Evaluation, tiles: Tiles) -> str:
    """Pairs of near-duplicates, side by side."""
    pairs = copies_shown(evaluation)
    if not pairs:
        return ""
    class_of = dict(zip(evaluation.gallery.paths, evaluation.gallery.classes, strict=True))
    class_of |= dict(zip(evaluation.queries.paths, evaluation.queries.classes, strict=True))
    lines = []
    for query, copy in pairs:
        first, second = (class_of.get(path, path.parent.name) for path in (query, copy))
        kind = "right" if first == second else "wrong"
        pictures = tiles.tile(query, "query", first, "query") + tiles.tile(copy, "its copy", second, kind)
        lines.append(f'<li><div class="pair">{pictures}</div></li>')
    of = evaluation.near_duplicates.pictures
    lead = f"<p>{len(pairs):,} of {count(of, 'query', 'queries')} with a copy as the nearest picture.</p>"
    return f'{lead}\n<ol class="confusions">\n' + "\n".join(lines) + "\n</ol>"


def skipped(evaluation: Evaluation) -> str:
    """The files that could not be read, with reasons."""
    if not evaluation.skipped:
        return ""
    rows = [
        [markup.name(shown(error.path), 160), markup.text(markup.said(error.reason, 160))]
        for error in evaluation.skipped[:SKIPPED]
    ]
    more = len(evaluation.skipped) - len(rows)
    rest = f", and {more:,} more" if more else ""
    caption = f"{count(len(rows), 'file')} that could not be read{rest}"
    return markup.table("skipped-files", caption, ["file", "reason"], rows, kind="tall" if len(rows) > TALL else "")


def glossary() -> str:
    """What the terms mean."""
    return "<dl>\n" + "\n".join(_entries()) + "\n</dl>"


def _entries() -> Iterator[str]:
    for term, sentence in MEANINGS.items():
        yield f"<dt>{term}</dt><dd>{sentence}</dd>"
