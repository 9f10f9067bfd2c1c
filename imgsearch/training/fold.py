"""A finished network gets another end: several stages, the mirror image, and a linear metric as its last layer."""

from __future__ import annotations

import torch
from torch import nn

from imgsearch.errors import UserError
from imgsearch.metric.linear import LinearMetric
from imgsearch.model import Model
from imgsearch.training.embedder import Embedder
from imgsearch.training.export import load_weights


def with_stages(model: Model, stages: int) -> Embedder:
    """The backbone of a model under fresh poolings of its last stages, averaged with the mirror image; not linear yet.

    Raises:
        UserError: the backbone has not so many stages, or the pooling is made for one size of maps.
    """
    return restaged(load_weights(model), stages, model.info.input_size, mirrored=True)


def restaged(known: Embedder, stages: int, side: int, *, mirrored: bool = False, orientations: int = 1) -> Embedder:
    """A copy of the backbone of an embedder under fresh poolings of its last stages, without a linear layer.

    Fresh, since an exponent that was learned with the training classes suits unseen ones less than the published one.
    Raises as `with_stages` does.
    """
    before = known.architecture
    embedder = Embedder(
        before["backbone"],
        None,
        before.get("pooling", "gem"),
        before.get("pooling_options"),
        side,
        stages,
        mirrored=mirrored,
        orientations=orientations,
    )
    embedder.backbone.load_state_dict(known.backbone.state_dict())
    return embedder.eval()


@torch.no_grad()
def fold(embedder: Embedder, metric: LinearMetric) -> None:
    """Make a metric on the unit vectors that the network gives its last layer, so that it gives the metric's own.

    Raises:
        UserError: it has a linear layer already, or does not give unit vectors before it is normalised.
    """
    if not isinstance(embedder.linear, nn.Identity) or not embedder.ends:
        raise UserError("only a network without a linear layer, that joins stages, can take a metric in")
    rows, columns = metric.matrix.shape
    linear = nn.Linear(columns, rows)
    linear.weight.copy_(torch.from_numpy(metric.matrix))
    linear.bias.copy_(torch.from_numpy(metric.offset))
    embedder.linear, embedder.dimension = linear, rows
    embedder.architecture["embedding_dim"] = rows
