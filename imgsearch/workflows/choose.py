"""`train` without `--metric` or `--loss`: compare the ways of teaching, and make a model of the best."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from imgsearch.metric.recipe import fit_recipe, parse_recipe
from imgsearch.model import Model, copy_model, write_metric
from imgsearch.training.config import TrainingConfig
from imgsearch.training.reports import EpochReport
from imgsearch.workflows.candidates import MOST_PICTURES, most_of_each
from imgsearch.workflows.compare import Comparison, compare
from imgsearch.workflows.deep import train_deep
from imgsearch.workflows.deep_trial import WAYS, Trials, enough, options_of
from imgsearch.workflows.embedding import embed_files
from imgsearch.workflows.labelled import Labelled
from imgsearch.workflows.model_cache import find_model
from imgsearch.workflows.output import finish, growing, require_free
from imgsearch.workflows.trained import Trained, describe_data, versions


def train_best(
    data: Labelled,
    output: Path,
    *,
    start: str | os.PathLike[str] = "base",
    networks: bool = True,
    device: str = "auto",
    say: Callable[[str], None] = lambda _: None,
    report: Callable[[EpochReport, TrainingConfig], None] = lambda *_: None,
) -> tuple[Trained, Comparison]:
    """Write the model folder `output`: `start` as it is, or with what serves classes best that were left out.

    With `networks` and the `train` extra, where the pictures are enough, deep training is tried, too; `say` and
    `report` are told how it goes, as by `train_deep`.

    Raises:
        UserError: the output exists, or nothing can be learned from these pictures.
    """
    origin = find_model(start, say)
    require_free(output)
    plain = Model(origin.folder, origin.info)  # linear metrics are fitted on the encoder's own embeddings
    embedded = embed_files(plain, data.paths)
    readable = data.rows(embedded.rows)
    labels = np.unique(readable.classes, return_inverse=True)[1].astype(np.int64)
    few = most_of_each(labels, MOST_PICTURES)
    trials = None
    if networks and enough(labels[few]) and plain.weights_file.is_file() and find_spec("torch") is not None:
        say("comparing ways of teaching on classes left out, deep training too; --metric auto leaves that away")
        trials = Trials(readable.rows(np.flatnonzero(few).tolist()), labels[few], plain, device, say)
    comparison = compare(
        embedded.embeddings[few],
        labels[few],
        current=origin.metric,
        deep={way: trials.trial(way) for way in WAYS} if trials else None,
        tell=say,
    )
    if comparison.chosen in WAYS:
        say(f"{comparison.sentence}; now with all classes")
        given = options_of(comparison.chosen, plain)
        facts = comparison.facts()
        return train_deep(data, output, given, device=device, comparison=facts, say=say, report=report), comparison
    with growing(output) as part:
        if comparison.chosen is None:
            copy_model(origin, part)
        else:
            copy_model(plain, part)
            write_metric(part, fit_recipe(parse_recipe(comparison.chosen), embedded.embeddings, labels))
        training = {
            "method": "linear",
            "metric": comparison.chosen,
            "encoder": origin.info.training,
            "comparison": comparison.facts(),
            "data": describe_data(len(labels), len(set(labels.tolist())), embedded.hashes),
            "versions": versions("imgsearch", "numpy", "pillow", "onnxruntime"),
        }
        info = replace(origin.info, name=output.name, training=training, quality={}, threshold=None)
        finish(part, info, embedded.hashes, [origin], readable.classes)
    return Trained(output, embedded.skipped, comparison.sentence), comparison
