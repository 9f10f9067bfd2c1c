"""What one must know before trusting the figures, each with a sign and a word: all is well, or look here."""

from __future__ import annotations

from collections.abc import Iterator

from imgsearch.cli.console import count
from imgsearch.cli.report import markup
from imgsearch.cli.report.words import model_name
from imgsearch.workflows.evaluation.result import Evaluation

GOOD_RECALL = 0.99
"""ann_recall from which on a graph finds as good as all."""


def checks(evaluation: Evaluation) -> str:
    """As a list: the doubts that the evaluation itself has first, then what was looked for."""
    lines = [
        f'<li class="{"well" if well else "look"}"><b>{"✓" if well else "!"}</b> {words}</li>'
        for well, words in sorted(_checks(evaluation), key=lambda check: check[0])
    ]
    return '<ul class="checks">\n' + "\n".join(lines) + "\n</ul>"


def _checks(evaluation: Evaluation) -> Iterator[tuple[bool, str]]:
    for warning in evaluation.warnings:
        yield False, markup.said(f"{warning[:1].upper()}{warning[1:]}.", 400)
    pictures = len(evaluation.queries.paths)
    if evaluation.without_match and evaluation.model.figures:
        alone = f"{evaluation.without_match:,} of {count(pictures, 'picture')}"
        yield False, f"{alone} are no queries: nothing of their class is to be found."
    skipped = len(evaluation.skipped)
    if skipped:
        yield False, f'{count(skipped, "file")} could not be read: <a href="#skipped">skipped files</a>.'
    else:
        yield True, "Every file was read."
    if not evaluation.near_duplicates.pictures:
        yield True, "No query has an identical or nearly identical picture as its nearest."
    for model in evaluation.models:
        name = markup.name(model_name(model), 40)
        if not model.seen.any():
            yield True, f"{name} was trained on none of these pictures, told by their content."
        if not model.collapse.collapsed:
            yield True, f"{name}: {markup.said(model.collapse.verdict, 300)}."
        if model.ann_recall is not None:
            words = (
                f"The graph of {name} finds {markup.percent(model.ann_recall)} of the true ten nearest (ann_recall)."
            )
            yield model.ann_recall >= GOOD_RECALL, words
