"""The embedding of a JPEG that is decoded at a reduced size is that of the whole picture, as good as."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from imgsearch import Encoder
from imgsearch.images.open import decode_picture
from imgsearch.images.preprocess import Pixels, to_square
from tests.benchmarks.speed.photographs import GRAINY, SAMPLE_DATA, SMOOTH, camera_jpeg

NEAR = 0.995
"""Cosine of the two embeddings, of the worst picture."""


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return Encoder(pictures=100)


def whole(content: bytes, side: int) -> Pixels:
    """The picture decoded as it is, and resized in one step by all of its pixels."""
    image = decode_picture(content, "whole")
    return np.asarray(image.resize((side, side), Image.Resampling.BICUBIC))


def cosines(encoder: Encoder, contents: list[bytes]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    side = encoder.input_size
    reduced = [to_square(decode_picture(content, "reduced", side=side), side) for content in contents]
    one, other = (encoder.embed_pixels(pixels) for pixels in (reduced, (whole(content, side) for content in contents)))
    return np.asarray(np.einsum("ij,ij->i", one.astype(float), other.astype(float)))


def jpeg(image: Image.Image, shorter: int, quality: int = 90) -> bytes:
    """The picture as a JPEG whose shorter side has that many pixels."""
    scale = shorter / min(image.size)
    size = (max(shorter, round(image.width * scale)), max(shorter, round(image.height * scale)))
    stream = io.BytesIO()
    image.convert("RGB").resize(size, Image.Resampling.BICUBIC).save(stream, "JPEG", quality=quality)
    return stream.getvalue()


def sample(seed: int) -> Image.Image:
    files = sorted(path for path in SAMPLE_DATA.rglob("*") if path.suffix in (".jpg", ".png", ".webp"))
    with Image.open(files[seed * 5 % len(files)]) as image:
        picture: Image.Image = image.convert("RGB")
    return picture


def photograph(seed: int) -> Image.Image:
    """A piece of one of the two photographs that come with scikit-learn."""
    datasets = pytest.importorskip("sklearn.datasets")
    rng = np.random.default_rng(seed)
    name = ("china.jpg", "flower.jpg")[seed % 2]
    with Image.open(Path(datasets.__file__).parent / "images" / name) as image:
        width, height = (int(rng.integers(200, side + 1)) for side in image.size)
        left, top = int(rng.integers(image.width - width + 1)), int(rng.integers(image.height - height + 1))
        piece: Image.Image = image.convert("RGB").crop((left, top, left + width, top + height))
    return piece


@pytest.mark.parametrize("times", [2, 4, 8])
@pytest.mark.parametrize("make", [sample, photograph])
def test_the_smallest_that_is_decoded_at_a_half_a_quarter_and_an_eighth(
    encoder: Encoder, make: Callable[[int], Image.Image], times: int
) -> None:
    smallest = times * (3 * encoder.input_size // 2)
    contents = [jpeg(make(seed), smallest) for seed in range(25)]
    decoded = decode_picture(contents[0], "x", side=encoder.input_size)
    assert min(decoded.size) == smallest // times
    assert cosines(encoder, contents).min() >= NEAR


@pytest.mark.parametrize("make", [sample, photograph])
def test_pictures_of_all_kinds_of_sizes(encoder: Encoder, make: Callable[[int], Image.Image]) -> None:
    contents = [jpeg(make(seed), 60 + 37 * seed, quality=60 + seed) for seed in range(35)]
    assert cosines(encoder, contents).min() >= NEAR


@pytest.mark.parametrize("grain", [SMOOTH, GRAINY])
def test_twelve_megapixels_of_a_camera_that_was_held_upright(encoder: Encoder, grain: tuple[float, float]) -> None:
    assert cosines(encoder, [camera_jpeg(2, grain)]).min() >= NEAR
