from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from imgsearch.metric.pairs import Pairs
from imgsearch.metric.rca import fit
from imgsearch.metric.recipe import Fits
from imgsearch.retrieval import evaluate
from imgsearch.training.config import TrainingConfig
from imgsearch.training.dataset import Dataset
from imgsearch.training.embedder import Embedder, new_embedder
from imgsearch.training.ending import best_ending
from imgsearch.training.fold import restaged
from imgsearch.training.validation import embed_dataset, validate


def pictures_of(classes: range, each: int, seed: int) -> Dataset:
    """Patterns, one a class, under a colour cast that is drawn for every picture and says nothing of its class."""
    rng = np.random.default_rng(seed)
    patterns = np.stack([np.random.default_rng(number).integers(60, 200, (8, 8, 1)) for number in classes])
    labels = np.repeat(np.arange(len(classes)), each)
    cast = rng.integers(-50, 50, (len(labels), 1, 1, 3))
    small: NDArray[np.uint8] = (patterns[labels] + cast + rng.integers(-10, 10, (len(labels), 8, 8, 1))).astype(
        np.uint8
    )
    large = small.repeat(4, axis=1).repeat(4, axis=2)
    hashes = tuple(f"{number:016d}".encode() for number in range(len(labels)))
    return Dataset(large, labels, tuple(str(number) for number in classes), hashes, ())


SEEN, UNSEEN = pictures_of(range(20), 8, 0), pictures_of(range(20, 30), 6, 1)
UPRIGHT = TrainingConfig(quarter_turns=False)


@pytest.fixture
def fitted(monkeypatch: pytest.MonkeyPatch) -> list[NDArray[np.integer]]:
    """The labels that metrics are fitted on, in the order in which that happens."""
    labels_seen: list[NDArray[np.integer]] = []

    class Watched(Fits):
        def __init__(self, embeddings: NDArray[np.floating], labels: NDArray[np.integer]) -> None:
            labels_seen.append(labels)
            super().__init__(embeddings, labels)

    monkeypatch.setattr("imgsearch.training.ending.Fits", Watched)
    return labels_seen


def two_stages(plain: Embedder) -> Embedder:
    stages = Embedder("small", stages=2)
    stages.backbone.load_state_dict(plain.backbone.state_dict())
    return stages


def shown(turned: bool, mirrored: bool) -> list[Dataset]:
    """What is seen as it is, or as all its variants."""
    pictures = [np.rot90(SEEN.pictures, turn, axes=(1, 2)) for turn in range(4 if turned else 1)]
    pictures += [picture[:, :, ::-1] for picture in pictures] if mirrored else []
    return [replace(SEEN, pictures=picture) for picture in pictures]


def whitening(
    plain: Embedder, taught: list[Dataset], strength: float
) -> Callable[[NDArray[np.floating]], NDArray[np.float64]]:
    """Relevant component analysis of what was taught, each variant as classes of their own."""
    seen = np.concatenate([embed_dataset(two_stages(plain), data, 32).astype(np.float64) for data in taught])
    labels = np.concatenate([SEEN.labels + 100 * number for number in range(len(taught))])
    values, vectors = np.linalg.eigh(fit(seen, labels).matrix)
    return lambda rows: (rows - seen.mean(axis=0)) @ (vectors * values**strength) @ vectors.T


def test_an_end_that_finds_unseen_classes_better_is_taken_and_both_figures_are_kept() -> None:
    plain = new_embedder("small", seed=0)
    ending = best_ending(plain, SEEN, UNSEEN, 32, UPRIGHT)
    assert ending.plain is not None and ending.quality["map_at_r"] > ending.plain["map_at_r"]
    assert ending.plain["map_at_r"] == validate(plain, UNSEEN, 32)["map_at_r"]
    assert ending.quality["map_at_r"] == validate(ending.embedder, UNSEEN, 32)["map_at_r"]
    again = Embedder(**ending.embedder.architecture)
    again.load_state_dict(ending.embedder.state_dict())
    np.testing.assert_array_equal(embed_dataset(again, UNSEEN, 32), embed_dataset(ending.embedder, UNSEEN, 32))


