"""How an ONNX graph that imgsearch did not export is fed: what the pictures become before they go in.

The graphs that imgsearch exports take uint8 pictures (n, height, width, 3) and do the rest inside; those of others want
numbers of some scale, in some order. model.json says which, beside the file or in a model folder, and nothing guesses.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from imgsearch.images.preprocess import Pixels  # and with it Pillow, which a look at an index does without

LAYOUTS = ("NCHW", "NHWC")
DTYPES = ("float32", "float16", "uint8")
CHANNELS = ("RGB", "BGR")


@dataclass(frozen=True)
class Feed:
    """What a graph takes and gives; see `array` for what the numbers mean.

    Raises:
        ValueError: a value that it cannot have, in words for the user.
    """

    layout: str
    """One of `LAYOUTS`: how a batch lies in memory."""
    dtype: str
    """One of `DTYPES`; uint8 pictures go in as they are."""
    mean: tuple[float, ...] = (0.0, 0.0, 0.0)
    std: tuple[float, ...] = (1.0, 1.0, 1.0)
    scale: float = 1 / 255
    channels: str = "RGB"
    """One of `CHANNELS`; mean and std are in the same order."""
    input: str = ""
    output: str = ""
    batch: int | None = None
    """How many pictures the graph takes at a time; None: any number."""

    def __post_init__(self) -> None:
        for name, choices in (("layout", LAYOUTS), ("dtype", DTYPES), ("channels", CHANNELS)):
            if getattr(self, name) not in choices:
                raise ValueError(f"{name} is {getattr(self, name)!r}, not {' or '.join(choices)}")
        for name in ("mean", "std"):
            values = getattr(self, name)
            if not (isinstance(values, (list, tuple)) and len(values) == 3 and all(map(_is_number, values))):
                raise ValueError(f"{name} is {values!r}, not three numbers")
            object.__setattr__(self, name, tuple(map(float, values)))
        if not all(value > 0 for value in self.std):
            raise ValueError(f"std is {list(self.std)}, but nothing can be divided by what is not above 0")
        if not (_is_number(self.scale) and self.scale > 0):
            raise ValueError(f"scale is {self.scale!r}, not a number above 0")
        for name in ("input", "output"):
            if not isinstance(getattr(self, name), str):
                raise ValueError(f"{name} is {getattr(self, name)!r}, not the name of one of the graph's {name}s")
        if self.batch is not None and (type(self.batch) is not int or not 1 <= self.batch <= 4096):
            raise ValueError(f"batch is {self.batch!r}, not a number of pictures")

    def array(self, pictures: Pixels) -> NDArray[Any]:
        """RGB pictures (n, side, side, 3) as the graph takes them: (value · scale − mean) / std, unless it is uint8."""
        ordered = pictures if self.channels == "RGB" else pictures[..., ::-1]
        if self.dtype == "uint8":
            values: NDArray[Any] = ordered
        else:
            mean, std = (np.array(numbers, dtype=np.float32) for numbers in (self.mean, self.std))
            values = ((ordered.astype(np.float32) * np.float32(self.scale) - mean) / std).astype(self.dtype)
        return np.ascontiguousarray(values.transpose(0, 3, 1, 2) if self.layout == "NCHW" else values)


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
