"""The whole network, freezing its beginning, and going on from a model with another head."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from imgsearch.encoder import run_graph
from imgsearch.errors import ModelError, UserError
from imgsearch.model import BASE, Model, ModelInfo, load_model
from imgsearch.training.embedder import Embedder, new_embedder
from imgsearch.training.export import load_weights, save_weights
from imgsearch.training.freeze import freeze


def pictures(count: int = 4, side: int = 32) -> Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.randint(0, 256, (count, side, side, 3), dtype=torch.uint8, generator=generator)


def floats(count: int = 4, side: int = 32) -> Tensor:
    return pictures(count, side).permute(0, 3, 1, 2).float()


def model_of(embedder: Embedder, folder: Path, input_size: int = 32) -> Model:
    save_weights(embedder, folder)
    architecture = json.loads(json.dumps(embedder.architecture))
    return Model(folder, ModelInfo("test", architecture, input_size=input_size, dimension=embedder.dimension))


def same(first: nn.Module, second: nn.Module) -> bool:
    """All weights equal, up to the half precision in which kernels are kept."""
    left, right = first.state_dict(), second.state_dict()
    return left.keys() == right.keys() and all(
        left[name].shape == right[name].shape and torch.allclose(left[name], right[name], rtol=1e-3, atol=1e-6)
        for name in left
    )


@pytest.mark.parametrize(("dimension", "expected"), [(None, 256), (32, 32)])
def test_embeddings_have_unit_length_and_the_size_asked_for(dimension: int | None, expected: int) -> None:
    embedder = Embedder("small", dimension).eval()
    rows = embedder(pictures(3, 48))
    assert rows.shape == (3, expected) and rows.dtype == torch.float32 and embedder.dimension == expected
    assert torch.allclose(rows.norm(dim=1), torch.ones(3), atol=1e-6)


def test_embeddings_can_be_had_before_they_are_normalised() -> None:
    embedder = new_embedder("small", 8).eval()
    raw = embedder.embed(floats(), normalise=False)
    assert raw.dtype == torch.float32 and not torch.allclose(raw.norm(dim=1), torch.ones(4), atol=1e-2)
    assert torch.allclose(nn.functional.normalize(raw, dim=1), embedder.embed(floats()), atol=1e-6)


def test_the_same_seed_makes_the_same_network() -> None:
    first, second, other = (new_embedder("small", None, seed).state_dict() for seed in (1, 1, 2))
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert not all(torch.equal(first[name], other[name]) for name in first)


@pytest.mark.parametrize(
    ("arguments", "architecture"),
    [
        ({}, {"backbone": "small", "embedding_dim": None}),
        ({"image_size": 64}, {"backbone": "small", "embedding_dim": None}),
        (
            {"embedding_dim": 8, "pooling": "r_mac", "pooling_options": {"levels": 2}},
            {"backbone": "small", "embedding_dim": 8, "pooling": "r_mac", "pooling_options": {"levels": 2}},
        ),
        (
            {"pooling": "vectorise_fc", "image_size": 32},
            {"backbone": "small", "embedding_dim": None, "pooling": "vectorise_fc", "image_size": 32},
        ),
    ],
)
def test_the_architecture_is_all_that_is_needed_to_build_the_network_again(
    arguments: dict[str, Any], architecture: dict[str, Any]
) -> None:
    embedder = new_embedder("small", **arguments)
    assert embedder.architecture == architecture
    again = Embedder(**json.loads(json.dumps(embedder.architecture)))
    again.load_state_dict(embedder.state_dict())
    assert torch.equal(again.eval()(pictures()), embedder.eval()(pictures()))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"pooling": "gen"}, "unknown pooling 'gen'; did you mean 'gem'"),
        ({"pooling_options": {"q": 1}}, "pooling gem: unknown option 'q'"),
        ({"pooling": "r_mac", "pooling_options": {"levels": 2.5}}, "levels=2.5 is not a possible value"),
        ({"pooling": "mac", "pooling_options": {"p": 3.0}}, "pooling mac: unknown option 'p'; it has none"),
        ({"pooling": "vectorise_fc"}, "pooling vectorise_fc is made for pictures of one size: say which"),
    ],
)
def test_poolings_and_options_that_do_not_exist_are_refused(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError, match=message):
        new_embedder("small", **arguments)


def test_the_embedded_model_loads_and_computes_what_its_encoder_computes() -> None:
    embedder = load_weights(load_model("base")).eval()
    assert embedder.architecture == {"backbone": "small", "embedding_dim": None}
    with torch.inference_mode():
        rows = embedder(pictures()).numpy()
    assert abs(rows - run_graph(BASE / "encoder.onnx", pictures().numpy())).max() < 1e-5


def trained_names(embedder: Embedder) -> set[str]:
    return {name for name, value in embedder.named_parameters() if value.requires_grad}


@pytest.mark.parametrize("backbone", ["small", "conv4", "resnet12", "resnet18", "mobilenet_v3_small"])
def test_only_the_last_blocks_and_the_head_learn_and_the_rest_stays_as_it_is(backbone: str) -> None:
    embedder = new_embedder(backbone, 8)
    freeze(embedder, 1)
    names = [name for name, child in embedder.backbone.named_children() if any(True for _ in child.parameters())]
    assert {name.split(".")[1] for name in trained_names(embedder) if name.startswith("backbone")} == {names[-1]}
    assert {"pooling.p", "linear.weight", "linear.bias"} <= trained_names(embedder)
    before = copy.deepcopy(embedder.state_dict())
    embedder.eval()
    embedder.train()
    optimiser = torch.optim.SGD(embedder.parameters(), lr=0.1, weight_decay=0.1)
    torch.autograd.backward(embedder.embed(floats(4, 64)).square().mul(torch.arange(8)).sum())
    optimiser.step()
    changed = {name for name, value in embedder.state_dict().items() if not torch.equal(value, before[name])}
    assert "linear.weight" in changed and f"backbone.{names[-1]}" in {name[: len(names[-1]) + 9] for name in changed}
    assert not [name for name in changed if name.startswith("backbone") and name.split(".")[1] != names[-1]]


def test_the_frozen_part_builds_no_graph() -> None:
    embedder = new_embedder("small", 8)
    freeze(embedder, 2)
    needs: list[bool] = []
    for child in embedder.backbone.children():
        child.register_forward_hook(lambda _module, _inputs, maps: needs.append(maps.requires_grad))
    embedder.embed(floats())
    assert needs == [False] * 9 + [True] * 2


def test_without_blocks_only_the_head_is_trained() -> None:
    embedder = new_embedder("small", 8)
    freeze(embedder, 0)
    assert trained_names(embedder) == {"pooling.p", "linear.weight", "linear.bias"}
    assert not any(module.training for module in embedder.train().backbone.modules() if module is not embedder.backbone)
    without_linear = new_embedder("small")
    freeze(without_linear, 0)
    assert trained_names(without_linear) == {"pooling.p"}


def test_all_blocks_unfrozen_is_the_whole_network_and_freezing_again_starts_from_it() -> None:
    embedder = new_embedder("small", 8)
    freeze(embedder, 0)
    freeze(embedder, 10)
    assert all(value.requires_grad for value in embedder.parameters())
    assert all(module.training for module in embedder.train().modules())


def test_a_copy_is_frozen_as_its_original() -> None:
    embedder = new_embedder("small", 8)
    freeze(embedder, 1)
    twin = copy.deepcopy(embedder).train()
    assert [module.training for module in twin.modules()] == [module.training for module in embedder.modules()]


@pytest.mark.parametrize("blocks", [-1, 11])
def test_a_number_of_blocks_that_the_backbone_has_not_is_refused_with_the_number_that_it_has(blocks: int) -> None:
    with pytest.raises(UserError, match=f"{blocks} blocks cannot be unfrozen: this backbone has 10"):
        freeze(new_embedder("small"), blocks)


def test_a_network_in_which_nothing_is_left_to_train_is_refused() -> None:
    with pytest.raises(UserError, match="nothing would be left to train"):
        freeze(new_embedder("small", pooling="spoc"), 0)
    freeze(new_embedder("small", 8, pooling="spoc"), 0)


@pytest.mark.parametrize("wanted", [{}, {"embedding_dim": 8}, {"pooling": "gem"}, {"embedding_dim": 8, "seed": 5}])
def test_the_same_head_goes_on_as_it_was(wanted: dict[str, Any], tmp_path: Path) -> None:
    embedder = new_embedder("conv4", 8, 1)
    assert same(load_weights(model_of(embedder, tmp_path), **wanted), embedder)


@pytest.mark.parametrize(
    ("wanted", "architecture"),
    [
        ({"embedding_dim": 16}, {"embedding_dim": 16}),
        ({"pooling": "mac"}, {"embedding_dim": 8, "pooling": "mac"}),
        ({"pooling_options": {"p": 5.0}}, {"embedding_dim": 8, "pooling_options": {"p": 5.0}}),
        ({"pooling": "vectorise_fc"}, {"embedding_dim": 8, "pooling": "vectorise_fc", "image_size": 32}),
        (
            {"pooling": "vectorise_fc", "image_size": 48},
            {"embedding_dim": 8, "pooling": "vectorise_fc", "image_size": 48},
        ),
    ],
)
def test_a_new_head_keeps_the_backbone_and_begins_anew(
    wanted: dict[str, Any], architecture: dict[str, Any], tmp_path: Path
) -> None:
    embedder = new_embedder("conv4", 8, 1)
    model = model_of(embedder, tmp_path)
    first, second, other = (load_weights(model, **wanted, seed=seed) for seed in (2, 2, 3))
    assert first.architecture == {"backbone": "conv4", **architecture}
    assert same(first.backbone, embedder.backbone)
    assert same(first, second) and not same(first.linear, other.linear) and not same(first.linear, embedder.linear)


def test_a_model_with_options_of_its_own_is_gone_on_from_with_them(tmp_path: Path) -> None:
    embedder = new_embedder("conv4", 8, 1, pooling="r_mac", pooling_options={"levels": 2})
    model = model_of(embedder, tmp_path)
    assert same(load_weights(model), embedder)
    assert load_weights(model, pooling="spoc").architecture == {
        "backbone": "conv4",
        "embedding_dim": 8,
        "pooling": "spoc",
    }


@pytest.mark.parametrize(
    "architecture",
    [
        {"backbone": "conv4"},
        {"backbone": "conv4", "embedding_dim": 8, "colour": 1},
        {"backbone": "conv4", "embedding_dim": "8"},
        {"backbone": "conv4", "embedding_dim": 8, "pooling_options": [1]},
        {"backbone": "conv4", "embedding_dim": -8},
    ],
)
def test_an_architecture_that_is_not_the_weights_own_is_refused_in_one_line(
    architecture: dict[str, Any], tmp_path: Path
) -> None:
    model_of(new_embedder("conv4", 8), tmp_path)
    with pytest.raises(ModelError, match="does not fit the model's architecture") as caught:
        load_weights(Model(tmp_path, ModelInfo("test", architecture, input_size=32, dimension=8)))
    assert "\n" not in str(caught.value)