@pytest.mark.parametrize("turns", [False, True])
@pytest.mark.parametrize("drawn", [False, True])
def test_it_is_relevant_component_analysis_on_two_stages_of_drawings_as_they_were_taught_and_photographs_upright(
    monkeypatch: pytest.MonkeyPatch, turns: bool, drawn: bool
) -> None:
    # A processor that multiplies bfloat16 would round what is compared here.
    monkeypatch.setattr("imgsearch.training.device.half_precision", lambda _: False)
    monkeypatch.setattr("imgsearch.training.ending.WORTH", 1)  # mirror images or several orientations never are
    plain = new_embedder("small", seed=0)
    ending = best_ending(plain, SEEN, UNSEEN, 32, replace(UPRIGHT, quarter_turns=turns, mirrored_classes=drawn))
    facts = ending.facts() or {}
    assert (facts["metric"], facts["orientations"]) == ("rca" if drawn else "rca^0.5", 1)
    whitened = whitening(plain, shown(turns and drawn, drawn), 1.0 if drawn else 0.5)
    rows = whitened(embed_dataset(two_stages(plain), UNSEEN, 32))
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    np.testing.assert_allclose(embed_dataset(ending.embedder, UNSEEN, 32), rows, atol=2e-4)
    assert ending.quality["map_at_r"] == pytest.approx(evaluate(rows, UNSEEN.labels).metrics["map_at_r"], abs=1e-3)


@pytest.mark.parametrize("drawn", [False, True])
def test_what_was_taught_turned_is_found_by_all_its_orientations_where_that_is_worth_their_time(
    monkeypatch: pytest.MonkeyPatch, drawn: bool
) -> None:
    monkeypatch.setattr("imgsearch.training.device.half_precision", lambda _: False)
    plain = new_embedder("small", seed=0)
    config = replace(UPRIGHT, quarter_turns=True, mirrored_classes=drawn)
    monkeypatch.setattr("imgsearch.training.ending.WORTH", 1)
    once = best_ending(plain, SEEN, UNSEEN, 32, config)
    monkeypatch.setattr("imgsearch.training.ending.WORTH", -1)
    ending = best_ending(plain, SEEN, UNSEEN, 32, config)
    count = 8 if drawn else 4
    assert once.embedder.orientations == 1 and ending.embedder.orientations == count
    assert (ending.facts() or {})["orientations"] == count
    assert ending.embedder.dimension == once.embedder.dimension == 128 + 256
    whitened = whitening(plain, shown(drawn, drawn), 1.0 if drawn else 0.5)
    each = [whitened(embed_dataset(two_stages(plain), data, 32)) for data in shown(True, drawn)]
    # The seen pictures are fewer than the dimensions, so that shortening changes no distance between them; a milder
    # metric is scaled.
    ours = distances(embed_dataset(ending.embedder, SEEN, 32, normalise=False).astype(np.float64))
    by_hand = np.sqrt(np.mean([distances(rows) ** 2 for rows in each], axis=0))
    np.testing.assert_allclose(ours / ours.mean(), by_hand / by_hand.mean(), rtol=1e-3)


def test_a_photograph_is_averaged_with_its_mirror_image_where_that_is_worth_the_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("imgsearch.training.device.half_precision", lambda _: False)
    monkeypatch.setattr("imgsearch.training.ending.METRIC", "rca^0")  # what centring does is easily said by hand
    monkeypatch.setattr("imgsearch.training.ending.WORTH", -1)
    plain = new_embedder("small", seed=0)
    ending = best_ending(plain, SEEN, UNSEEN, 32, UPRIGHT)
    facts = ending.facts() or {}
    assert (facts["metric"], facts["mirrored"], facts["orientations"]) == ("rca^0", True, 1) and ending.centred
    seen, unseen = (
        embed_dataset(restaged(plain, facts["stages"], 32, mirrored=True), data, 32) for data in (SEEN, UNSEEN)
    )
    rows = unseen - seen.mean(axis=0)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    np.testing.assert_allclose(embed_dataset(ending.embedder, UNSEEN, 32), rows, atol=1e-4)


@pytest.mark.parametrize("drawn", [False, True])
def test_photographs_alone_are_averaged_with_their_mirror_images(monkeypatch: pytest.MonkeyPatch, drawn: bool) -> None:
    monkeypatch.setattr("imgsearch.training.ending.WORTH", -1)
    config = replace(UPRIGHT, mirrored_classes=drawn)
    assert best_ending(new_embedder("small", seed=0), SEEN, UNSEEN, 32, config).embedder.mirrored is not drawn


