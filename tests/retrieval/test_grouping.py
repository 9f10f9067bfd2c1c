"""Groups whose members are all like the first one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from imgsearch.retrieval.grouping import star_groups


def never(first: int, others: Sequence[int]) -> list[bool]:
    return [False] * len(others)


def always(first: int, others: Sequence[int]) -> list[bool]:
    return [True] * len(others)


def test_pairs_that_hang_together_are_one_group_if_all_are_like_the_first() -> None:
    assert star_groups([(3, 1), (1, 2), (5, 4)], never) == [[1, 2, 3], [4, 5]]
    assert star_groups([(1, 2), (2, 3), (3, 4)], always) == [[1, 2, 3, 4]]
    assert star_groups([], never) == []


def test_a_chain_is_cut_where_its_end_is_not_like_its_beginning() -> None:
    assert star_groups([(1, 2), (2, 3)], never) == [[1, 2]]
    assert star_groups([(1, 2), (2, 3), (3, 4)], never) == [[1, 2], [3, 4]]
    assert star_groups([(1, 9), (9, 2), (2, 3), (3, 4), (4, 2)], never) == [[1, 9], [2, 3, 4]]


def test_groups_of_points_on_a_line_hold_what_they_promise() -> None:
    chance = np.random.default_rng(0)
    for _ in range(50):
        points = chance.uniform(0, 10, 30)

        def like(one: int, other: int, points: np.ndarray = points) -> bool:
            return bool(abs(points[one] - points[other]) < 0.3)

        def alike(first: int, others: Sequence[int]) -> list[bool]:
            return [like(first, other) for other in others]

        pairs = [(i, j) for i in range(30) for j in range(i) if like(i, j)]
        known = [pair for pair in pairs if chance.random() < 0.7]  # candidates miss some
        groups = star_groups(known, alike)
        members = [number for group in groups for number in group]
        assert len(members) == len(set(members)) and members
        assert all(len(group) > 1 and group[0] == min(group) for group in groups)
        assert all(like(group[0], other) for group in groups for other in group[1:])
        alone = {number for pair in known for number in pair} - set(members)
        assert not [pair for pair in known if set(pair) <= alone]  # what is left over has no copy left over
