"""Histogram loss against loops, a hand-made batch, and pytorch-metric-learning."""

from __future__ import annotations

import pytest
import torch
from pytorch_metric_learning import losses as oracle
from torch import Tensor

from imgsearch.training.losses.histogram import HistogramLoss, soft_histograms
from tests.training.losses.helpers import LABELS, batch


def naive(embeddings: Tensor, labels: list[int], bins: int) -> float:
    step = 2 / (bins - 1)
    histograms = {True: [0.0] * bins, False: [0.0] * bins}
    for i in range(len(labels)):
        for j in range(i + 1, len(labels)):
            similarity = min(1.0, max(-1.0, float(embeddings[i] @ embeddings[j])))
            for r in range(bins):
                histograms[labels[i] == labels[j]][r] += max(0.0, 1 - abs(similarity - (-1 + r * step)) / step)
    positive, negative = ([height / sum(side) for height in side] for side in (histograms[True], histograms[False]))
    return sum(negative[r] * sum(positive[: r + 1]) for r in range(bins))


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("bins", [2, 21, 100])
def test_it_equals_a_sum_over_loops(seed: int, bins: int) -> None:
    embeddings = batch(seed, torch.float64)
    expected = naive(embeddings, LABELS.tolist(), bins)
    assert HistogramLoss(bins)(embeddings, LABELS).item() == pytest.approx(expected, rel=1e-10)


@pytest.mark.filterwarnings("ignore:Using a non-tuple sequence")
@pytest.mark.parametrize("seed", range(3))
def test_it_agrees_with_pytorch_metric_learning_which_counts_the_intervals(seed: int) -> None:
    # Its triplets leave out the positive pairs of an anchor without negatives, of which this batch has none.
    embeddings = batch(seed, torch.float64)
    expected = oracle.HistogramLoss(n_bins=99)(embeddings, LABELS)
    assert HistogramLoss(bins=100)(embeddings, LABELS).item() == pytest.approx(expected.item())


def test_a_hand_made_batch_of_one_pair_and_one_stranger() -> None:
    # Five nodes, −1, −½, 0, ½, 1. S(a, p) = 0.6 gives h⁺ = 0.8 at ½ and 0.2 at 1. The negatives, 0 and 0.8, give
    # h⁻ = ½ at 0, ½·0.4 at ½ and ½·0.6 at 1. So L = ½·0 + 0.2·0.8 + 0.3·1 = 0.46.
    embeddings = torch.tensor([[1.0, 0.0], [0.6, 0.8], [0.0, 1.0]], dtype=torch.float64)
    assert HistogramLoss(bins=5)(embeddings, torch.tensor([0, 0, 1])).item() == pytest.approx(0.46, rel=1e-12)


def test_a_duplicate_pair_falls_into_the_last_bin() -> None:
    for similarity in (1.0, 1.0 + 1e-6):
        histogram = soft_histograms(torch.tensor([similarity]), torch.tensor([0]), 1, 100)
        assert histogram[0, 99].item() == 1.0 and histogram.sum().item() == 1.0


def test_an_opposite_pair_falls_into_the_first_bin() -> None:
    for similarity in (-1.0, -1.0 - 1e-6):
        histogram = soft_histograms(torch.tensor([similarity]), torch.tensor([0]), 1, 100)
        assert histogram[0, 0].item() == 1.0 and histogram.sum().item() == 1.0


def test_the_loss_is_one_where_all_are_duplicates_and_zero_where_classes_are_apart() -> None:
    labels = torch.tensor([0, 0, 1, 1])
    row = torch.tensor([[1.0, 0.0]])
    assert HistogramLoss()(row.repeat(4, 1), labels).item() == pytest.approx(1.0)
    assert HistogramLoss()(torch.cat([row, row, -row, -row]), labels).item() == 0.0
