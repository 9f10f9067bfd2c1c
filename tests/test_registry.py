"""Families of parts by name."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from imgsearch.errors import UserError
from imgsearch.registry import resolve, unknown

TABLE = {"circle": "family_of_shapes:draw_circle", "square": "family_of_shapes:draw_square"}


def test_a_part_is_imported_on_choice_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "family_of_shapes.py").write_text("draw_circle, draw_square = 'O', 'H'")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(UserError):
        resolve("shape", TABLE, "triangle")
    assert "family_of_shapes" not in sys.modules
    assert (resolve("shape", TABLE, "circle"), resolve("shape", TABLE, "square")) == ("O", "H")
    del sys.modules["family_of_shapes"]


def test_the_nearest_name_is_suggested() -> None:
    assert unknown("shape", "cirle", TABLE) == "unknown shape 'cirle'; did you mean 'circle'?"


def test_where_none_is_near_all_are_named_in_order() -> None:
    assert unknown("shape", "xyz", ["b", "a", "c"]) == "unknown shape 'xyz'; choose one of a, b, c"
