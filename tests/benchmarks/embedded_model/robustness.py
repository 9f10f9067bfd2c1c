"""Does a changed picture still find its original? The share of changed pictures that do, for each way to change them.

    python -m tests.benchmarks.embedded_model.robustness FOLDER [--model base] [--model OTHER]
        [--pictures 2000] [--json FILE]

FOLDER is a folder of pictures, or a zip file of them. Takes that many, evenly by name where there are more, filled up
with sample data where there are fewer (files of the same content count once), and changes every one of them. An
original is found where nothing is nearer than it; what is exactly as near, as another file with the same pixels, does
not count against it. The changed picture is saved as JPEG of quality 90, so that each change comes with what any
program adds. Exits with 1 where a required share is missed.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import random
import sys
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from imgsearch.encoder import Embeddings, Encoder
from imgsearch.images.find import find_pictures
from imgsearch.images.open import decode_picture, open_picture
from imgsearch.images.pipeline import cores, ordered_map
from imgsearch.images.preprocess import Pixels
from imgsearch.images.read import content_hash, read_picture
from imgsearch.progress import progress
from imgsearch.workflows.embedding import embed_files
from imgsearch.workflows.model_cache import find_model
from tests.conftest import SAMPLE_DATA

QUALITY = 90
ORIENTATION = 0x0112
TURNED = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}
"""How the pixels lie in a file of that EXIF orientation, seen from the upright picture."""


def _jpeg(picture: Image.Image, quality: int = QUALITY, exif: Image.Exif | None = None) -> bytes:
    content = io.BytesIO()
    picture.save(content, "JPEG", quality=quality, exif=exif or Image.Exif())
    return content.getvalue()


def resized(picture: Image.Image, chance: random.Random) -> bytes:
    """To half its width and height."""
    size = (max(1, picture.width // 2), max(1, picture.height // 2))
    return _jpeg(picture.resize(size, Image.Resampling.LANCZOS))


def recompressed(picture: Image.Image, chance: random.Random) -> bytes:
    """As JPEG of quality 40."""
    return _jpeg(picture, quality=40)


def cropped(picture: Image.Image, chance: random.Random) -> bytes:
    """Without a tenth of its width and of its height, taken off at random edges."""
    width, height = picture.size
    left, top = (round(side * chance.uniform(0, 0.1)) for side in (width, height))
    return _jpeg(picture.crop((left, top, left + round(0.9 * width), top + round(0.9 * height))))


def cropped_all_round(picture: Image.Image, chance: random.Random) -> bytes:
    """Without a tenth at each of its four edges, so that 64 % of the picture are left: more than is asked for."""
    width, height = picture.size
    left, top = round(0.1 * width), round(0.1 * height)
    return _jpeg(picture.crop((left, top, width - left, height - top)))


def turned(picture: Image.Image, chance: random.Random) -> bytes:
    """Lying or mirrored in the file, with the EXIF orientation that says so."""
    orientation = chance.choice(sorted(TURNED))
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    return _jpeg(picture.transpose(TURNED[orientation]), exif=exif)


def grey(picture: Image.Image, chance: random.Random) -> bytes:
    """Without colour."""
    return _jpeg(picture.convert("L"))


@dataclass(frozen=True)
class Change:
    """A way to change a picture, and the share that has to be found again."""

    make: Callable[[Image.Image, random.Random], bytes]
    required: float | None


CHANGES = {
    "resized to half": Change(resized, 0.98),
    "recompressed at quality 40": Change(recompressed, 0.98),
    "cropped by 10 %": Change(cropped, 0.95),
    "cropped by 10 % at each edge": Change(cropped_all_round, None),
    "rotated through EXIF": Change(turned, 1.0),
    "grey": Change(grey, 0.90),
}


def gather(folder: Path, wanted: int) -> list[Path]:
    """Picture files of different contents: `wanted` of the folder, evenly by name, else all and some of sample data."""
    seen: dict[bytes, Path] = {}
    for path in [*sorted(find_pictures(folder), key=os.fspath), *sorted(find_pictures(SAMPLE_DATA), key=os.fspath)]:
        seen.setdefault(content_hash(read_picture(path)), path)
    own = [path for path in seen.values() if path.is_relative_to(folder)]
    if len(own) >= wanted:
        return [own[number * len(own) // wanted] for number in range(wanted)]
    return list(seen.values())[:wanted]


def share_found(originals: Embeddings, changed: Embeddings) -> float:
    """Share of the rows of `changed` to which no row of `originals` is nearer than the one of the same number."""
    similarity = changed @ originals.T
    return float((similarity.max(axis=1) - np.diagonal(similarity) <= 1e-6).mean())


def measure(model: str, pictures: Sequence[Path], seed: int = 0) -> dict[str, float]:
    """For each change the share of the pictures whose original is found."""
    encoder = Encoder(find_model(model), len(pictures))
    view = encoder.preprocessing
    embedded = embed_files(encoder.model, pictures)
    originals = encoder.model.project(embedded.embeddings)
    readable = [pictures[row] for row in embedded.rows]
    shares = {}
    for name, change in CHANGES.items():

        def pixels(numbered: tuple[int, Path], change: Change = change) -> Pixels:
            number, path = numbered
            content = change.make(open_picture(path), random.Random(f"{seed} {number}"))
            return view.pixels(decode_picture(content, path, side=view.least))

        made = ordered_map(pixels, enumerate(readable), threads=cores())
        shown = progress(made, total=len(readable), description=name)
        shares[name] = share_found(originals, encoder.embed_pixels(shown))
    return shares


def main() -> int:
    """Run it from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--model", action="append")
    parser.add_argument("--pictures", type=int, default=2000)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    models = given.model or ["base"]
    with tempfile.TemporaryDirectory() as scratch:
        folder = given.folder
        if folder.is_file():
            with zipfile.ZipFile(folder) as archive:
                archive.extractall(scratch)
            folder = Path(scratch)
        pictures = gather(folder, given.pictures)
        shares = {model: measure(model, pictures) for model in models}
    print(f"its original is nearest among {len(pictures)}", "required", *models, sep="\t")
    for name, change in CHANGES.items():
        required = "" if change.required is None else f"{change.required:.3f}"
        print(name, required, *(f"{shares[model][name]:.4f}" for model in models), sep="\t")
    if given.json:
        given.json.write_text(json.dumps({"pictures": len(pictures), "shares": shares}, indent=2) + "\n", "utf-8")
    missed = [
        name
        for model in models
        for name, change in CHANGES.items()
        if change.required is not None and shares[model][name] < change.required
    ]
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main())
