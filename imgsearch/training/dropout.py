"""Dropout between the blocks of a backbone (Srivastava et al. 2014): none of its channels can be relied upon."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn
from torch.nn import functional

from imgsearch.training.embedder import Embedder


def drop_between_blocks(embedder: Embedder, share: float) -> None:
    """Drop a share of what each block of the backbone gives, while it is trained; blocks that are not lose nothing."""

    def dropped(block: nn.Module, _: Any, maps: Tensor) -> Tensor:  # noqa: ANN401 - torch's
        return functional.dropout(maps, share, block.training)

    if share > 0:
        for block in embedder.backbone.children():
            block.register_forward_hook(dropped)
