"""What every loss keeps, whichever it is: a new line in the registry is tested here from then on."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from imgsearch.training.losses import LOSSES
from imgsearch.training.miners import MINERS
from imgsearch.training.samplers import SAMPLERS
from imgsearch.training.tuples import all_pairs
from tests.training.losses.helpers import LABELS, batch, build, inputs, mined, permuted, value_of, without_tuples

HELD_FIXED = {"quadruplet": {"adaptive": False}}
"""Options that hold fixed what a loss detaches although it moves with the batch."""

CLASS_LABELS = [name for name in LOSSES if not build(name).inputs]
"""Losses that need no supervision but class labels."""


def raw_or_unit(name: str, seed: int, dtype: torch.dtype = torch.float32) -> Tensor:
    return batch(seed, dtype, length=1.0 if build(name).normalised else None)


@pytest.mark.parametrize("name", LOSSES)
class TestEveryLoss:
    def test_it_names_a_miner_and_a_sampler_that_there_are(self, name: str) -> None:
        loss = build(name)
        assert loss.sampler in SAMPLERS
        assert (loss.miner is None) == (loss.kind is None)
        assert loss.miner is None or loss.miner in MINERS

    def test_its_gradient_is_the_slope(self, name: str) -> None:
        loss = build(name, **HELD_FIXED.get(name, {})).double()
        embeddings = raw_or_unit(name, 1, torch.float64).requires_grad_()
        tuples = mined(loss, embeddings, LABELS)

        def value(raw: Tensor) -> Tensor:
            rows = functional.normalize(raw, dim=1) if loss.normalised else raw
            result: Tensor = loss(rows, LABELS, tuples, **inputs(loss, LABELS))
            return result

        assert torch.autograd.gradcheck(value, (embeddings,))

    def test_the_order_of_the_batch_does_not_matter(self, name: str) -> None:
        loss, embeddings = build(name), raw_or_unit(name, 2)
        order = torch.randperm(len(LABELS), generator=torch.Generator().manual_seed(0))
        tuples, columns = mined(loss, embeddings, LABELS), inputs(loss, LABELS)
        straight = loss(embeddings, LABELS, tuples, **columns)
        reordered = {key: column[order] for key, column in columns.items()}
        shuffled = loss(embeddings[order], LABELS[order], permuted(tuples, order), **reordered)
        assert straight.item() == pytest.approx(shuffled.item(), rel=1e-5, abs=1e-7)

    def test_duplicate_pictures_give_finite_gradients(self, name: str) -> None:
        embeddings = raw_or_unit(name, 3)[:1].repeat(len(LABELS), 1).requires_grad_()
        self.finite(name, embeddings, LABELS)

    @pytest.mark.parametrize(
        "labels", [[0, 0, 0, 0], [0, 1, 2, 3], [0, 0, 1, 2], [2]], ids=["one", "lone", "some lone", "one picture"]
    )
    def test_odd_batches_give_a_finite_value_with_a_gradient_graph(self, name: str, labels: list[int]) -> None:
        self.finite(name, raw_or_unit(name, 4)[: len(labels)].requires_grad_(), torch.tensor(labels))

    def finite(self, name: str, embeddings: Tensor, labels: Tensor) -> None:
        value = value_of(build(name), embeddings, labels)
        torch.autograd.backward(value)
        assert value.shape == () and torch.isfinite(value)
        assert embeddings.grad is not None and torch.isfinite(embeddings.grad).all()

    @pytest.mark.parametrize("labels", [LABELS.tolist(), [0, 1, 2, 3]])
    def test_without_a_valid_tuple_it_is_exactly_zero_and_still_has_a_gradient_graph(
        self, name: str, labels: list[int]
    ) -> None:
        loss = build(name)
        if loss.kind is None and (labels == LABELS.tolist() or list(loss.parameters())):
            pytest.skip("it looks at the whole batch, or at proxies, and finds something to compare")
        embeddings = raw_or_unit(name, 0)[: len(labels)].requires_grad_()
        tuples = without_tuples(loss, len(labels))
        value = loss(embeddings, torch.tensor(labels), tuples, **inputs(loss, torch.tensor(labels)))
        torch.autograd.backward(value)
        assert value.item() == 0.0
        assert embeddings.grad is not None and not embeddings.grad.any()

    @pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
    def test_half_precision_is_computed_in_single(self, name: str, dtype: torch.dtype) -> None:
        loss, embeddings = build(name), raw_or_unit(name, 5).to(dtype)
        tuples, columns = mined(loss, embeddings.float(), LABELS), inputs(loss, LABELS)
        value = loss(embeddings, LABELS, tuples, **columns)
        assert value.dtype == torch.float32
        assert value.item() == pytest.approx(loss(embeddings.float(), LABELS, tuples, **columns).item(), rel=1e-6)

    def test_a_pool_once_a_run_leaves_its_state_in_a_state_dict_of_fixed_shapes(self, name: str) -> None:
        loss = build(name)
        if not loss.wants_pool:
            pytest.skip("it looks at no pool")
        before = {key: value.shape for key, value in loss.state_dict().items()}
        loss.refresh(raw_or_unit(name, 6), LABELS)
        after = loss.state_dict()
        assert {key: value.shape for key, value in after.items()} == before
        again = build(name)
        again.load_state_dict(after)
        assert value_of(again, raw_or_unit(name, 7)).item() == value_of(loss, raw_or_unit(name, 7)).item()


@pytest.mark.parametrize("name", CLASS_LABELS)
def test_training_on_it_brings_a_class_together(name: str) -> None:
    loss, points = build(name), nn.Parameter(batch(4, spread=3.0))
    optimiser = torch.optim.Adam([points, *loss.parameters()], lr=0.05)

    def gap() -> float:
        rows = functional.normalize(points.detach(), dim=1)
        similarity, pairs = rows @ rows.T, all_pairs(LABELS)
        return float(similarity[pairs.positive].mean() - similarity[pairs.negative].mean())

    before = gap()
    for _ in range(150):
        value = value_of(loss, functional.normalize(points, dim=1) if loss.normalised else points)
        optimiser.zero_grad()
        torch.autograd.backward(value)
        optimiser.step()
    assert gap() > before + 0.15
