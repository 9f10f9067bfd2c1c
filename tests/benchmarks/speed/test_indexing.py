"""The measures of indexing and asking run, on next to nothing; what they say of time is not judged."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from imgsearch.images.preprocess import to_square
from tests.benchmarks.speed import camera, indexing, many_queries, photographs, small_pictures
from tests.benchmarks.speed.results import Result, Setting
from tests.benchmarks.speed.rivals import Rival, decoded_reduced, decoded_whole

from ...conftest import draw


@pytest.fixture(autouse=True)
def _few_pixels(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(photographs, "CAMERA", (600, 450))


@pytest.mark.parametrize(
    ("measure", "scale", "rows", "said"),
    [
        (camera.measure, 0.006, 2, "indexing 3 smooth camera JPEGs of 12 MP"),
        (small_pictures.measure, 0.0005, 1, "indexing 10 small pictures (≤ 500 px)"),
        (many_queries.measure, 0.02, 1, "20 queries from --files-from"),
    ],
)
def test_a_measure_gives_a_ratio(
    tmp_path: Path, measure: Callable[[Setting], Iterator[Result]], scale: float, rows: int, said: str
) -> None:
    result, *others = measure(Setting(tmp_path, runs=1, scale=scale))
    assert len(others) == rows - 1
    assert result.measure == said
    assert result.ratio == pytest.approx(result.theirs / result.ours if result.faster else result.ours / result.theirs)
    assert result.ours > 0 and result.theirs > 0


def test_grainy_camera_pictures_are_a_row_of_their_own_and_larger(tmp_path: Path) -> None:
    measured = list(camera.measure(Setting(tmp_path, runs=1, scale=0.002)))
    kinds = ("smooth", "grainy")
    assert [result.measure for result in measured] == [f"indexing 1 {kind} camera JPEGs of 12 MP" for kind in kinds]
    smooth, grainy = (tmp_path / kind / "IMG_0000.JPG" for kind in kinds)
    assert grainy.stat().st_size > smooth.stat().st_size


def test_an_index_that_misses_a_picture_is_no_measurement(tmp_path: Path) -> None:
    draw(tmp_path / "a" / "1.png", 1)
    with pytest.raises(RuntimeError, match="ended with 0"):
        indexing.indexed(tmp_path / "a", 2)


def test_camera_pictures_differ_in_bytes_and_some_are_to_be_turned(tmp_path: Path) -> None:
    files = photographs.write_camera_pictures(tmp_path / "camera", 7, photographs.SMOOTH, originals=3)
    assert len({file.read_bytes() for file in files}) == 7
    turns = []
    for file in files:
        with Image.open(file) as image:
            assert image.size == (600, 450) and image.format == "JPEG"
            turns.append(image.getexif()[0x0112])
            image.load()
    assert turns == [1, 1, 6, 1, 1, 6, 1]


def test_small_pictures_are_small_and_the_same_every_time() -> None:
    sizes = set()
    for seed in range(20):
        content = photographs.small_jpeg(seed)
        with Image.open(io.BytesIO(content)) as image:
            sizes.add(image.size)
        assert content == photographs.small_jpeg(seed)
    assert len(sizes) > 10 and min(map(max, sizes)) >= 240 and max(map(max, sizes)) <= 500


def test_the_rivals_see_the_same_picture(tmp_path: Path) -> None:
    file = draw(tmp_path / "a.jpg", 1, size=(640, 480))
    whole, reduced = decoded_whole(file, 96), decoded_reduced(file, 96)
    assert whole.shape == reduced.shape == (96, 96, 3) and whole.dtype == np.uint8
    assert np.abs(whole.astype(int) - reduced).max() <= 4
    with Image.open(file) as image:
        assert np.abs(to_square(image.convert("RGB"), 96).astype(int) - whole).max() <= 4
    Rival(decoded_whole, threads=2)([file] * 3)
