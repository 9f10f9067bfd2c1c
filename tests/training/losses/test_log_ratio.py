"""Log-ratio loss against the triple loop that its closed form replaces, and a hand-made batch."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from imgsearch.training.losses.log_ratio import LogRatioLoss
from imgsearch.training.tuples import Pairs, all_pairs
from tests.training.losses.helpers import LABELS, batch

VALUES = torch.tensor([0.1, 0.7, 0.2, 0.9, 0.35, 0.6, 0.5, 0.05, 0.8, 0.2], dtype=torch.float64)
"""The third and the last are equal."""


def naive(rows: Tensor, values: Tensor, pairs: Pairs, squared: bool) -> float:
    terms, count = [], len(rows)
    for a in range(count):
        for i in range(count):
            for j in range(i + 1, count):
                kept = all(pairs.positive[a, k] or pairs.negative[a, k] for k in (i, j))
                if not kept or values[a] == values[i] or values[a] == values[j]:
                    continue
                distance = [float((rows[a] - rows[k]).norm()) ** (2 if squared else 1) for k in (i, j)]
                label = [abs(float(values[a] - values[k])) for k in (i, j)]
                terms.append((math.log(distance[0] / distance[1]) - math.log(label[0] / label[1])) ** 2)
    return sum(terms) / len(terms)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("squared", [True, False])
def test_its_closed_form_equals_the_loop_over_all_triples(seed: int, squared: bool) -> None:
    rows, everything = batch(seed, torch.float64, length=None), all_pairs(LABELS)
    for pairs in (everything, Pairs(everything.positive, torch.zeros_like(everything.negative))):
        value = LogRatioLoss(squared)(rows, LABELS, pairs, value=VALUES)
        assert value.item() == pytest.approx(naive(rows, VALUES, pairs, squared), rel=1e-10)


def test_a_hand_made_batch() -> None:
    # Points 0, 1, 4 with values 0, 1, 2. Squared distances: 0–1: 1, 0–2: 16, 1–2: 9; label distances 1, 2, 1.
    # Anchor 0: log(1/16) − log(1/2) = −log 8; anchor 1: log(1/9) − log(1/1) = −log 9;
    # anchor 2: log(16/9) − log(2/1) = log(8/9). The mean of the three squares.
    rows, values = torch.tensor([[0.0], [1.0], [4.0]], dtype=torch.float64), torch.tensor([0, 1, 2])
    labels = torch.tensor([0, 1, 2])
    expected = (math.log(8) ** 2 + math.log(9) ** 2 + math.log(8 / 9) ** 2) / 3
    assert LogRatioLoss()(rows, labels, all_pairs(labels), value=values).item() == pytest.approx(expected)


@pytest.mark.parametrize(("squared", "power"), [(False, 1.0), (True, 0.5)])
def test_it_is_zero_where_distances_are_proportional_to_values(squared: bool, power: float) -> None:
    # On a line with the values as places, D ∝ Y; with D² ∝ Y three places suffice: a right angle has D² = 1, 1, 2.
    rows = torch.tensor([[1.0, 0.0], [0.0, 0.0], [0.0, 1.0]]) if squared else torch.tensor([[0.0], [3.0], [6.0]])
    labels, values = torch.tensor([0, 1, 2]), torch.tensor([1.0, 2.0, 3.0])
    assert LogRatioLoss(squared)(rows, labels, all_pairs(labels), value=values).item() == pytest.approx(0, abs=1e-10)


def test_equal_values_have_no_ratio_even_when_rounding_parts_them() -> None:
    labels, rows = torch.arange(4), batch(0, torch.float64, length=None)[:4]
    pairs = all_pairs(labels)
    exact, rounded = (torch.tensor([third, 0.3, 0.9, 0.5], dtype=torch.float64) for third in (0.3, 0.1 + 0.2))
    assert rounded[0] != rounded[1]
    values = [LogRatioLoss()(rows, labels, pairs, value=value).item() for value in (exact, rounded)]
    assert values[0] == pytest.approx(values[1])
    same = LogRatioLoss()(rows.requires_grad_(), labels, pairs, value=torch.ones(4))
    assert same.item() == 0.0 and same.requires_grad


def test_neither_the_scale_of_the_embeddings_nor_that_of_the_values_matters() -> None:
    rows, pairs = batch(1, torch.float64, length=None), all_pairs(LABELS)
    plain = LogRatioLoss()(rows, LABELS, pairs, value=VALUES).item()
    assert LogRatioLoss()(30 * rows, LABELS, pairs, value=1e4 * VALUES).item() == pytest.approx(plain)
