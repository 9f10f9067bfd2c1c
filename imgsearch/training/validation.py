"""Measuring a network while it trains, by the retrieval metrics of `eval`."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from imgsearch.retrieval import evaluate
from imgsearch.training.dataset import Dataset
from imgsearch.training.device import autocast
from imgsearch.training.embedder import Embedder


@torch.inference_mode()
def embed_dataset(
    embedder: Embedder, data: Dataset, side: int, *, batch_size: int = 256, normalise: bool = True
) -> npt.NDArray[np.float32]:
    """Embeddings (n, d) of the whole, unaugmented pictures at `side` pixels; unit rows, unless not to `normalise`."""
    embedder.eval()
    device = embedder.mean.device
    rows: list[npt.NDArray[np.float32]] = []
    for start in range(0, len(data.pictures), batch_size):
        pictures = torch.from_numpy(np.ascontiguousarray(data.pictures[start : start + batch_size]))
        batch = pictures.to(device).permute(0, 3, 1, 2).float()
        if batch.shape[-1] != side:
            batch = nn.functional.interpolate(batch, size=(side, side), mode="bicubic", antialias=True).clamp_(0, 255)
        with autocast(device):
            embeddings = embedder.embed(batch.contiguous(memory_format=torch.channels_last), normalise=normalise)
        rows.append(embeddings.cpu().numpy())
    return np.concatenate(rows)


def validate(embedder: Embedder, data: Dataset, side: int) -> dict[str, float]:
    """Leave-one-out retrieval metrics on a data set of other classes."""
    return evaluate(embed_dataset(embedder, data, side), data.labels).metrics


def measure(embedder: Embedder, data: Dataset, side: int) -> dict[str, float]:
    """What `validate` finds, with the numbers of classes and pictures: the figures that a model keeps."""
    return {"classes": len(data.classes), "pictures": len(data.labels), **validate(embedder, data, side)}
