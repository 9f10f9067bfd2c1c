"""Share of the true ten nearest that the graph finds at its default settings, among a million augmented embeddings.

Real embeddings are few here: those of random parts of the sample pictures. Each of the million is one of these, moved
at random until its cosine with it is about 0.9, as far as a picture is from others of its kind; the queries are real
ones that no other was made of.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from imgsearch import Encoder
from imgsearch.images.find import find_pictures
from imgsearch.images.open import open_picture
from imgsearch.images.pipeline import ordered_map
from imgsearch.images.preprocess import Pixels, to_square
from imgsearch.index.exact import scan
from imgsearch.index.graph import EF, Graph
from tests.benchmarks.speed.results import Result, Setting

PICTURES = Path(__file__).parents[3] / "sample_data"
PARTS, QUERIES, NEAREST = 80, 500, 10
AWAY = 0.5
"""Length of the move; the cosine is then 1 / √(1 + 0.5²) = 0.89."""


def parts(path: Path, encoder: Encoder) -> list[Pixels]:
    """Random parts of a picture, some mirrored, of a twentieth to all of it."""
    image, rng = open_picture(path), np.random.default_rng(list(path.name.encode()))
    found = []
    for _ in range(PARTS):
        width, height = (max(8, round(side * np.sqrt(rng.uniform(0.05, 1.0)))) for side in image.size)
        left, top = (
            int(rng.integers(0, full - part + 1)) for full, part in zip(image.size, (width, height), strict=True)
        )
        part = image.crop((left, top, left + width, top + height))
        mirrored = part.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if rng.random() < 0.5 else part
        found.append(to_square(mirrored, encoder.input_size))
    return found


def embeddings() -> NDArray[np.float32]:
    """Of all parts of all sample pictures, in random order."""
    encoder = Encoder()
    paths = sorted(find_pictures(PICTURES))
    cut = ordered_map(lambda path: parts(path, encoder), paths, threads=2, ahead=4)
    real = encoder.embed_pixels(part for some in cut for part in some)
    return np.random.default_rng(0).permutation(real)


def measure(setting: Setting) -> Iterator[Result]:
    """Once, since the same rows give the same recall but for the order in which threads add them."""
    real = embeddings()
    queries, sources = real[:QUERIES], real[QUERIES:]
    rng, count = np.random.default_rng(1), setting.scaled(1_000_000)
    rows = np.empty((count, real.shape[1]), dtype=np.float32)
    for start in range(0, count, 20_000):
        part = rows[start : start + 20_000]
        move = rng.normal(size=part.shape).astype(np.float32)
        part[:] = sources[rng.integers(len(sources), size=len(part))]
        part += AWAY * move / np.linalg.norm(move, axis=1, keepdims=True)
        part /= np.linalg.norm(part, axis=1, keepdims=True)
    true = [slots for slots, _ in scan(queries, rows, NEAREST)]
    near = Graph.build(rows, np.arange(count)).search(queries, NEAREST)
    hits = [0 if found is None else np.isin(slots, found).sum() for slots, found in zip(true, near, strict=True)]
    recall = float(np.sum(hits)) / (NEAREST * QUERIES)
    name = f"ann_recall at 10 over {count:,} × {real.shape[1]}, ef {EF}"
    yield Result(name, "exact scan", recall, 0.99, None, recall, 1.0, unit="", faster=True)
