"""Every loss against a twin with loops, its gradient, and the contract that all of them keep."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from imgsearch.registry import resolve
from imgsearch.training.losses import LOSSES
from imgsearch.training.losses.multi_similarity import MultiSimilarityLoss
from imgsearch.training.losses.normalised_softmax import NormalisedSoftmaxLoss
from imgsearch.training.miners import MINERS
from imgsearch.training.miners.multi_similarity import MultiSimilarityMiner
from imgsearch.training.pairs import Pairs, all_pairs

LABELS = torch.tensor([0, 0, 0, 1, 1, 2, 2, 2, 2, 3])


def batch(seed: int = 0, dtype: torch.dtype = torch.float32, spread: float = 1.0) -> Tensor:
    """Ten unit rows of four classes, one of them with a single picture."""
    generator = torch.Generator().manual_seed(seed)
    centres = torch.randn(4, 6, generator=generator, dtype=torch.float64)
    noise = torch.randn(len(LABELS), 6, generator=generator, dtype=torch.float64)
    return functional.normalize(centres[LABELS] + spread * noise, dim=1).to(dtype)


def naive_multi_similarity(embeddings: Tensor, pairs: Pairs, alpha: float, beta: float, base: float) -> float:
    total = 0.0
    for anchor in range(len(embeddings)):
        near = far = 0.0
        for other in range(len(embeddings)):
            similarity = float(embeddings[anchor] @ embeddings[other])
            if pairs.positive[anchor, other]:
                near += math.exp(-alpha * (similarity - base))
            if pairs.negative[anchor, other]:
                far += math.exp(beta * (similarity - base))
        total += math.log(1 + near) / alpha + math.log(1 + far) / beta
    return total / len(embeddings)


def naive_miner(embeddings: Tensor, labels: Tensor, epsilon: float) -> Pairs:
    count = len(labels)
    kept = Pairs(torch.zeros(count, count, dtype=torch.bool), torch.zeros(count, count, dtype=torch.bool))
    for anchor in range(count):
        similarity = [float(embeddings[anchor] @ embeddings[other]) for other in range(count)]
        positives = [other for other in range(count) if other != anchor and labels[other] == labels[anchor]]
        negatives = [other for other in range(count) if labels[other] != labels[anchor]]
        if not positives or not negatives:
            continue
        for other in positives:
            kept.positive[anchor, other] = similarity[other] < max(similarity[n] for n in negatives) + epsilon
        for other in negatives:
            kept.negative[anchor, other] = similarity[other] > min(similarity[p] for p in positives) - epsilon
    return kept


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("options", [{}, {"alpha": 1.0, "beta": 10.0, "base": 0.2}])
def test_multi_similarity_equals_a_sum_over_loops(seed: int, options: dict[str, float]) -> None:
    embeddings = batch(seed, torch.float64)
    loss = MultiSimilarityLoss(**options)
    for pairs in (all_pairs(LABELS), MultiSimilarityMiner()(embeddings, LABELS)):
        expected = naive_multi_similarity(embeddings, pairs, loss.alpha, loss.beta, loss.base)
        assert float(loss(embeddings, LABELS, pairs)) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("spread", [0.3, 1.0, 3.0])
def test_the_multi_similarity_miner_keeps_what_the_definition_keeps(seed: int, spread: float) -> None:
    embeddings = batch(seed, torch.float64, spread)
    kept, expected = MultiSimilarityMiner(0.1)(embeddings, LABELS), naive_miner(embeddings, LABELS, 0.1)
    assert torch.equal(kept.positive, expected.positive) and torch.equal(kept.negative, expected.negative)


def test_normalised_softmax_equals_cross_entropy_written_out() -> None:
    torch.manual_seed(0)
    loss = NormalisedSoftmaxLoss(classes=4, dimension=6, temperature=0.1).double()
    embeddings, total = batch(0, torch.float64), 0.0
    for row, label in zip(embeddings, LABELS.tolist(), strict=True):
        cosines = [float(row @ proxy / proxy.norm()) for proxy in loss.proxies.detach()]
        total -= math.log(math.exp(cosines[label] / 0.1) / sum(math.exp(cosine / 0.1) for cosine in cosines))
    assert loss(embeddings, LABELS).item() == pytest.approx(total / len(LABELS), rel=1e-12)


def test_a_hand_made_batch_of_one_pair_and_one_stranger() -> None:
    # S(a, p) = 0.6 and S(a, n) = 0, so with α = 2, β = 50, λ = 0.5 the anchor's term is
    # ½·log(1 + e^(−0.2)) + 1/50·log(1 + e^(−25)); the positive has S(p, n) = 0.8; the stranger only repels.
    embeddings = torch.tensor([[1.0, 0.0], [0.6, 0.8], [0.0, 1.0]], dtype=torch.float64)
    labels = torch.tensor([0, 0, 1])
    attraction = 0.5 * math.log(1 + math.exp(-0.2))
    apart, close = math.exp(50 * -0.5), math.exp(50 * 0.3)
    expected = (
        (attraction + math.log(1 + apart) / 50)
        + (attraction + math.log(1 + close) / 50)
        + math.log(1 + apart + close) / 50
    ) / 3
    assert float(MultiSimilarityLoss()(embeddings, labels, all_pairs(labels))) == pytest.approx(expected, rel=1e-12)


def build(name: str) -> nn.Module:
    torch.manual_seed(0)
    kind = resolve("loss", LOSSES, name)
    loss: nn.Module = kind(classes=4, dimension=6) if name == "normalised_softmax" else kind()
    return loss


def mined(loss: nn.Module, embeddings: Tensor, labels: Tensor) -> Pairs:
    pairs: Pairs = resolve("miner", MINERS, getattr(loss, "miner", None) or "all")()(embeddings.detach(), labels)
    return pairs


@pytest.mark.parametrize("name", LOSSES)
class TestEveryLoss:
    def test_its_gradient_is_the_slope(self, name: str) -> None:
        loss, embeddings = build(name).double(), batch(1, torch.float64).requires_grad_()
        pairs = mined(loss, embeddings, LABELS)

        def value(raw: Tensor) -> Tensor:
            result: Tensor = loss(functional.normalize(raw, dim=1), LABELS, pairs)
            return result

        assert torch.autograd.gradcheck(value, (embeddings,))

    def test_the_order_of_the_batch_does_not_matter(self, name: str) -> None:
        loss, embeddings = build(name), batch(2)
        order = torch.randperm(len(LABELS), generator=torch.Generator().manual_seed(0))
        straight = loss(embeddings, LABELS, mined(loss, embeddings, LABELS))
        shuffled = loss(embeddings[order], LABELS[order], mined(loss, embeddings[order], LABELS[order]))
        assert straight.item() == pytest.approx(shuffled.item(), rel=1e-5)

    def test_duplicate_pictures_give_finite_gradients(self, name: str) -> None:
        loss = build(name)
        embeddings = batch(3)[:1].repeat(len(LABELS), 1).requires_grad_()
        value = loss(embeddings, LABELS, mined(loss, embeddings, LABELS))
        value.backward()
        assert torch.isfinite(value) and embeddings.grad is not None and torch.isfinite(embeddings.grad).all()

    def test_training_on_it_brings_a_class_together(self, name: str) -> None:
        loss, points = build(name), nn.Parameter(batch(4, spread=3.0))
        optimiser = torch.optim.Adam([points, *loss.parameters()], lr=0.05)

        def gap() -> float:
            similarity = functional.normalize(points.detach(), dim=1) @ functional.normalize(points.detach(), dim=1).T
            pairs = all_pairs(LABELS)
            return float(similarity[pairs.positive].mean() - similarity[pairs.negative].mean())

        before = gap()
        for _ in range(150):
            embeddings = functional.normalize(points, dim=1)
            value = loss(embeddings, LABELS, mined(loss, embeddings, LABELS))
            optimiser.zero_grad()
            value.backward()
            optimiser.step()
        assert gap() > before + 0.15


@pytest.mark.parametrize("labels", [[0, 0, 0, 0], [0, 1, 2, 3]], ids=["one class", "nobody has a partner"])
def test_without_a_valid_pair_multi_similarity_is_exactly_zero_and_still_has_a_graph(labels: list[int]) -> None:
    loss, embeddings = build("multi_similarity"), batch(0)[:4].requires_grad_()
    value = loss(embeddings, torch.tensor(labels), mined(loss, embeddings, torch.tensor(labels)))
    value.backward()
    assert value.item() == 0.0
    assert embeddings.grad is not None and not embeddings.grad.any()


def test_a_similarity_of_one_does_not_overflow_in_half_precision() -> None:
    embeddings = batch(0)[:1].repeat(4, 1).bfloat16()
    labels = torch.tensor([0, 0, 1, 1])
    assert torch.isfinite(MultiSimilarityLoss()(embeddings, labels, all_pairs(labels)))
