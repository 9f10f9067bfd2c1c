from __future__ import annotations

from pathlib import Path

import numpy as np

from imgsearch.workflows.labelled import Labelled
from tests.benchmarks.train_default import Half, drawn, verdict


def test_a_part_of_a_collection_has_so_many_classes_of_so_many_pictures() -> None:
    classes = tuple("aabbbccccd")
    data = Labelled(tuple(Path(f"{number}") for number in range(10)), classes)
    part = drawn(data, 2, 2)
    assert len(set(part.classes)) == 2 and max(map(part.classes.count, part.classes)) <= 2
    assert part == drawn(data, 2, 2) and drawn(data, None, None) == data
    assert all(classes[int(path.name)] == name for path, name in zip(part.paths, part.classes, strict=True))


def test_one_half_that_is_surely_worse_or_too_little_gained_is_missed() -> None:
    good, none, bad = Half(0.5, 0.6, (0.05, 0.15)), Half(0.5, 0.5, (0.0, 0.0)), Half(0.5, 0.4, (-0.15, -0.05))
    assert verdict([good] * 10) == (
        "mean map_at_r 0.5000 untouched, 0.6000 chosen, +20.0%; better in 10 of 10, worse in 0, beyond noise in 0",
        True,
    )
    assert verdict([good] * 9 + [none])[1]
    assert not verdict([good] * 8 + [none] * 2)[1]
    assert not verdict([good] * 9 + [bad])[1]
    assert not verdict([Half(0.5, 0.51, (0.0, 0.02))] * 10)[1]
    assert np.isclose(0.5 * 1.08, 0.54) and verdict([Half(0.5, 0.541, (0.0, 0.05))] * 10)[1]
