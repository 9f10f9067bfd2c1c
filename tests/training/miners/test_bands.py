"""Easy, semi-hard and hard negatives against loops and pytorch-metric-learning."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest
import torch
from pytorch_metric_learning import distances, miners
from torch import Tensor

from imgsearch.training.miners.bands import BandMiner, EasyMiner, HardMiner, SemiHardMiner
from imgsearch.training.tuples import Triplets
from tests.training.losses.helpers import LABELS, batch

MARGIN = 0.2
BANDS: dict[str, tuple[BandMiner, Callable[[float, float], bool]]] = {
    "easy": (EasyMiner(), lambda ap, an: an >= ap + MARGIN),
    "semihard": (SemiHardMiner(fallback=False), lambda ap, an: ap < an < ap + MARGIN),
    "hard": (HardMiner(), lambda ap, an: an < ap),
}


def rows(triplets: Triplets) -> list[tuple[int, int, int]]:
    anchor, positive, negative = (part.tolist() for part in triplets)
    return list(zip(anchor, positive, negative, strict=True))


def negatives(embeddings: Tensor, lies_in: Callable[[float, float], bool]) -> dict[tuple[int, int], set[int]]:
    """Which negatives each (anchor, positive) may be given."""

    def square(first: int, second: int) -> float:
        return float((embeddings[first] - embeddings[second]).square().sum())

    everyone = range(len(LABELS))
    return {
        (a, p): {n for n in everyone if LABELS[n] != LABELS[a] and lies_in(square(a, p), square(a, n))}
        for a in everyone
        for p in everyone
        if a != p and LABELS[a] == LABELS[p]
    }


@pytest.mark.parametrize("name", BANDS)
@pytest.mark.parametrize("seed", range(5))
def test_every_pair_with_a_negative_in_the_band_is_given_one_and_the_others_none(name: str, seed: int) -> None:
    miner, lies_in = BANDS[name]
    embeddings = batch(seed, torch.float64)
    allowed = negatives(embeddings, lies_in)
    found = rows(miner(embeddings, LABELS))
    assert [(a, p) for a, p, _ in found] == [pair for pair, choice in allowed.items() if choice]
    assert all(n in allowed[a, p] for a, p, n in found)


@pytest.mark.parametrize("name", BANDS)
def test_all_that_pytorch_metric_learning_finds_come_up_equally_often_and_nothing_else(name: str) -> None:
    embeddings = batch(1, torch.float64)
    oracle = miners.TripletMarginMiner(MARGIN, type_of_triplets=name, distance=distances.LpDistance(power=2))
    expected = rows(Triplets(*oracle(embeddings, LABELS)))
    torch.manual_seed(0)
    seen = Counter(triplet for _ in range(300) for triplet in rows(BANDS[name][0](embeddings, LABELS)))
    assert set(seen) == set(expected) and seen
    choices = Counter((a, p) for a, p, _ in expected)
    for (a, p, _), times in seen.items():
        assert times * choices[a, p] == pytest.approx(300, rel=0.5)


def on_a_line(positions: list[float]) -> Tensor:
    return torch.tensor(positions, dtype=torch.float64)[:, None]


def test_semi_hard_draws_from_its_band_while_there_is_something_in_it() -> None:
    # D²ap = 0.25; of the squares 0.36, 0.4225 and 4 the first two lie below 0.45.
    embeddings = on_a_line([0.0, 0.5, -0.6, -0.65, -2.0])
    torch.manual_seed(0)
    labels = torch.tensor([0, 0, 1, 1, 1])
    seen = {n for _ in range(50) for a, p, n in rows(SemiHardMiner()(embeddings, labels)) if (a, p) == (0, 1)}
    assert seen == {2, 3}


@pytest.mark.parametrize(
    ("strangers", "taken"),
    [([-0.2, -0.9, -1.5], 3), ([-0.9, -0.7, -1.5], 3), ([-0.1, -0.3, -0.2], 3)],
    ids=["some are nearer and none in the band", "all lie beyond the band", "all are nearer"],
)
def test_where_the_band_is_empty_semi_hard_takes_the_nearest_beyond_the_positive_or_else_the_farthest(
    strangers: list[float], taken: int
) -> None:
    embeddings, labels = on_a_line([0.0, 0.5, *strangers]), torch.tensor([0, 0, 1, 1, 1])
    assert (0, 1, taken) in rows(SemiHardMiner()(embeddings, labels))
    assert (0, 1) not in [(a, p) for a, p, _ in rows(SemiHardMiner(fallback=False)(embeddings, labels))]


@pytest.mark.parametrize("seed", range(5))
def test_with_the_fallback_no_positive_pair_starves(seed: int) -> None:
    embeddings = batch(seed, torch.float64, spread=3.0)
    found = rows(SemiHardMiner(margin=1e-3)(embeddings, LABELS))
    assert [(a, p) for a, p, _ in found] == list(negatives(embeddings, lambda *_: True))


def test_embeddings_that_are_no_numbers_have_no_negatives() -> None:
    for miner in (EasyMiner(), SemiHardMiner(), HardMiner()):
        assert rows(miner(torch.full((10, 6), float("nan")), LABELS)) == []
