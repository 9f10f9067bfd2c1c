"""Dropout between the blocks of a backbone."""

from __future__ import annotations

import copy
from pathlib import Path

import torch
from torch import nn

from imgsearch.model import Model, ModelInfo
from imgsearch.training.config import TrainingConfig
from imgsearch.training.dropout import drop_between_blocks
from imgsearch.training.embedder import Embedder, new_embedder
from imgsearch.training.export import export, load_weights
from imgsearch.training.freeze import freeze
from imgsearch.training.run import Run
from tests.training.helpers import striped


def test_a_share_of_what_each_block_gives_is_dropped_and_the_rest_made_up_for() -> None:
    embedder = new_embedder("conv4")
    drop_between_blocks(embedder, 0.25)
    blocks = list(embedder.backbone.children())
    given: list[torch.Tensor] = []
    for block in blocks[1:]:
        block.register_forward_pre_hook(lambda _, inputs: given.append(inputs[0]))
    pictures = torch.rand(8, 3, 64, 64)
    torch.manual_seed(0)
    whole = copy.deepcopy(blocks[0])(pictures)  # a copy has the hook, too
    torch.manual_seed(0)
    embedder.train().backbone(pictures)
    assert len(given) == len(blocks) - 1
    torch.testing.assert_close(given[0], whole)
    plain = new_embedder("conv4").train().backbone[0](pictures)  # type: ignore[index]
    kept = given[0] != 0
    torch.testing.assert_close(given[0][kept], plain[kept] / 0.75)
    share = 1 - float(kept[plain != 0].float().mean())
    assert abs(share - 0.25) < 0.01


def test_nothing_is_dropped_of_a_network_in_use_nor_of_blocks_that_are_not_trained() -> None:
    embedder, plain = new_embedder("conv4"), new_embedder("conv4")
    drop_between_blocks(embedder, 0.5)
    pictures = torch.rand(4, 3, 32, 32)
    torch.testing.assert_close(embedder.eval().backbone(pictures), plain.eval().backbone(pictures))
    freeze(embedder, 1)
    frozen, same = (next(iter(network.train().backbone.children())) for network in (embedder, plain))
    torch.testing.assert_close(frozen(pictures), same.eval()(pictures))


def test_a_run_trains_with_it_and_measures_and_keeps_the_whole_network(tmp_path: Path) -> None:
    run = Run(new_embedder("conv4"), striped(4), TrainingConfig(dropout=0.5, image_size=32, classes_per_batch=4))
    pictures = torch.rand(4, 3, 32, 32)
    torch.manual_seed(0)
    one, other = (run.embedder.train().embed(pictures) for _ in range(2))
    assert not torch.allclose(one, other, atol=1e-3)
    result = run.result()
    torch.testing.assert_close(result.train().embed(pictures), result.embed(pictures))
    assert export(result.eval(), tmp_path, 32) < 1e-5
    info = ModelInfo("test", result.architecture, input_size=32, dimension=result.dimension)
    again: nn.Module = load_weights(Model(tmp_path, info))
    assert isinstance(again, Embedder) and not any(block._forward_hooks for block in again.backbone.children())
