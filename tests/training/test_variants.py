"""More classes from the same pictures."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.nn import functional

from imgsearch.training.config import TrainingConfig
from imgsearch.training.loader import views
from imgsearch.training.variants import draw_variants, show, turns, variants
from tests.training.helpers import STILL, striped


def config(turned: bool, mirrored: bool) -> TrainingConfig:
    return TrainingConfig(quarter_turns=turned, mirrored_classes=mirrored, augmentation=STILL)


@pytest.mark.parametrize(("turned", "mirrored", "count"), [(0, 0, 1), (0, 1, 2), (1, 0, 4), (1, 1, 8)])
def test_all_variants_of_a_picture_differ_and_the_first_is_the_picture_itself(
    turned: bool, mirrored: bool, count: int
) -> None:
    chosen = config(bool(turned), bool(mirrored))
    assert variants(chosen) == count
    picture = np.random.default_rng(0).integers(0, 256, (1, 6, 6, 3), dtype=np.uint8)
    shown = show(np.repeat(picture, count, axis=0), np.arange(count), chosen)
    assert np.array_equal(shown[0], picture[0])
    assert len({one.tobytes() for one in shown}) == count
    assert all(sorted(one.ravel()) == sorted(picture.ravel()) for one in shown)


@pytest.mark.parametrize(("turned", "mirrored"), [(0, 0), (0, 1), (1, 0), (1, 1)])
def test_sampled_by_its_map_a_picture_is_its_variant(turned: bool, mirrored: bool) -> None:
    chosen = config(bool(turned), bool(mirrored))
    count = variants(chosen)
    pictures = np.random.default_rng(0).integers(0, 256, (count, 6, 6, 3), dtype=np.uint8)
    maps = torch.zeros(count, 2, 3)
    maps[:, :, :2] = turns(np.arange(count), chosen)
    grid = functional.affine_grid(maps, [count, 3, 6, 6], align_corners=False)
    planes = torch.from_numpy(pictures).permute(0, 3, 1, 2).float()
    sampled = functional.grid_sample(planes, grid, align_corners=False).permute(0, 2, 3, 1)
    assert np.allclose(sampled.numpy(), show(pictures, np.arange(count), chosen), atol=0.01)


def test_a_class_is_shown_in_one_variant_a_batch_and_in_all_over_time() -> None:
    labels, chosen = np.array([0, 0, 2, 2, 5]), config(True, True)
    drawn = np.stack([draw_variants(chosen, labels, step) for step in range(100)])
    assert (drawn[:, 0] == drawn[:, 1]).all() and (drawn[:, 2] == drawn[:, 3]).all()
    assert set(drawn[:, 0]) == set(drawn[:, 4]) == set(range(8))
    assert np.array_equal(drawn[7], draw_variants(chosen, labels, 7))
    assert not np.array_equal(drawn, [draw_variants(replace(chosen, seed=1), labels, step) for step in range(100)])


def test_views_show_the_variants_asked_for() -> None:
    data = striped(2, each=2)
    (batch,) = views(
        data, np.array([[0, 1, 2, 3]]), np.array([[0, 1, 2, 7]]), 32, config(True, True), [0], torch.device("cpu")
    )
    expected = [np.rot90(data.pictures[number], number) for number in range(4)]
    expected[3] = expected[3][:, ::-1]
    for number in range(4):
        shown = batch[number].permute(1, 2, 0).numpy()
        assert np.allclose(shown, expected[number].astype(np.float32), atol=0.01), number
