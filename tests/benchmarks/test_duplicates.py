"""The benchmark of `duplicates` at a small size, and its arithmetic."""

from __future__ import annotations

from pathlib import Path

import pytest

from ..images.copies import scene
from .duplicates import judge, measure


def test_planted_copies_of_a_few_pictures_are_all_found(tmp_path: Path) -> None:
    pictures = []
    for seed in range(14):
        pictures.append(tmp_path / f"{seed:02}.png")
        scene(seed).save(pictures[-1])
    figures = measure(pictures, copies=12, seed=0)
    for name, kinds in (("plain", 5), ("with_mirrored", 6)):
        assert (figures[name]["recall"], figures[name]["precision"]) == (1.0, 1.0)
        assert len(figures[name]["recall_by_kind"]) == kinds


def test_precision_and_recall_by_hand() -> None:
    a, b, c, d, a2, b2, c2 = map(Path, ("a", "b", "c", "d", "a2", "b2", "c2"))
    planted = {a2: (a, "resized"), b2: (b, "cropped"), c2: (c, "mirrored")}
    groups = [[a, a2, b], [c, d]]
    figures = judge(groups, planted, mirrored=False)
    assert figures["recall"] == 0.5
    assert figures["recall_by_kind"] == {"cropped": 0.0, "resized": 1.0}
    assert figures["missed"] == ["b2"]
    assert figures["in_the_folder_itself"] == [["a", "b"], ["c", "d"]]
    assert (figures["precision"], figures["precision_all_others_wrong"]) == (1.0, 0.25)
    assert judge(groups, planted, mirrored=True)["recall"] == pytest.approx(1 / 3)
    figures = judge([[d, a2], [c, c2]], planted, mirrored=True)
    assert (figures["precision"], figures["made_up"]) == (0.5, [["d", "a2"]])
