"""What decoding and encoding take without imgsearch: the plain loops that its commands are held against."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime
from PIL import Image

from imgsearch.images.pipeline import batched
from imgsearch.model import load_model

Pixels = npt.NDArray[np.uint8]

CORES = os.cpu_count() or 1
BATCH = 32
KEPT = 1024
"""Decoded pictures that are kept in memory to be encoded, again and again where there are more of them."""


def decoded_whole(path: Path, side: int) -> Pixels:
    """A picture as most programs read it: decoded as it is, then resized."""
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB").resize((side, side), Image.Resampling.BICUBIC))


def decoded_reduced(path: Path, side: int) -> Pixels:
    """A picture by the least that Pillow can do for it: a JPEG at a reduced size, then resized in two steps."""
    with Image.open(path) as image:
        image.draft("RGB", (3 * side // 2, 3 * side // 2))
        return np.asarray(image.convert("RGB").resize((side, side), Image.Resampling.BICUBIC, reducing_gap=2.0))


class Rival:
    """The embedded model as ONNX Runtime runs it by itself on all cores, fed with pictures decoded in threads."""

    def __init__(self, decode: Callable[[Path, int], Pixels], threads: int) -> None:
        model = load_model("base")
        self._side = model.info.input_size
        self._session = onnxruntime.InferenceSession(model.encoder_file, providers=["CPUExecutionProvider"])
        self._decode = decode
        self._threads = threads

    def decode(self, files: Sequence[Path]) -> list[Pixels]:
        """Decode all of them, and keep the first few."""
        kept: list[Pixels] = []
        with ThreadPoolExecutor(self._threads) as pool:
            for pixels in pool.map(self._decode, files, itertools.repeat(self._side)):
                if len(kept) < KEPT:
                    kept.append(pixels)
        return kept

    def encode(self, pictures: Sequence[Pixels], count: int) -> None:
        """Encode so many pictures, beginning again where there are fewer, batch by batch."""
        for batch in batched(itertools.islice(itertools.cycle(pictures), count), BATCH):
            self._session.run(None, {"pictures": np.stack(batch)})

    def __call__(self, files: Sequence[Path]) -> None:
        """Decode all of them, then encode as many."""
        self.encode(self.decode(files), len(files))
