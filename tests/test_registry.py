"""Families of parts by name."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from imgsearch.errors import UserError
from imgsearch.registry import build, describe, resolve, unknown

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


PARTS = '''"""Shapes of all kinds."""

from nowhere import something_that_is_not_installed


class Shape:
    """A shape.

    Args:
        size: how large.
    """

    colour: str = "red"
    corners = [1, 2]

    def __init__(self, unit, size: float = 1.0, label: str | None = None, closed: bool = True):
        pass


class Circle(Shape):
    corners = []
    kin = Shape


def disc(size: int = 3):
    """A filled
    circle."""
'''


def test_parts_are_described_from_their_source_without_importing_what_they_need(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "shapes_with_needs.py").write_text(PARTS)
    monkeypatch.syspath_prepend(tmp_path)
    table = {name.lower(): f"shapes_with_needs:{name}" for name in ("Shape", "Circle", "disc")}
    shape, circle, disc = (describe(table, name) for name in table)
    assert (shape.summary, shape.source) == ("A shape.", "Shapes of all kinds.")
    assert shape.options == {"size": 1.0, "label": None, "closed": True}
    assert shape.facts == {"colour": "red", "corners": [1, 2]}
    assert circle.options == shape.options and circle.facts == {"colour": "red", "corners": [], "kin": "Shape"}
    assert (disc.summary, disc.options) == ("A filled circle.", {"size": 3})


class Painted:
    def __init__(self, classes: int, size: float = 1.0, depth: int | None = None, flat: bool = False) -> None:
        self.made = (classes, size, depth, flat)


PAINTED = {"painted": "tests.test_registry:Painted"}


def test_a_part_gets_what_is_supplied_and_its_options() -> None:
    made = build("shape", PAINTED, "painted", {"size": 2, "depth": None, "flat": True}, {"classes": 7, "other": 0})
    assert made.made == (7, 2, None, True)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"sise": 1.0}, "shape painted: unknown option 'sise'; did you mean 'size'"),
        ({"classes": 3}, "shape painted: unknown option 'classes'"),
        ({"size": "big"}, "shape painted: size=big is not a possible value; it takes float"),
        ({"size": None}, "size=None is not a possible value"),
        ({"size": float("nan")}, "size=nan is not a possible value"),
        ({"size": True}, "size=True is not a possible value"),
        ({"depth": 0.5}, r"depth=0.5 is not a possible value; it takes int \| None"),
        ({"flat": 1}, "flat=1 is not a possible value; it takes bool"),
    ],
)
def test_options_that_a_part_does_not_have_or_cannot_take_are_refused(options: dict[str, object], said: str) -> None:
    with pytest.raises(UserError, match=said):
        build("shape", PAINTED, "painted", options, {"classes": 7})
