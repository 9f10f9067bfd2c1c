"""Omniglot's 400 one-shot trials: 20 runs, in each of which 20 drawings are told by one drawing each of 20 characters.

Lake, Salakhutdinov and Tenenbaum, "Human-level concept learning through probabilistic program induction", 2015.
"""

from __future__ import annotations

import tempfile
import zipfile
from collections import defaultdict
from pathlib import Path

import numpy as np

from imgsearch.errors import UserError, printable
from imgsearch.model import Model
from imgsearch.workflows.embedding import embed_files

Pair = tuple[str, str]
"""A test drawing and the training drawing of the same character, as paths below the runs' folder."""


def error_rate(model: Model, archive: Path) -> float:
    """The share of trials in which the nearest training drawing is of another character; of m equally near, 1 − 1/m.

    Raises:
        UserError: the archive is missing or damaged, or holds no trials.
    """
    with tempfile.TemporaryDirectory() as folder:
        runs = _runs(archive, Path(folder))
        return float(np.mean([wrong for pairs in runs.values() for wrong in _wrong(model, Path(folder), pairs)]))


def _runs(archive: Path, folder: Path) -> dict[str, list[Pair]]:
    """Unpack it; the pairs of each run."""
    runs: dict[str, list[Pair]] = defaultdict(list)
    try:
        with zipfile.ZipFile(archive) as content:
            content.extractall(folder)
    except (OSError, zipfile.BadZipFile) as error:
        raise UserError(f"{printable(archive)}: cannot be read ({error}); give its folder by --data") from None
    for labels in sorted(folder.rglob("class_labels.txt")):
        above = labels.parent.parent  # the paths in it begin with the run's own folder
        for line in labels.read_text(encoding="utf-8").splitlines():
            if line.strip():
                test, training = (str(above / name) for name in line.split())
                runs[str(labels.parent)].append((test, training))
    if not runs:
        raise UserError(f"{printable(archive)}: holds no class_labels.txt; give the folder of the archive by --data")
    return runs


def _wrong(model: Model, folder: Path, pairs: list[Pair]) -> list[float]:
    """How wrong each trial of one run is, 0 or 1, or between where several drawings are equally near."""
    tests, trainings = ([Path(pair[side]) for pair in pairs] for side in (0, 1))
    embedded = embed_files(model, [*tests, *trainings])
    if len(embedded.rows) != 2 * len(pairs):
        raise UserError(f"{printable(folder)}: a drawing of the trials cannot be read; unpack the archive anew")
    rows = model.project(embedded.embeddings).astype(np.float64)
    similarities = rows[: len(pairs)] @ rows[len(pairs) :].T
    nearest = similarities == similarities.max(axis=1, keepdims=True)
    right = nearest.diagonal() / nearest.sum(axis=1)
    return [float(value) for value in 1 - right]
