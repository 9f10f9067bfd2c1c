"""A run in words."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from imgsearch.training.embedder import Embedder
from imgsearch.training.ending import Ending
from imgsearch.workflows.telling import summary


@pytest.mark.parametrize(
    ("options", "metric", "said"),
    [
        ({}, "rca", "two stages, whitened (unseen classes: map_at_r 0.2500 without, 0.5000 with)"),
        ({"orientations": 8}, "rca", "whitened in 8 orientations, which takes 8 times as long to encode (unseen"),
        ({"mirrored": True}, "rca^0", "centred and averaged with the mirror image, which takes 2 times as long to"),
    ],
)
def test_how_a_network_ends_and_what_that_costs_is_said(options: dict[str, Any], metric: str, said: str) -> None:
    run: Any = SimpleNamespace(epoch=3, reports=[], config=SimpleNamespace(epochs=3), finished=True)
    embedder = Embedder("small", stages=2, **options)
    assert said in summary(run, 1e-7, Ending(embedder, {"map_at_r": 0.5}, {"map_at_r": 0.25}, metric))
