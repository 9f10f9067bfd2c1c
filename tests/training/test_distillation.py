"""Learning how alike a teacher finds the pictures of a batch."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from imgsearch.training.config import TrainingConfig
from imgsearch.training.device import autocast
from imgsearch.training.distillation import Teacher, distillation
from imgsearch.training.embedder import new_embedder
from imgsearch.training.run import Run
from imgsearch.training.trainer import train
from imgsearch.training.validation import embed_dataset
from tests.training.helpers import striped

TEMPERATURE = 0.2


def rows(count: int, dimension: int, seed: int = 0) -> Tensor:
    return torch.randn(count, dimension, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def naive(embeddings: list[list[float]], taught: list[list[float]], temperature: float) -> float:
    """Written with loops."""

    def cosine(one: list[float], other: list[float]) -> float:
        dot = sum(a * b for a, b in zip(one, other, strict=True))
        return dot / math.sqrt(sum(a * a for a in one) * sum(b * b for b in other))

    total = 0.0
    for i in range(len(embeddings)):
        others = [j for j in range(len(embeddings)) if j != i]
        shares = []
        for points in (taught, embeddings):
            weights = [math.exp(cosine(points[i], points[j]) / temperature) for j in others]
            shares.append([weight / sum(weights) for weight in weights])
        total += sum(p * math.log(p / q) for p, q in zip(*shares, strict=True))
    return total / len(embeddings)


@pytest.mark.parametrize("count", [3, 7])
def test_it_equals_the_naive_twin_whatever_the_two_dimensions(count: int) -> None:
    embeddings, taught = rows(count, 4), rows(count, 9, seed=1)
    expected = naive(embeddings.tolist(), taught.tolist(), TEMPERATURE)
    assert float(distillation(embeddings, taught, TEMPERATURE)) == pytest.approx(expected, rel=1e-9)


def test_a_student_that_agrees_loses_nothing_however_it_is_turned_or_scaled() -> None:
    taught = rows(6, 5)
    turned = 3 * taught @ torch.linalg.qr(rows(5, 5, seed=2))[0]
    assert float(distillation(turned, taught, TEMPERATURE)) == pytest.approx(0, abs=1e-12)
    assert float(distillation(rows(6, 5, seed=3), taught, TEMPERATURE)) > 0.01


def test_the_order_of_the_pictures_does_not_matter() -> None:
    embeddings, taught, order = rows(6, 4), rows(6, 4, seed=1), torch.tensor([3, 0, 5, 1, 4, 2])
    shuffled = distillation(embeddings[order], taught[order], TEMPERATURE)
    assert float(shuffled) == pytest.approx(float(distillation(embeddings, taught, TEMPERATURE)))


def test_its_gradient_is_right_and_finite_for_duplicates_and_nothing() -> None:
    embeddings, taught = rows(5, 3).requires_grad_(), rows(5, 3, seed=1)
    assert torch.autograd.gradcheck(lambda given: distillation(given, taught, TEMPERATURE), (embeddings,))
    same = torch.cat([torch.zeros(2, 3), torch.ones(3, 3)]).requires_grad_()
    torch.autograd.backward(distillation(same, taught, TEMPERATURE))
    assert same.grad is not None and torch.isfinite(same.grad).all()


@pytest.mark.parametrize("count", [1, 2])
def test_one_or_two_pictures_say_nothing(count: int) -> None:
    embeddings = rows(count, 3).requires_grad_()
    value = distillation(embeddings, rows(count, 3, seed=1), TEMPERATURE)
    torch.autograd.backward(value)
    assert float(value.detach()) == 0 and embeddings.grad is not None and not embeddings.grad.any()


def test_half_precision_is_as_good_as_its_inputs() -> None:
    embeddings, taught = rows(6, 8).bfloat16(), rows(6, 8, seed=1).bfloat16()
    expected = distillation(embeddings.double(), taught.double(), TEMPERATURE)
    assert float(distillation(embeddings, taught, TEMPERATURE)) == pytest.approx(float(expected), rel=1e-4)


def test_a_teacher_embeds_as_it_always_does_and_learns_nothing() -> None:
    network = new_embedder("conv4", seed=3)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    data = striped(4)
    views = torch.from_numpy(data.pictures[:8]).permute(0, 3, 1, 2).float()
    taught = Teacher(network, torch.device("cpu")).embed(views)
    with autocast(torch.device("cpu")), torch.no_grad():
        expected = network.eval().embed(views)
    assert torch.equal(taught, expected) and not taught.requires_grad
    config = TrainingConfig(image_size=32, epochs=1, rounds=1, classes_per_batch=4, images_per_class=4)
    train(Run(new_embedder("conv4"), data, config, teacher=network))
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())


def test_a_student_comes_to_find_alike_what_its_teacher_does() -> None:
    """An untrained teacher finds alike what no label says: only a student that is taught comes to do so, too."""
    data = striped(4, each=16)
    teacher = new_embedder("conv4", seed=3)
    config = TrainingConfig(
        image_size=32, epochs=4, rounds=1, classes_per_batch=4, images_per_class=4, teacher_weight=5
    )
    apart = {}
    for taught in (False, True):
        run = Run(new_embedder("conv4", seed=1), data, config, teacher=teacher if taught else None)
        train(run)
        student, theirs = (torch.from_numpy(embed_dataset(it, data, 32)) for it in (run.result(), teacher))
        apart[taught] = float(distillation(student, theirs, 0.1))
    assert apart[True] < apart[False] / 2
