"""Groups of pairs that were found alike, so that every member is alike to the group's first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence


def star_groups(
    pairs: Iterable[tuple[int, int]], alike: Callable[[int, Sequence[int]], Sequence[bool]]
) -> list[list[int]]:
    """Groups of two and more of the numbers in `pairs`, each number in one at most; the least of a group comes first.

    Where A is like B, and B is like C, C need not be like A. So of all that hang together by pairs, the least leads a
    group of those that are like it; what is left is grouped in the same way, by the pairs among it.

    Args:
        pairs: numbers that were found alike.
        alike: says of one number which of some others are like it; asked only of those that no pair joins to it.
    """
    neighbours: dict[int, set[int]] = {}
    for one, other in pairs:
        neighbours.setdefault(one, set()).add(other)
        neighbours.setdefault(other, set()).add(one)
    groups: list[list[int]] = []
    waiting = _components(set(neighbours), neighbours)
    while waiting:
        first, *rest = sorted(waiting.pop())
        unknown = [number for number in rest if number not in neighbours[first]]
        answers = alike(first, unknown) if unknown else []
        like = {number for number, yes in zip(unknown, answers, strict=True) if yes} | (neighbours[first] & set(rest))
        if like:
            groups.append([first, *sorted(like)])
        waiting.extend(_components(set(rest) - like, neighbours))
    return sorted(groups)


def _components(numbers: set[int], neighbours: dict[int, set[int]]) -> list[set[int]]:
    found = []
    while numbers:
        component: set[int] = set()
        edge = {numbers.pop()}
        while edge:
            component |= edge
            edge = set().union(*(neighbours[number] for number in edge)) & numbers
            numbers -= edge
        if len(component) > 1:
            found.append(component)
    return found
