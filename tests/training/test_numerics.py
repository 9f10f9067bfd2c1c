"""Distances and means that stay finite."""

from __future__ import annotations

import torch

from imgsearch.training.numerics import at_least_single, distances, mean_of_positive, squared_distances


def test_squared_distances_are_those_of_the_definition_between_two_sets_or_within_one() -> None:
    first, second = torch.randn(5, 3, dtype=torch.float64), torch.randn(4, 3, dtype=torch.float64)
    expected = torch.stack([torch.stack([((a - b) ** 2).sum() for b in second]) for a in first])
    assert torch.allclose(squared_distances(first, second), expected)
    assert torch.allclose(distances(first, second), expected.sqrt())
    assert torch.allclose(squared_distances(first), squared_distances(first, first))


def test_the_distance_of_duplicates_has_a_finite_gradient() -> None:
    points = torch.ones(3, 2, requires_grad=True)
    torch.autograd.backward(distances(points).sum())
    assert points.grad is not None and torch.isfinite(points.grad).all()


def test_the_mean_counts_only_what_is_above_zero_and_is_zero_with_a_graph_without_any() -> None:
    assert mean_of_positive(torch.tensor([0.0, 2.0, 4.0])).item() == 3.0
    for nothing in (torch.zeros(3, requires_grad=True), torch.zeros(0, requires_grad=True)):
        value = mean_of_positive(nothing)
        torch.autograd.backward(value)
        assert value.item() == 0.0


def test_half_precision_becomes_single_and_double_stays() -> None:
    assert at_least_single(torch.zeros(1, dtype=torch.bfloat16)).dtype == torch.float32
    assert at_least_single(torch.zeros(1, dtype=torch.float64)).dtype == torch.float64
