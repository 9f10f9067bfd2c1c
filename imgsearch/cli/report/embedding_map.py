"""The embeddings as a map to be looked around in: report.css draws it, map.js shows the picture below the pointer."""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imgsearch.cli.console import count
from imgsearch.cli.report import markup
from imgsearch.cli.report.map_drawing import NO_QUERY, RIGHT, WRONG, legend, map_svg, placed
from imgsearch.cli.report.words import model_name
from imgsearch.errors import PictureError, printable
from imgsearch.images.sprites import COLUMNS, Sprites, draw_sprites
from imgsearch.workflows.evaluation.result import Evaluation
from imgsearch.workflows.projection import Projection, project

POINTS = 3000
"""At most, as many of each class as there can be."""
PIXELS, LARGEST, SMALLEST = 8_000_000, 112, 40
"""Of all their pictures together, and the longest side of one."""
BYTES = 1_500_000
"""Of all their pictures; in the page they take a third more."""
NAME = 40
"""Characters of a file's name."""


@dataclass(frozen=True, eq=False)
class Map:
    """Points and what they stand for; all arrays are (n,), class by class."""

    rows: NDArray[np.intp]
    """Of `Evaluation.queries`."""
    projection: Projection
    shapes: NDArray[np.intp]
    """Whether the nearest picture is of the same class: RIGHT, WRONG, or NO_QUERY where there is none of it."""
    nearest: NDArray[np.intp]
    """Row of `Evaluation.gallery`; −1 where it is no query."""
    sprites: Sprites
    """In the order of the points."""


def draw_map(evaluation: Evaluation, method: str, unread: dict[str, PictureError]) -> Map:
    """Choose points, lay them on a plane and read their pictures.

    Raises:
        UserError: what the method needs is not installed.
    """
    labels = evaluation.queries.labels
    rows = _chosen(labels)
    rows = rows[np.argsort(labels[rows], kind="stable")]
    projection = project(evaluation.model.embeddings[rows], method)
    queries = evaluation.model.queries
    nearest = np.full(len(labels), -1, dtype=np.intp)
    nearest[queries.rows] = queries.nearest
    shapes = np.where(evaluation.gallery.labels[nearest[rows]] == labels[rows], RIGHT, WRONG)
    shapes[nearest[rows] < 0] = NO_QUERY
    side = max(SMALLEST, min(LARGEST, math.isqrt(PIXELS // len(rows))))
    sprites = draw_sprites([evaluation.queries.paths[row] for row in rows], side, BYTES, unread)
    return Map(rows, projection, shapes, nearest[rows], sprites)


def _chosen(labels: NDArray[np.int64]) -> NDArray[np.intp]:
    """At most POINTS rows, the same number of each class as far as it has so many; drawn by lot, always the same."""
    shuffled = np.random.default_rng(0).permutation(len(labels))
    turns: dict[int, int] = {}
    turn = np.empty(len(labels), dtype=np.intp)
    for row in shuffled:
        label = int(labels[row])
        turn[row] = turns.get(label, 0)
        turns[label] = turn[row] + 1
    return shuffled[np.argsort(turn[shuffled], kind="stable")][:POINTS]


def map_section(evaluation: Evaluation, drawn: Map, method: str) -> str:
    """The drawing, what it means, and the data that map.js needs."""
    points = placed(drawn.projection.points)
    names = [evaluation.queries.classes[row] for row in drawn.rows]
    classes = list(dict.fromkeys(names))
    return (
        f"<p>{_explained(evaluation, drawn, method)}</p>\n"
        f"{legend(drawn.shapes)}\n{_controls(classes)}\n"
        f'<div class="map">\n{map_svg(points, drawn.shapes, names)}\n'
        '<div class="tip" hidden><span class="sprite"></span><span class="said"></span></div></div>\n'
        f'<output class="told" aria-live="polite"></output>\n{_data(evaluation, drawn, points, classes, names)}'
    )


def _explained(evaluation: Evaluation, drawn: Map, method: str) -> str:
    shown, of = len(drawn.rows), len(evaluation.queries.paths)
    which = f"all {shown:,} pictures" if shown == of else f"{shown:,} of {of:,} pictures, drawn by lot class by class"
    explained = drawn.projection.explained
    if not drawn.projection.points.any():
        return f"To this model {which} look the same: all points lie on one another."
    how = "t-SNE" if method == "tsne" else "two principal components"
    share = f", which show {markup.percent(explained)} of the variance" if explained is not None else ""
    name = markup.name(model_name(evaluation.model), 40)
    return f"How {name} sees {which}: near one another is what it takes for similar. By {how}{share}."


def _controls(classes: Sequence[str]) -> str:
    options = "".join(f'<option value="{number}">{markup.said(one, 40)}</option>' for number, one in enumerate(classes))
    hidden = "" if len(classes) > 1 else " hidden"
    return (
        f'<p class="controls" hidden><label{hidden}>Show the class '
        f'<select class="one-class"><option value="">{count(len(classes), "class", "classes")}</option>{options}'
        '</select></label> <span class="zoom"><button type="button" data-zoom="1.5" aria-label="Nearer">+</button>'
        '<button type="button" data-zoom="0.667" aria-label="Farther">−</button>'
        '<button type="button" data-zoom="0">all</button></span></p>\n'
        '<p class="help" id="map-help">Point at one to see the picture<span class="keys">, or go to the map with Tab '
        "and on with the arrow keys; + and − come nearer and go away, Escape shows all</span>.</p>"
    )


def _data(
    evaluation: Evaluation,
    drawn: Map,
    points: NDArray[np.float64],
    classes: Sequence[str],
    names: Sequence[str],
) -> str:
    place = {one: number for number, one in enumerate(classes)}
    gallery = [evaluation.gallery.classes[row] if row >= 0 else "" for row in drawn.nearest]
    strangers = sorted({one for one in gallery if one and one not in place})
    place |= {one: len(classes) + number for number, one in enumerate(strangers)}
    data = {
        "x": [float(x) for x, _ in points],
        "y": [float(y) for _, y in points],
        "of": [place[one] for one in names],
        "nearest": [place[one] if one else -1 for one in gallery],
        "shape": [int(shape) for shape in drawn.shapes],
        "size": [list(size) for size in drawn.sprites.sizes],
        "names": [_short(evaluation.queries.paths[row].name) for row in drawn.rows],
        "classes": [printable(one) for one in place],
        "sheets": [base64.b64encode(sheet).decode() for sheet in drawn.sprites.sheets],
        "side": drawn.sprites.side,
        "columns": COLUMNS,
    }
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    return f'<script type="application/json" id="map-data">{text}</script>'


def _short(name: str) -> str:
    line = printable(name)
    return line if len(line) <= NAME else f"{line[: NAME // 2]}…{line[-NAME // 2 :]}"
