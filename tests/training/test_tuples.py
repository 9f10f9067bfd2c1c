"""Pairs, triplets and quadruplets of a batch, and the ways from one to the other."""

from __future__ import annotations

import itertools

import torch

from imgsearch.training.tuples import Pairs, Quadruplets, Triplets, all_pairs, convert, draw

LABELS = torch.tensor([0, 0, 1, 1, 1, 2])


def rows(tuples: Triplets | Quadruplets) -> set[tuple[int, ...]]:
    return set(zip(*(part.tolist() for part in tuples), strict=True))


def test_all_pairs_are_those_of_one_class_and_of_two_never_a_picture_with_itself() -> None:
    pairs = all_pairs(LABELS)
    for first, second in itertools.product(range(6), repeat=2):
        same = bool(LABELS[first] == LABELS[second])
        assert bool(pairs.positive[first, second]) == (same and first != second)
        assert bool(pairs.negative[first, second]) == (not same)


def test_pairs_become_every_triplet_that_can_be_made_of_them() -> None:
    triplets = convert(all_pairs(LABELS), Triplets, LABELS)
    expected = {
        (a, p, n)
        for a, p, n in itertools.product(range(6), repeat=3)
        if a != p and LABELS[a] == LABELS[p] and LABELS[a] != LABELS[n]
    }
    assert isinstance(triplets, Triplets) and rows(triplets) == expected
    assert len(triplets.anchor) == len(expected)


def test_triplets_become_the_pairs_in_them() -> None:
    triplets = Triplets(torch.tensor([0, 2]), torch.tensor([1, 3]), torch.tensor([2, 5]))
    pairs = convert(triplets, Pairs, LABELS)
    assert isinstance(pairs, Pairs)
    assert pairs.positive.nonzero().tolist() == [[0, 1], [2, 3]]
    assert pairs.negative.nonzero().tolist() == [[0, 2], [2, 5]]


def test_quadruplets_are_completed_from_third_classes_and_left_out_where_there_is_none() -> None:
    seen: set[int] = set()
    for seed in range(30):
        torch.manual_seed(seed)
        found = convert(all_pairs(LABELS), Quadruplets, LABELS)
        assert isinstance(found, Quadruplets)
        assert all(len({int(LABELS[a]), int(LABELS[n]), int(LABELS[o])}) == 3 for a, _, n, o in rows(found))
        seen |= {o for a, _, n, o in rows(found) if (a, n) == (0, 5)}
    assert seen == {2, 3, 4}  # all of the third class come up
    two_classes = LABELS[:5]
    assert len(convert(all_pairs(two_classes), Quadruplets, two_classes)[0]) == 0


def test_what_is_of_the_kind_already_stays_as_it_is() -> None:
    pairs = all_pairs(LABELS)
    assert convert(pairs, Pairs, LABELS) is pairs


def test_drawing_takes_each_column_of_a_mask_equally_often_and_says_where_there_is_none() -> None:
    torch.manual_seed(0)
    mask = torch.tensor([[True, False, True, True]]).repeat(3000, 1)
    counts = torch.bincount(draw(mask), minlength=4)
    assert counts[1] == 0 and (counts[[0, 2, 3]] > 900).all()
    assert draw(torch.zeros(2, 3, dtype=torch.bool)).tolist() == [-1, -1]
