"""Training only the end of a network: quicker, and less is forgotten where there are few pictures."""

from __future__ import annotations

from imgsearch.errors import UserError
from imgsearch.training.embedder import Embedder


def freeze(embedder: Embedder, unfreeze: int) -> None:
    """Leave only the last `unfreeze` blocks of the backbone, the pooling and the linear layer to be trained.

    Blocks are the backbone's top-level children that have parameters. What comes before the last `unfreeze` of them
    gets no gradients, needs no graph, and keeps the statistics of its batch norms, whatever mode the network is in.
    Calling it again starts from the whole network.

    Raises:
        UserError: there are not so many blocks, or nothing would be left to train.
    """
    children = list(embedder.backbone.children())
    blocks = [place for place, child in enumerate(children) if any(True for _ in child.parameters())]
    if not 0 <= unfreeze <= len(blocks):
        raise UserError(f"{unfreeze} blocks cannot be unfrozen: this backbone has {len(blocks)}")
    if unfreeze == 0 and not any(True for part in (embedder.pooling, embedder.linear) for _ in part.parameters()):
        raise UserError(
            "nothing would be left to train: this network ends in a pooling without parameters; "
            "unfreeze a block or give an embedding dimension"
        )
    if unfreeze == 0:
        embedder.frozen = len(children)
    else:
        embedder.frozen = 0 if unfreeze == len(blocks) else blocks[-unfreeze]
    for place, child in enumerate(children):
        child.requires_grad_(place >= embedder.frozen)
    embedder.train(embedder.training)
