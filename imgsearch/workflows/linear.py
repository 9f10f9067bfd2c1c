"""`train --metric`: a linear metric on a model's embeddings, from labelled pictures or from pairs of them."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from imgsearch.errors import UserError
from imgsearch.metric.linear import LinearMetric
from imgsearch.metric.recipe import fit_recipe, parse_recipe
from imgsearch.metric.registry import pair_metric
from imgsearch.metric.temper import temper
from imgsearch.model import Model, copy_model, write_metric
from imgsearch.workflows.embedding import Embedded, embed_files
from imgsearch.workflows.labelled import Labelled
from imgsearch.workflows.model_cache import find_model
from imgsearch.workflows.output import finish, growing
from imgsearch.workflows.pairs import PairTable
from imgsearch.workflows.trained import Trained, describe_data, versions


def train_linear(
    data: Labelled | PairTable,
    output: Path,
    metric: str,
    *,
    start: str | os.PathLike[str] = "base",
    say: Callable[[str], None] = lambda _: None,
) -> Trained:
    """Fit a linear metric on a model's embeddings, and write both as the model folder `output`.

    `metric` is a name, with strengths where it shall be milder than the textbook's: see `imgsearch.metric.recipe`.

    Raises:
        UserError: unknown metric, the output exists, or nothing can be learned from these pictures.
    """
    parse_recipe(metric)
    origin = find_model(start, say)
    with growing(output) as part:
        plain = Model(origin.folder, origin.info)  # fitted on the encoder's own embeddings, not on another metric's
        embedded = embed_files(plain, data.paths)
        if isinstance(data, Labelled):
            learned, facts = _from_labels(metric, data, embedded)
        else:
            learned, facts = _from_pairs(metric, data, embedded)
        copy_model(plain, part)
        write_metric(part, learned)
        training = {
            "method": "linear",
            "metric": metric,
            "encoder": origin.info.training,
            "data": facts,
            "versions": versions("imgsearch", "numpy", "pillow", "onnxruntime"),
        }
        info = replace(origin.info, name=output.name, training=training, quality={}, threshold=None)
        finish(part, info, embedded.hashes, [origin], data.classes if isinstance(data, Labelled) else ())
    dimensions = f"{origin.info.dimension} to {learned.matrix.shape[0]} dimensions"
    what = f"{facts['pairs']:,} pairs" if "pairs" in facts else f"{facts['pictures']:,} pictures"
    return Trained(output, embedded.skipped, f"{metric} from {dimensions}, fitted on {what}")


def _from_labels(metric: str, data: Labelled, embedded: Embedded) -> tuple[LinearMetric, dict[str, Any]]:
    labels = np.unique(data.rows(embedded.rows).classes, return_inverse=True)[1].astype(np.int64)
    learned = fit_recipe(parse_recipe(metric), embedded.embeddings, labels)
    return learned, describe_data(len(labels), len(set(labels.tolist())), embedded.hashes)


def _from_pairs(metric: str, data: PairTable, embedded: Embedded) -> tuple[LinearMetric, dict[str, Any]]:
    steps = parse_recipe(metric)
    if len(steps) > 1:
        raise UserError(f"--metric {metric}: several steps need class labels; with --pairs give one")
    pairs = data.only(embedded.rows)
    if not len(pairs.same):
        first = embedded.skipped[0]
        raise UserError(f"no pair has two readable pictures; the first that is not: {first}")
    learned = pair_metric(steps[0].name)(embedded.embeddings, pairs)
    if steps[0].strength < 1:
        learned = temper(learned, embedded.embeddings.mean(axis=0), steps[0].strength)
    description = describe_data(len(embedded.rows), 0, embedded.hashes)
    return learned, {**description, "classes": None, "pairs": len(pairs.same)}
