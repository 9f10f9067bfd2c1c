"""What makes figures doubtful, in a line each."""

from __future__ import annotations

from collections.abc import Iterator

from imgsearch.errors import printable
from imgsearch.workflows.evaluation.result import Evaluation, NearDuplicates

_NAMED = 3


def doubts(evaluation: Evaluation) -> Iterator[str]:
    """A line for each reason to trust the figures less."""
    total = len(evaluation.queries.paths)
    for result in evaluation.models:
        if seen := int(result.seen.sum()):
            those = f"{seen:,} of {_pictures(total)} were in the training data of {printable(result.name)}"
            rest = "the others are measured apart as unseen" if result.unseen_figures else "no proof for unseen ones"
            yield f"{those}: {rest}"
        if result.collapse.collapsed:
            yield f"{printable(result.name)} has {result.collapse.verdict}; train it again, by another loss or miner"
    if names := evaluation.known_names:
        some = ", ".join(printable(name) for name in names[:_NAMED]) + (", …" if len(names) > _NAMED else "")
        classes = f"{len(names):,} classes are" if len(names) > 1 else "1 class is"
        trained = f"{printable(evaluation.model.name)} was trained on classes of the same name"
        yield f"{classes} perhaps not unseen, as {trained} ({some})"
    yield from _copies(evaluation.near_duplicates, total, across=evaluation.gallery is not evaluation.queries)


def _copies(found: NearDuplicates, total: int, *, across: bool) -> Iterator[str]:
    if found.pictures:
        where = "in the gallery" if across else "among the others"
        exact = f", {found.exact:,} of the same content" if found.exact else ""
        others = f", {found.across_classes:,} in another class" if found.across_classes else ""
        query, copy = found.examples[0]
        first = f"{printable(query)} and {printable(copy)}"
        yield f"{found.pictures:,} of {_pictures(total)} have a copy {where}{exact}{others}, the first: {first}"
    if found.left_out:
        yield f"{found.left_out:,} of {_pictures(total)} have a copy among the classes that --split leaves out"


def _pictures(number: int) -> str:
    return f"{number:,} picture" + ("s" if number != 1 else "")
