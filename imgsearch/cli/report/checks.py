"""What one must know before trusting the figures, each with a sign and a word: all is well, or look here."""

from __future__ import annotations

from collections.abc import Iterator

from imgsearch.cli.console import count
from imgsearch.cli.report import markup
from imgsearch.cli.report.words import model_name
from imgsearch.workflows.evaluation.result import Evaluation, ModelResult

GOOD_RECALL = 0.99
"""ann_recall from which on a graph finds as good as all."""
NAMES = 10


def checks(evaluation: Evaluation) -> str:
    """As a list."""
    lines = [
        f'<li class="{"well" if well else "look"}"><b>{"✓" if well else "!"} {title}</b> {words}</li>'
        for well, title, words in _checks(evaluation)
    ]
    return '<ul class="checks">\n' + "\n".join(lines) + "\n</ul>"


def _checks(evaluation: Evaluation) -> Iterator[tuple[bool, str, str]]:
    yield _seen(evaluation)
    if evaluation.known_names:
        listed = ", ".join(markup.name(one, 40) for one in evaluation.known_names[:NAMES])
        more = f" and {len(evaluation.known_names) - NAMES:,} more" if len(evaluation.known_names) > NAMES else ""
        yield False, "Known names.", f"Training had classes of the same names, though not the pictures: {listed}{more}."
    yield _copies(evaluation)
    for model in evaluation.models:
        yield _collapse(evaluation, model)
    for model in evaluation.models:
        if model.ann_recall is not None:
            words = f"The graph finds {markup.percent(model.ann_recall)} of the true ten nearest (ann_recall)."
            yield model.ann_recall >= GOOD_RECALL, f"Graph of {_name(evaluation, model)}.", words
    skipped, read = len(evaluation.skipped), len(evaluation.queries.paths)
    if skipped:
        yield (
            False,
            "Skipped files.",
            f'{count(skipped, "file")} could not be read, <a href="#skipped">listed below</a>.',
        )
    else:
        yield True, "All read.", "No picture was skipped."
    if evaluation.without_match:
        alone = count(evaluation.without_match, "picture")
        yield False, "Not asked.", f"{alone} of {read:,} are no queries: nothing of their class is to be found."
    for warning in evaluation.warnings:
        yield False, "Warning.", markup.said(warning, 300)


def _name(evaluation: Evaluation, model: ModelResult) -> str:
    return markup.name(model_name(evaluation, model), 40)


def _seen(evaluation: Evaluation) -> tuple[bool, str, str]:
    seen, of = int(evaluation.model.seen.sum()), len(evaluation.model.seen)
    if not seen:
        return True, "Unseen.", "None of the pictures is among those that the model was trained on, by content."
    words = f"{seen:,} of {count(of, 'picture')} were in its training: no proof for unseen ones."
    return False, "Seen in training.", words


def _copies(evaluation: Evaluation) -> tuple[bool, str, str]:
    near = evaluation.near_duplicates
    if not near.pictures:
        return True, "No copies.", "No query has a nearly identical picture as its nearest."
    across = f", {near.across_classes:,} lie in another class" if near.across_classes else ""
    asked = count(len(evaluation.model.queries.rows), "query", "queries")
    words = (
        f"{near.pictures:,} of {asked} have a copy as the nearest ({near.exact:,} with the same content{across}): "
        "they are found by any model and flatter the figures."
    )
    return False, "Near-duplicates.", words


def _collapse(evaluation: Evaluation, model: ModelResult) -> tuple[bool, str, str]:
    one = model.collapse
    words = (
        f"Its embeddings use {one.effective_rank:.1f} of {one.dimension:,} directions (effective rank); "
        f"two pictures have a similarity of {one.mean_similarity:.2f} on average."
    )
    title = "is collapsed" if one.collapsed else "tells pictures apart"
    return not one.collapsed, f"{_name(evaluation, model)} {title}.", words
