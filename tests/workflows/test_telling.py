"""A run in words."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from imgsearch.training.ending import Ending
from imgsearch.workflows.telling import summary


@pytest.mark.parametrize(
    ("orientations", "said"),
    [
        (1, "whitened (unseen classes: map_at_r 0.2500 without, 0.5000 with)"),
        (8, "whitened in 8 orientations, which takes 8 times as long to encode (unseen classes: map_at_r 0.2500"),
    ],
)
def test_what_an_end_in_several_orientations_costs_is_said(orientations: int, said: str) -> None:
    run: Any = SimpleNamespace(epoch=3, reports=[], config=SimpleNamespace(epochs=3), finished=True)
    embedder: Any = SimpleNamespace(orientations=orientations)
    assert said in summary(run, 1e-7, Ending(embedder, {"map_at_r": 0.5}, {"map_at_r": 0.25}, "rca"))
