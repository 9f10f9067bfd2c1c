"""The two trivial descriptors that every trained model has to beat: small pixels and a colour histogram."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_HUES, _SATURATIONS, _VALUES = 12, 4, 4


def pixels(image: Image.Image) -> NDArray[np.float32]:
    """An RGB picture as (768,) float32 of unit length: 16×16 RGB values (bilinear) less their common mean.

    A picture of one grey has nothing left and gives zeros. ValueError unless the mode is RGB.
    """
    values = np.asarray(_resized(image, 16), dtype=np.float64).ravel()
    return _normalised(values - values.mean())


def hsv_histogram(image: Image.Image) -> NDArray[np.float32]:
    """An RGB picture as (192,) float32 of unit length: the root of its 12×4×4 hue × saturation × value histogram.

    Counted at 128×128 (bilinear); bins have equal widths and hue is the slowest index. The cosine similarity of two of
    them is the Bhattacharyya coefficient of the histograms. ValueError unless the mode is RGB.
    """
    hue, saturation, value = np.moveaxis(np.asarray(_resized(image, 128).convert("HSV"), dtype=np.intp), -1, 0)
    bins = (hue * _HUES // 256 * _SATURATIONS + saturation * _SATURATIONS // 256) * _VALUES + value * _VALUES // 256
    counts = np.bincount(bins.ravel(), minlength=_HUES * _SATURATIONS * _VALUES)
    return _normalised(np.sqrt(counts))


def _resized(image: Image.Image, side: int) -> Image.Image:
    if image.mode != "RGB":
        raise ValueError(f"the baselines describe RGB pictures, not {image.mode}: convert the picture first")
    return image.resize((side, side), Image.Resampling.BILINEAR)


def _normalised(vector: NDArray[np.float64]) -> NDArray[np.float32]:
    length = np.linalg.norm(vector)
    return (vector / length if length > 0 else vector).astype(np.float32)
