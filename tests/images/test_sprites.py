"""Many small pictures in a few files."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from imgsearch.errors import PictureError
from imgsearch.images.sprites import COLUMNS, draw_sprites

COLOURS = [(230, 30, 30), (30, 200, 60), (40, 60, 220)]


@pytest.fixture
def paths(tmp_path: Path) -> list[Path]:
    """More than fill a sheet, of a colour each by turns, the second one broken."""
    files = []
    for number in range(COLUMNS**2 + 5):
        file = tmp_path / f"{number:03}.png"
        Image.new("RGB", (60, 30) if number % 2 else (30, 60), COLOURS[number % 3]).save(file)
        files.append(file)
    files[1].write_bytes(b"no picture")
    return files


def test_each_picture_lies_where_it_is_looked_for(paths: list[Path]) -> None:
    unread: dict[str, PictureError] = {}
    sprites = draw_sprites(paths, 24, 10**6, unread)
    assert list(unread) == [str(paths[1])]
    sheets = [Image.open(io.BytesIO(sheet)).convert("RGB") for sheet in sprites.sheets]
    assert [sheet.size for sheet in sheets] == [(COLUMNS * 24, COLUMNS * 24), (COLUMNS * 24, 24)]
    for number, size in enumerate(sprites.sizes):
        if number == 1:
            assert size == (0, 0)
            continue
        assert size == ((24, 12) if number % 2 else (12, 24))
        sheet, place = divmod(number, COLUMNS**2)
        left, top = place % COLUMNS * 24, place // COLUMNS * 24
        tile = np.asarray(sheets[sheet].crop((left, top, left + size[0], top + size[1])), dtype=float)
        middle = tile[size[1] // 2 - 2 : size[1] // 2 + 2, size[0] // 2 - 2 : size[0] // 2 + 2].mean(axis=(0, 1))
        assert np.abs(middle - COLOURS[number % 3]).max() < 25  # WebP is lossy


def test_they_take_no_more_bytes_than_they_may_and_are_left_out_sooner(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    files = []
    for number in range(20):
        files.append(tmp_path / f"{number}.png")
        Image.fromarray(random.integers(0, 256, (64, 64, 3), dtype=np.uint8)).save(files[-1])
    fine, coarse, none = (draw_sprites(files, 64, most, {}) for most in (10**6, 20_000, 500))
    assert len(fine.sheets[0]) > 20_000 >= len(coarse.sheets[0]) > 0
    assert coarse.sizes == fine.sizes == ((64, 64),) * 20
    assert none.sheets == (b"",) and none.sizes == ((0, 0),) * 20