@pytest.mark.parametrize(("most", "count"), [(4 * 384, 4), (4 * 384 - 1, 1)])
def test_orientations_of_more_dimensions_than_can_be_shortened_in_good_time_are_not_tried(
    monkeypatch: pytest.MonkeyPatch, most: int, count: int
) -> None:
    monkeypatch.setattr("imgsearch.training.ending.WORTH", -1)
    monkeypatch.setattr("imgsearch.training.ending.MOST_JOINED", most)
    ending = best_ending(new_embedder("small", seed=0), SEEN, UNSEEN, 32, replace(UPRIGHT, quarter_turns=True))
    assert ending.embedder.orientations == count and ending.plain is not None


def distances(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    between: NDArray[np.float64] = torch.pdist(torch.from_numpy(rows)).numpy()
    return between


@pytest.mark.parametrize("views", [1, 8 * 160 // 2, 8 * 160])
def test_where_there_are_more_than_enough_each_class_is_still_taken_whole_and_turned(
    monkeypatch: pytest.MonkeyPatch, fitted: list[NDArray[np.integer]], views: int
) -> None:
    monkeypatch.setattr("imgsearch.training.ending.VIEWS", views)
    best_ending(new_embedder("small", seed=0), SEEN, UNSEEN, 32, TrainingConfig(mirrored_classes=True))
    names, counts = np.unique(fitted[0], return_counts=True)
    assert (counts == 8).all() and len(fitted[0]) == max(160, views)
    assert set(names // 8) == set(range(20)) and set(names % 8) == set(range(8))


def test_one_that_is_no_better_is_not_taken() -> None:
    mixed = replace(SEEN, labels=np.random.default_rng(0).permutation(SEEN.labels))
    plain = new_embedder("small", seed=0)
    alike = replace(UNSEEN, pictures=np.repeat(UNSEEN.pictures[:1], len(UNSEEN.labels), axis=0))
    ending = best_ending(plain, mixed, alike, 32, UPRIGHT)
    assert ending.embedder is plain and ending.plain is None and ending.facts() is None


@pytest.mark.parametrize("what", ["linear", "stages", "pairs", "columns", "no variation"])
def test_what_was_asked_for_or_cannot_be_learned_keeps_its_end(what: str) -> None:
    torch.manual_seed(0)
    plain = Embedder("small", 8 if what == "linear" else None, stages=2 if what == "stages" else None)
    data = SEEN
    if what == "pairs":
        data = replace(SEEN, pairs=Pairs(np.array([0]), np.array([1]), np.array([True])))
    elif what == "columns":
        data = replace(SEEN, columns={"order": np.arange(len(SEEN.labels))})
    elif what == "no variation":
        data = replace(SEEN, pictures=SEEN.pictures[SEEN.labels * 8])
    assert best_ending(plain, data, UNSEEN, 32, UPRIGHT).embedder is plain


def test_an_end_that_shall_be_kept_is_measured_and_kept_however_much_better_another_is() -> None:
    plain = new_embedder("small", seed=0)
    ending = best_ending(plain, SEEN, UNSEEN, 32, UPRIGHT, kept=True)
    assert ending.embedder is plain and ending.plain is None
    assert ending.quality["map_at_r"] == validate(plain, UNSEEN, 32)["map_at_r"]


def test_of_photographs_that_are_more_than_enough_each_class_keeps_its_share_and_two_pictures_at_least(
    monkeypatch: pytest.MonkeyPatch, fitted: list[NDArray[np.integer]]
) -> None:
    mixed = np.random.default_rng(0).permutation(len(SEEN.labels))
    data = replace(SEEN, pictures=SEEN.pictures[mixed], labels=SEEN.labels[mixed])
    # Every one, every second, every fourth, the first; and always the second.
    for views, each in ((160, 8), (80, 5), (40, 3), (1, 2)):
        monkeypatch.setattr("imgsearch.training.ending.VIEWS", views)
        best_ending(new_embedder("small", seed=0), data, UNSEEN, 32, UPRIGHT)
        names, counts = np.unique(fitted[-1], return_counts=True)
        assert len(names) == 20 and (counts == each).all()
