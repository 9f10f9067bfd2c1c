"""How many planted copies `imgsearch duplicates` finds among the pictures of a folder, and how many it makes up.

    python -m tests.benchmarks.duplicates FOLDER [--pictures 2000] [--copies 200] [--seed 0] [--json FILE]

Takes that many pictures of FOLDER, evenly by name where there are more, copies them, and adds copies of some of them in
equal parts: resized, recompressed, cropped by 5 %, brightness up and down by 20 %, mirrored. Then it indexes all and
looks for groups with and without `--mirrored`. Recall is the share of copies that are in a group with their original;
precision the share of pairs in groups that are planted. Pictures of FOLDER may be copies of one another already: such
pairs are listed to be looked at, and precision is also given without them. Exits with 1 where recall or that precision
is below 0.95, mirrored copies left out.
"""

from __future__ import annotations

import argparse
import io
import itertools
import json
import os
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PIL import Image, ImageEnhance

from imgsearch.images.find import find_pictures
from imgsearch.images.open import open_picture
from imgsearch.index import Index
from imgsearch.model import load_model
from imgsearch.workflows.duplicates import find_duplicates
from imgsearch.workflows.indexing.update import update_index

ENOUGH = 0.95


def _cropped(picture: Image.Image, chance: random.Random) -> Image.Image:
    """Without 5 % of its width and of its height, taken off at random edges."""
    width, height = picture.size
    left, top = (chance.uniform(0, 0.05) for _ in range(2))
    size = round(0.95 * width), round(0.95 * height)
    corner = round(left * width), round(top * height)
    return picture.crop((*corner, corner[0] + size[0], corner[1] + size[1]))


CHANGES: dict[str, tuple[int, Callable[[Image.Image, random.Random], Image.Image]]] = {
    "resized": (85, lambda picture, chance: _resized(picture, chance.choice([0.5, 0.75, 1.5]))),
    "recompressed": (25, lambda picture, chance: picture),
    "cropped": (90, _cropped),
    "brighter": (90, lambda picture, chance: ImageEnhance.Brightness(picture).enhance(1.2)),
    "darker": (90, lambda picture, chance: ImageEnhance.Brightness(picture).enhance(0.8)),
    "mirrored": (90, lambda picture, chance: picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)),
}
"""Kind of copy → JPEG quality that it is saved with, and what is done to it before."""


def _resized(picture: Image.Image, factor: float) -> Image.Image:
    return picture.resize((round(picture.width * factor), round(picture.height * factor)), Image.Resampling.LANCZOS)


def plant(pictures: list[Path], folder: Path, copies: int, seed: int) -> dict[Path, tuple[Path, str]]:
    """Copy the pictures into `folder` and add changed copies of some: copy → its original and its kind."""
    chance = random.Random(seed)
    places = []
    for number, picture in enumerate(pictures):
        places.append(folder / f"{number:05}-{picture.parent.name}-{picture.name}")
        shutil.copyfile(picture, places[-1])
    planted = {}
    for original, kind in zip(chance.sample(places, copies), itertools.cycle(CHANGES)):
        quality, change = CHANGES[kind]
        copy = folder / f"copy-{original.stem}-{kind}.jpg"
        content = io.BytesIO()
        change(open_picture(original), chance).save(content, "JPEG", quality=quality)
        copy.write_bytes(content.getvalue())
        planted[copy] = (original, kind)
    return planted


def judge(groups: list[list[Path]], planted: dict[Path, tuple[Path, str]], mirrored: bool) -> dict[str, Any]:
    """Precision and recall, by kind too."""
    group_of = {path: number for number, group in enumerate(groups) for path in group}
    wanted = {copy: kind for copy, (_, kind) in planted.items() if mirrored or kind != "mirrored"}
    found = {copy: group_of.get(copy, -1) == group_of.get(planted[copy][0], -2) for copy in wanted}
    pairs = [pair for group in groups for pair in itertools.combinations(group, 2)]
    origin = {copy: original for copy, (original, _) in planted.items()}
    right = [pair for pair in pairs if len({origin.get(path, path) for path in pair}) == 1]
    own = {frozenset(pair) for pair in pairs if not origin.keys() & set(pair)}
    # a copy of one of two pictures that are alike themselves is like both
    made_up = [
        pair for pair in pairs if pair not in right and frozenset(origin.get(path, path) for path in pair) not in own
    ]
    kinds = sorted({*wanted.values()})
    return {
        "recall": sum(found.values()) / len(found),
        "recall_by_kind": {
            kind: sum(found[copy] for copy in wanted if wanted[copy] == kind) / list(wanted.values()).count(kind)
            for kind in kinds
        },
        "precision": len(right) / max(1, len(right) + len(made_up)),
        "precision_all_others_wrong": len(right) / max(1, len(pairs)),
        "made_up": [[path.name for path in pair] for pair in made_up],
        "in_the_folder_itself": sorted(sorted(path.name for path in pair) for pair in own),
        "missed": sorted(copy.name for copy, yes in found.items() if not yes),
    }


def measure(pictures: list[Path], copies: int, seed: int) -> dict[str, Any]:
    """All figures for one folder."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        (folder / "pictures").mkdir()
        planted = plant(pictures, folder / "pictures", copies, seed)
        index = Index.create(folder / ".imgsearch", load_model("base"))
        update_index(index, [folder / "pictures"])
        figures: dict[str, Any] = {"pictures": len(pictures), "copies": copies, "seed": seed}
        for mirrored in (False, True):
            began = time.monotonic()
            found = find_duplicates(index, mirrored=mirrored)
            took = {"seconds": round(time.monotonic() - began, 1)}
            figures["with_mirrored" if mirrored else "plain"] = {**judge(found.groups, planted, mirrored), **took}
        return figures


def main() -> int:
    """Run it from the command line."""
    parser = argparse.ArgumentParser(description="Precision and recall of imgsearch duplicates on planted copies.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--pictures", type=int, default=2000)
    parser.add_argument("--copies", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    everything = sorted(find_pictures(arguments.folder), key=os.fspath)
    wanted = min(arguments.pictures, len(everything))
    pictures = [everything[number * len(everything) // wanted] for number in range(wanted)]
    figures = measure(pictures, min(arguments.copies, wanted), arguments.seed)
    for name in ("plain", "with_mirrored"):
        part = figures[name]
        by_kind = ", ".join(f"{kind} {value:.3f}" for kind, value in part["recall_by_kind"].items())
        print(
            f"{name}: precision {part['precision']:.4f}, recall {part['recall']:.4f} ({by_kind}), {part['seconds']} s"
        )
        print(f"    pairs of the folder itself: {len(part['in_the_folder_itself'])};", end=" ")
        print(f"precision if all of them were wrong: {part['precision_all_others_wrong']:.4f}")
        for pair in part["made_up"]:
            print(f"    made up: {' '.join(pair)}")
        for missed in part["missed"]:
            print(f"    missed: {missed}")
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=1) + "\n")
    plain = figures["plain"]
    return 0 if min(plain["precision"], plain["recall"]) >= ENOUGH else 1


if __name__ == "__main__":
    sys.exit(main())
