"""The learning curve, as a table and as a picture."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageColor

from imgsearch.training.reports import EpochReport
from imgsearch.workflows.curve import LOSS, SCORE, _ticks, draw_curve, write_curve


def report(epoch: int, loss: float | None, map_at_r: float | None) -> EpochReport:
    validation = None if map_at_r is None else {"recall_at_1": 0.5, "map_at_r": map_at_r}
    return EpochReport(epoch, loss, None, 0.1 if epoch else None, 0.001, 12.5, validation)


FALLING = [report(0, None, 0.1), report(1, 2.0, 0.2), report(2, 1.0, 0.4), report(3, 0.5, 0.3)]


def coloured(image: Image.Image, colour: str) -> np.ndarray:
    """Rows and columns of the pixels of a colour, (n, 2)."""
    return np.argwhere((np.asarray(image) == ImageColor.getrgb(colour)).all(axis=2))


def test_the_table_has_a_row_an_epoch_and_empty_fields_for_what_was_not_measured(tmp_path: Path) -> None:
    write_curve(tmp_path, FALLING)
    rows = list(csv.DictReader((tmp_path / "learning_curve.csv").read_text().splitlines()))
    assert [row["epoch"] for row in rows] == ["0", "1", "2", "3"]
    assert [row["loss"] for row in rows] == ["", "2", "1", "0.5"]
    assert [row["map_at_r"] for row in rows] == ["0.1", "0.2", "0.4", "0.3"]
    assert rows[1]["active"] == "" and rows[1]["seconds"] == "12.5"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["learning_curve.csv", "learning_curve.png"]
    with Image.open(tmp_path / "learning_curve.png") as image:
        assert image.size == (720, 560)


def test_a_falling_loss_is_drawn_falling_and_the_best_epoch_is_marked() -> None:
    image = draw_curve(FALLING)
    line = coloured(image, LOSS)
    line = line[(line[:, 0] > 44) & (line[:, 0] < 250)]  # without the title
    right, left = line[line[:, 1] > 650], line[line[:, 1] < 350]
    assert right[:, 0].mean() > left[:, 0].mean() + 50
    scores = coloured(image, SCORE)
    rows, counts = np.unique(scores[scores[:, 0] > 310][:, 0], return_counts=True)
    assert counts.max() > 10  # a big dot or the words beside it
    assert len(rows) > 100


@pytest.mark.parametrize("reports", [[], [report(1, 1.0, None)], [report(0, None, 0.5)], [report(1, 0.0, 0.0)]])
def test_few_or_no_points_are_drawn_without_complaint(reports: list[EpochReport]) -> None:
    assert draw_curve(reports).size == (720, 560)


@pytest.mark.parametrize("values", [[0.2, 0.21], [3.0, 4000.0], [0.5], [0.0, 0.0], [-3.0, 1e-7], [1e9, 2e9]])
def test_grid_lines_enclose_the_values_at_round_distances(values: list[float]) -> None:
    low, high, step = _ticks(values)
    assert low <= min(values) and high >= max(values) and high > low
    assert 1 <= round((high - low) / step) <= 8
    assert f"{step:.0e}"[0] in "125"
