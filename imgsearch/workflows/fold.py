"""`train --fold`: a linear metric becomes a part of the encoder, on features of its last stages and mirror images."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from imgsearch.metric.recipe import fit_recipe, parse_recipe
from imgsearch.metric.shorten import shorten
from imgsearch.model import Model, load_model
from imgsearch.workflows.deep import require_torch
from imgsearch.workflows.embedding import embed_files
from imgsearch.workflows.labelled import Labelled
from imgsearch.workflows.output import finish, growing
from imgsearch.workflows.trained import Trained, describe_data, versions


def train_folded(
    data: Labelled,
    output: Path,
    metric: str,
    *,
    stages: int,
    start: str | os.PathLike[str] = "base",
    dimension: int | None = None,
    input_size: int | None = None,
) -> Trained:
    """Write the model folder `output`: the network of `start`, unchanged but for its end, into which the metric goes.

    Args:
        data: what the metric is fitted on.
        output: must not exist yet; appears whole, at the end.
        metric: a recipe, see `imgsearch.metric.recipe`.
        stages: how many of the backbone's last resolutions are pooled and joined.
        start: the model whose network it is; its own linear metric or layer is left behind.
        dimension: length of the embeddings; by default that of the metric.
        input_size: side of the pictures that the encoder takes; by default as `start`.

    Raises:
        UserError: torch is missing, unknown metric, the output exists, or nothing can be learned from these pictures.
    """
    require_torch()
    from imgsearch.training.export import export
    from imgsearch.training.fold import fold, with_stages

    recipe, origin = parse_recipe(metric), load_model(start)
    side = input_size or origin.info.input_size
    with growing(output) as part:
        embedder = with_stages(origin, stages)
        with TemporaryDirectory(prefix="imgsearch-") as name:
            unfolded = Model(Path(name), replace(origin.info, input_size=side, dimension=embedder.dimension))
            export(embedder, unfolded.folder, side)
            embedded = embed_files(unfolded, data.paths)
        labels = np.unique(data.rows(embedded.rows).classes, return_inverse=True)[1].astype(np.int64)
        learned = fit_recipe(recipe, embedded.embeddings, labels)
        if dimension is not None:
            learned = shorten(learned, embedded.embeddings, dimension)
        fold(embedder, learned)
        difference = export(embedder, part, side)
        facts = describe_data(len(labels), len(set(labels.tolist())), embedded.hashes)
        training = {
            "method": "folded",
            "metric": metric,
            "encoder": origin.info.training,
            "data": facts,
            "onnx_parity": difference,
            "versions": versions("imgsearch", "torch", "numpy", "pillow", "onnxruntime"),
        }
        info = replace(
            origin.info,
            name=output.name,
            architecture=embedder.architecture,
            input_size=side,
            dimension=embedder.dimension,
            training=training,
            quality={},
            threshold=None,
        )
        finish(part, info, embedded.hashes, [origin])
    what = f"{metric} over {stages} stages, fitted on {facts['pictures']:,} pictures, {embedder.dimension} dimensions"
    return Trained(output, embedded.skipped, what)
