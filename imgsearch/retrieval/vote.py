"""k-nearest-neighbour classification: the neighbours vote, each by its similarity."""

from __future__ import annotations

from collections.abc import Sequence


def vote(classes: Sequence[str], similarities: Sequence[float]) -> list[tuple[str, float]]:
    """The classes of the nearest neighbours, best first, each with its share of the votes; the shares sum to 1.

    A neighbour's vote weighs its similarity, a negative one nothing; where all weigh nothing, all weigh the same. Of
    equal shares, the class of the nearer neighbour comes first.
    """
    weights = [max(0.0, similarity) for similarity in similarities]
    if not any(weights):
        weights = [1.0] * len(weights)
    total = sum(weights)
    votes: dict[str, float] = {}  # in the order of the first neighbour of each
    for name, weight in zip(classes, weights, strict=True):
        votes[name] = votes.get(name, 0.0) + weight
    return [(name, weight / total) for name, weight in sorted(votes.items(), key=lambda item: -item[1])]
