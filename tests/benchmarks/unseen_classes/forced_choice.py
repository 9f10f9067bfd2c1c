"""How many of a model's mistakes could a person avoid? Sheets for a blind test, and its score.

    imgsearch eval FOLDER --model MODEL --csv QUERIES.csv
    python -m tests.benchmarks.unseen_classes.forced_choice draw QUERIES.csv SHEETS [--count 100] [--seed 0]
    python -m tests.benchmarks.unseen_classes.forced_choice judge SHEETS CHOICES.txt

Each row of a sheet shows a picture that was taken for one of another class, drawn by lot, and at random on one side (a)
examples of its own class and on the other (b) of the class it was taken for. CHOICES is a word a row: a or b, with a
question mark where it was guessed. Whoever can't tell is right in half of the cases, so that twice the share of wrong
choices estimates how many of the mistakes show what these eyes can't tell apart. Paths in QUERIES.csv are as seen from
here.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
import random
import sys
from collections import defaultdict
from pathlib import Path

from PIL import Image, ImageDraw

from imgsearch.errors import UserError, printable

TILE, GAP, ROWS = 48, 16, 25
KEY = "key.json"
Z = 1.96
"""Of a 95 % interval."""


def draw(queries: Path, sheets: Path, count: int, examples: int, seed: int) -> list[Path]:
    """Sheets of so many mistakes, and beside them the key: on which side the picture's own class is.

    Raises:
        UserError: the table cannot be read, or holds no mistakes, or sheets are there already.
    """
    if min(count, examples) < 1:
        raise UserError("--count and --examples must be at least 1")
    if (sheets / KEY).exists():
        raise UserError(f"{printable(sheets)}: holds sheets and their key already; give another folder")
    try:
        with queries.open(encoding="utf-8", newline="") as file:
            everything = list(csv.DictReader(file))
        lines = [line for line in everything if line["model"] == everything[0]["model"]]  # others are held against it
        members = defaultdict(list)
        for line in lines:
            members[line["class"]].append(line["path"])
        mistakes = [line for line in lines if line["class"] != line["nearest_class"]]
    except (OSError, ValueError, LookupError) as error:
        raise UserError(f"{printable(queries)}: cannot be read ({error!r}); make it by imgsearch eval --csv") from None
    if not mistakes:
        raise UserError(f"{printable(queries)}: holds no mistake; there is nothing to choose")
    lot = random.Random(seed)
    rows, key = [], []
    for line in lot.sample(mistakes, min(count, len(mistakes))):
        own = [path for path in members[line["class"]] if path != line["path"]]
        sides = [lot.sample(some, min(examples, len(some))) for some in (own, members[line["nearest_class"]])]
        key.append(lot.choice("ab"))
        rows.append((line["path"], sides if key[-1] == "a" else sides[::-1]))
    sheets.mkdir(parents=True, exist_ok=True)
    drawn = []
    for start in range(0, len(rows), ROWS):
        drawn.append(sheets / f"sheet-{start:04}.png")
        _sheet(rows[start : start + ROWS], start, examples).save(drawn[-1])
    (sheets / KEY).write_text(json.dumps(key) + "\n", encoding="utf-8")
    return drawn


def judge(key: list[str], choices: list[str]) -> str:
    """How many choices are right, those that were guessed apart, and what it says of the mistakes.

    Raises:
        UserError: another number of choices, or other words than a and b.
    """
    told = [choice.rstrip("?") for choice in choices]
    if len(told) != len(key) or not set(told) <= {"a", "b"}:
        raise UserError(f"{len(key)} choices are wanted, each a or b, with ? where it was guessed; got {len(told)}")
    right = [one == other for one, other in zip(told, key, strict=True)]
    guessed = [hit for hit, choice in zip(right, choices, strict=True) if choice.endswith("?")]
    share, (low, high) = sum(right) / len(right), _wilson(sum(right), len(right))
    alike = [min(1.0, max(0.0, 2 * (1 - value))) for value in (share, high, low)]
    return (
        f"{sum(right)} of {len(right)} right; of {len(guessed)} guessed ones {sum(guessed)}; "
        f"not to be told apart by these eyes: {alike[0]:.0%} of the mistakes"
        f" (95 % from {alike[1]:.0%} to {alike[2]:.0%})"
    )


def _sheet(rows: list[tuple[str, list[list[str]]]], first: int, examples: int) -> Image.Image:
    side = GAP + examples * TILE
    sheet = Image.new("RGB", (2 * GAP + TILE + 2 * side, len(rows) * (TILE + GAP)), "#c0c0c0")
    pen = ImageDraw.Draw(sheet)
    for number, (picture, sides) in enumerate(rows):
        top = number * (TILE + GAP)
        pen.text((2, top), str(first + number), fill="black")
        _paste(sheet, picture, 2 * GAP, top)
        for half, paths in enumerate(sides):
            for place, path in enumerate(paths):
                _paste(sheet, path, 2 * GAP + TILE + half * side + GAP + place * TILE, top)
    return sheet


def _paste(sheet: Image.Image, path: str, left: int, top: int) -> None:
    with Image.open(path) as picture:
        sheet.paste(picture.convert("RGB").resize((TILE, TILE), Image.Resampling.LANCZOS), (left, top))


def _wilson(hits: int, count: int) -> tuple[float, float]:
    """95 % interval of a share (Wilson 1927)."""
    middle = (hits + Z * Z / 2) / (count + Z * Z)
    half = Z / (count + Z * Z) * math.sqrt(hits * (count - hits) / count + Z * Z / 4)
    return middle - half, middle + half


def main() -> int:
    """Run it from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    drawing = commands.add_parser("draw")
    drawing.add_argument("queries", type=Path)
    drawing.add_argument("sheets", type=Path)
    drawing.add_argument("--count", type=int, default=100)
    drawing.add_argument("--examples", type=int, default=9)
    drawing.add_argument("--seed", type=int, default=0)
    judging = commands.add_parser("judge")
    judging.add_argument("sheets", type=Path)
    judging.add_argument("choices", type=Path)
    given = parser.parse_args()
    try:
        if given.command == "draw":
            print(*draw(given.queries, given.sheets, given.count, given.examples, given.seed), sep="\n")
        else:
            key = json.loads((given.sheets / KEY).read_text(encoding="utf-8"))
            print(judge(key, given.choices.read_text(encoding="utf-8").split()))
    except (UserError, OSError) as error:  # a file that is missing, or no picture, names itself
        parser.error(str(error))
    return 0


if __name__ == "__main__":
    sys.exit(main())
