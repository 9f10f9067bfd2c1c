"""`train --metric`: a linear metric on a model's embeddings of labelled pictures."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np

from imgsearch.metric.registry import linear_metric
from imgsearch.model import Model, copy_model, load_model, write_metric
from imgsearch.workflows.embedding import embed_files
from imgsearch.workflows.labelled import Labelled
from imgsearch.workflows.output import finish, growing
from imgsearch.workflows.trained import Trained, describe_data, versions


def train_linear(data: Labelled, output: Path, metric: str, *, start: str | os.PathLike[str] = "base") -> Trained:
    """Fit a linear metric on a model's embeddings of labelled pictures, and write both as the model folder `output`.

    Raises:
        UserError: unknown metric, the output exists, or nothing can be learned from these pictures.
    """
    fit = linear_metric(metric)
    origin = load_model(start)
    with growing(output) as part:
        plain = Model(origin.folder, origin.info)  # fitted on the encoder's own embeddings, not on another metric's
        embedded = embed_files(plain, data.paths)
        names = sorted(set(data.classes))
        labels = np.asarray([names.index(data.classes[row]) for row in embedded.rows], dtype=np.int64)
        learned = fit(embedded.embeddings, labels)
        copy_model(plain, part)
        write_metric(part, learned)
        training = {
            "method": "linear",
            "metric": metric,
            "encoder": origin.info.training,
            "data": describe_data(len(labels), len(set(labels.tolist())), embedded.hashes),
            "versions": versions("imgsearch", "numpy", "pillow", "onnxruntime"),
        }
        info = replace(origin.info, name=output.name, training=training, quality={}, threshold=None)
        finish(part, info, embedded.hashes, origin)
    dimensions = f"{origin.info.dimension} to {learned.matrix.shape[0]} dimensions"
    summary = f"{metric} from {dimensions}, fitted on {len(labels):,} pictures"
    return Trained(output, embedded.skipped, summary)
