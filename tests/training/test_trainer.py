"""Training end to end on pictures that a small network tells apart within seconds: by the direction of stripes."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from imgsearch.errors import UserError
from imgsearch.training import trainer
from imgsearch.training.checkpoint import Tensors, read_facts, read_tensors, save_checkpoint
from imgsearch.training.config import Augmentation, TrainingConfig
from imgsearch.training.dataset import Dataset
from imgsearch.training.embedder import new_embedder
from imgsearch.training.losses.normalised_softmax import NormalisedSoftmaxLoss
from imgsearch.training.reports import EpochReport
from imgsearch.training.run import Run
from imgsearch.training.trainer import schedule, train
from imgsearch.training.validation import embed_dataset, validate
from tests.training.helpers import striped

QUICK = TrainingConfig(image_size=32, epochs=3, rounds=1, classes_per_batch=4, images_per_class=4)


def begun(config: TrainingConfig = QUICK, data: Dataset | None = None, validation: Dataset | None = None) -> Run:
    return Run(new_embedder("small", seed=0), data or striped(4), config, validation=validation)


def test_the_loss_falls_and_every_epoch_is_reported() -> None:
    reports: list[EpochReport] = []
    train(begun(TrainingConfig(image_size=32, epochs=4, rounds=1), striped(4, each=16)), report=reports.append)
    assert [report.epoch for report in reports] == [1, 2, 3, 4]
    losses = [report.loss for report in reports if report.loss is not None]
    assert losses[-1] < losses[0]
    assert reports[0].validation is None and reports[0].active is not None and 0 < reports[0].active <= 1


def test_training_finds_pictures_of_its_classes_that_an_untrained_network_does_not() -> None:
    data = striped(6, each=24)
    still = Augmentation(smallest_crop=0.7, flip=0.0, rotation=0.0)  # a mirrored or turned stripe is of another class
    run = begun(
        TrainingConfig(image_size=32, epochs=4, rounds=2, classes_per_batch=6, quarter_turns=False, augmentation=still),
        data,
    )
    untrained = validate(new_embedder("small", seed=0), data, 32)["map_at_r"]
    train(run)
    assert validate(run.result(), data, 32)["map_at_r"] > untrained + 0.1


def test_the_same_seed_trains_the_same_network() -> None:
    first, second, other = begun(), begun(), begun(TrainingConfig(image_size=32, epochs=3, seed=1))
    for run in (first, second, other):
        train(run)
    for name, value in first.result().state_dict().items():
        assert torch.equal(value, second.result().state_dict()[name]), name
    assert not torch.equal(first.result().backbone[0].weight, other.result().backbone[0].weight)  # type: ignore[index]


def test_weight_decay_shrinks_the_kernels_by_its_share_and_nothing_else() -> None:
    start = [value.detach().clone() for value in begun().embedder.parameters()]
    moved = []
    for decay in (0.0, 0.25):
        run = begun(replace(QUICK, weight_decay=decay))
        for value in (*run.embedder.parameters(), *run.loss.parameters()):
            value.grad = torch.ones_like(value)
        run.optimiser.step()
        moved.append([*run.embedder.parameters(), *run.loss.parameters()])
    rate = QUICK.rate
    for before, free, held in zip(start, *moved, strict=False):
        shrunk = rate * 0.25 * before if before.ndim > 1 else torch.zeros_like(before)
        assert torch.allclose(free - held, shrunk, atol=1e-6)
    assert torch.equal(moved[0][-1], moved[1][-1])  # the loss's proxies


class KilledError(Exception):
    """Stands for kill -9: nothing in the run may rely on being told."""


@pytest.mark.parametrize(
    ("loss", "sampler"), [("multi_similarity", None), ("triplet", None), ("magnet", None), ("margin", "offline")]
)
@pytest.mark.parametrize("moment", ["between two epochs", "within an epoch"])
def test_a_run_that_goes_on_from_its_checkpoint_ends_like_one_that_was_never_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, loss: str, sampler: str | None, moment: str
) -> None:
    config = TrainingConfig(
        loss, image_size=32, epochs=3, rounds=1, classes_per_batch=3, images_per_class=4, sampler=sampler
    )
    data, unseen = striped(4), striped(3, seed=9)
    whole = begun(config, data, unseen)
    train(whole)

    if moment == "within an epoch":
        monkeypatch.setattr(trainer, "SAVE_EVERY", 0.0)
    file, stopped = tmp_path / "checkpoint.safetensors", begun(config, data, unseen)

    def save(tensors: Tensors, facts: dict[str, object]) -> None:
        save_checkpoint(file, tensors, facts)
        # before training, and one epoch
        if len(stopped.reports) == 2 and (moment == "between two epochs" or stopped.batch == 2):
            raise KilledError

    with pytest.raises(KilledError):
        train(stopped, save=save)
    facts = read_facts(file)
    assert facts is not None
    again = begun(config, data, unseen)
    again.restore(read_tensors(file), facts)
    assert (again.epoch, again.batch) == (1, 2 if moment == "within an epoch" else 0)
    train(again)
    for name, value in whole.embedder.state_dict().items():
        assert torch.equal(value, again.embedder.state_dict()[name]), name
    for name, value in whole.result().state_dict().items():
        assert torch.equal(value, again.result().state_dict()[name]), name
    for one, other in zip(whole.reports, again.reports, strict=True):
        assert (one.loss, one.active, one.validation) == (other.loss, other.active, other.validation)


def test_validation_is_on_other_pictures_before_the_first_epoch_and_after_each() -> None:
    reports: list[EpochReport] = []
    train(begun(validation=striped(3, seed=9)), report=reports.append)
    assert [report.epoch for report in reports] == [0, 1, 2, 3]
    assert all(report.map_at_r is not None and 0 <= report.map_at_r <= 1 for report in reports)
    assert reports[0].loss is None


def test_the_best_epoch_is_kept_and_training_stops_when_nothing_better_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    scores = iter([0.1, 0.2, 0.5, 0.4, 0.4, 0.9, 0.9])
    states: list[Tensors] = []

    def measured(embedder: torch.nn.Module, data: Dataset, side: int) -> dict[str, float]:
        states.append({name: value.clone() for name, value in embedder.state_dict().items()})
        return {"recall_at_1": 0.0, "map_at_r": next(scores)}

    monkeypatch.setattr(trainer, "validate", measured)
    run = begun(TrainingConfig(image_size=32, epochs=6, patience=2), validation=striped(3, seed=9))
    train(run)
    assert run.epoch == 4  # the best was the second, then two without anything better
    for name, value in run.result().state_dict().items():
        assert torch.equal(value, states[2][name]), name


def test_a_first_epoch_that_does_harm_is_undone_and_tried_with_a_quarter_of_the_learning_rate(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    scores = iter([0.5, 0.3, 0.2, 0.6, 0.7])
    monkeypatch.setattr(trainer, "validate", lambda *_: {"recall_at_1": 0.0, "map_at_r": next(scores)})
    said: list[str] = []
    run = begun(replace(QUICK, epochs=2, adapt_rate=True), validation=striped(3, seed=9))
    start = {name: value.clone() for name, value in run.embedder.state_dict().items()}
    rates: list[float] = []

    def report(one: EpochReport) -> None:
        rates.append(run.config.rate)

    train(run, report, say=said.append)
    assert rates == [2e-3, 2e-3, 5e-4, 1.25e-4, 1.25e-4]
    assert [item.epoch for item in run.reports] == [0, 1, 2] and run.reports[-1].map_at_r == 0.7
    assert len(said) == 2 and "beginning again with a quarter of the learning rate, 0.0005" in said[0]
    run.begin_again()
    assert all(torch.equal(value, start[name]) for name, value in run.embedder.state_dict().items())


def test_the_averaged_weights_follow_the_network_and_lie_behind_it() -> None:
    run = begun(TrainingConfig(image_size=32, epochs=3, averaging=0.9))
    before = run.embedder.backbone[0].weight.detach().clone()  # type: ignore[index]
    train(run)
    moved = run.embedder.backbone[0].weight.detach() - before  # type: ignore[index]
    averaged = run.result().backbone[0].weight.detach() - before  # type: ignore[index]
    along = float((moved * averaged).sum() / moved.square().sum())
    assert 0 < along < 1


def test_only_the_unfrozen_blocks_learn() -> None:
    run = begun(TrainingConfig(image_size=32, epochs=1, unfreeze=1))
    before = {name: value.clone() for name, value in run.embedder.state_dict().items()}
    train(run)
    changed = {name for name, value in run.embedder.state_dict().items() if not torch.equal(value, before[name])}
    last = max(int(name.split(".")[1]) for name in before if name.startswith("backbone"))
    assert changed and all(name.startswith((f"backbone.{last}.", "pooling")) for name in changed)


@pytest.mark.parametrize("loss", ["dbl", "log_ratio", "ordered_quadruplet", "cross_modal", "hierarchical_triplet"])
def test_losses_with_other_needs_get_what_they_ask_for(loss: str) -> None:
    columns = {"order": np.arange(32.0), "value": np.linspace(0, 1, 32), "domain": np.arange(32) % 2}
    data = striped(4)
    data = Dataset(data.pictures, data.labels, data.classes, data.hashes, (), columns)
    run = begun(TrainingConfig(loss, image_size=32, epochs=2), data)
    train(run)
    assert run.epoch == 2 and all(math.isfinite(report.loss or math.nan) for report in run.reports)


def test_a_collapsed_embedding_is_recognised() -> None:
    run = begun()
    with torch.no_grad():
        for value in run.embedder.parameters():
            value.zero_()
    run.embedder.linear = torch.nn.Linear(256, 256)  # nothing but its bias is left: one place for all pictures
    train(run)
    assert run.reports[0].collapsed
    healthy = begun()
    train(healthy)
    assert not any(report.collapsed for report in healthy.reports)


def test_the_learning_rate_warms_up_and_sinks_to_nothing() -> None:
    rates = [schedule(step, 200) for step in range(200)]
    assert rates[:10] == pytest.approx([0.1 * number for number in range(1, 11)])
    assert rates[10] == 1.0 and rates[-1] < 1e-3 and rates[10:] == sorted(rates[10:], reverse=True)


def test_a_learning_rate_that_is_left_open_is_higher_for_drawings_and_is_recorded() -> None:
    for mirrored, rate in ((True, 4e-3), (False, 2e-3)):
        config = TrainingConfig(image_size=32, epochs=1, learning_rate=None, mirrored_classes=mirrored)
        run = begun(config)
        assert run.config.learning_rate == rate and run.optimiser.param_groups[0]["peak"] == rate
    assert TrainingConfig(learning_rate=0.1, mirrored_classes=True).rate == 0.1
    whole = TrainingConfig(image_size=32, epochs=1, loss="magnet", learning_rate=None, mirrored_classes=True)
    run = begun(whole)  # Magnet looks at the whole training set, so no mirror image is a class of its own
    assert not run.config.mirrored_classes and (run.config.learning_rate, run.config.rounds) == (2e-3, 5)


def test_an_epoch_of_few_pictures_shows_each_several_times() -> None:
    config = TrainingConfig()
    assert [config.rounds_for(count) for count in (100, 6_000, 10_000, 80_000)] == [5, 4, 2, 1]
    drawn = TrainingConfig(mirrored_classes=True)  # twice as many classes, which take longer to learn
    assert [drawn.rounds_for(count) for count in (100, 6_000, 10_000, 80_000)] == [8, 8, 4, 1]
    assert TrainingConfig(rounds=3).rounds_for(80_000) == 3
    run = begun(TrainingConfig(image_size=32, epochs=1, classes_per_batch=4))
    train(run)
    assert run.config.rounds == 5 and run.steps == run.batches_per_epoch == 5 * 4  # 32 pictures in batches of 4 × 2


def test_a_class_turned_by_quarters_counts_as_classes_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[np.ndarray, torch.Tensor]] = []
    loss = NormalisedSoftmaxLoss(classes=16, dimension=256)

    def forward(embeddings: torch.Tensor, labels: torch.Tensor, _: None) -> torch.Tensor:
        seen.append((run.plan[run.batch], labels))  # type: ignore[index]
        return NormalisedSoftmaxLoss.forward(loss, embeddings, labels)

    run = begun(replace(QUICK, loss="normalised_softmax", epochs=1, rounds=5))
    monkeypatch.setattr(run.loss, "forward", forward)
    train(run)
    assert run.config.quarter_turns
    turns = {int(label) % 4 for _, labels in seen for label in labels}
    assert turns == {0, 1, 2, 3}
    for indices, labels in seen:
        assert (labels.numpy() // 4 == run.data.labels[indices]).all()
        assert len({int(label) for label in labels}) == len(
            {int(label) // 4 for label in labels}
        )  # a class turns as one


@pytest.mark.parametrize("loss", ["magnet", "cross_modal"])
def test_parts_that_look_at_more_than_the_labels_of_a_batch_are_spared_quarter_turns(loss: str) -> None:
    config = begun(TrainingConfig(loss, image_size=32, mirrored_classes=True)).config
    assert not config.quarter_turns and not config.mirrored_classes


def test_colourless_pictures_are_other_classes_when_mirrored_and_coloured_ones_are_the_same() -> None:
    data = striped(3)
    in_colour = begun(data=data).config
    assert (in_colour.augmentation.flip, in_colour.mirrored_classes) == (0.5, False)
    grey = replace(data, pictures=np.repeat(data.pictures[:, :, :, :1], 3, axis=3))
    assert (begun(data=grey).config.augmentation.flip, begun(data=grey).config.mirrored_classes) == (0.0, True)
    one_in_colour = replace(data, pictures=np.concatenate([grey.pictures[:-1], data.pictures[-1:]]))
    assert not begun(data=one_in_colour).config.mirrored_classes
    asked = begun(TrainingConfig(augmentation=Augmentation(flip=0.25), mirrored_classes=False), grey).config
    assert (asked.augmentation.flip, asked.mirrored_classes) == (0.25, False)


def test_crops_grow_to_their_full_size_by_two_thirds_of_the_run() -> None:
    config = TrainingConfig(image_size=64, grow_from=32, epochs=12)
    assert [config.side(epoch) for epoch in (0, 4, 8, 11)] == [32, 48, 64, 64]
    assert TrainingConfig(image_size=64).side(0) == 64


def test_what_is_left_of_a_run_counts_the_sides_of_its_epochs() -> None:
    growing = TrainingConfig(image_size=64, grow_from=32, epochs=4)
    assert [growing.side(epoch) for epoch in range(4)] == [32, 48, 56, 64]
    assert growing.epochs_left(1) == (48 + 56 + 64) / 32
    assert growing.epochs_left(4) == 0
    assert TrainingConfig(epochs=12).epochs_left(3) == 9


def test_embeddings_do_not_depend_on_the_batch_size() -> None:
    embedder = new_embedder("small", 16)
    data = striped(3)
    one, other = (embed_dataset(embedder, data, 32, batch_size=size) for size in (24, 5))
    assert np.allclose(one, other, atol=2e-2)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (striped(1), r"only one class \('class 0'\) to train on"),
        (striped(3, each=1), "no class has two readable pictures"),
    ],
)
def test_data_without_a_notion_of_similarity_is_refused(data: Dataset, message: str) -> None:
    with pytest.raises(UserError, match=message):
        begun(data=data)


def test_a_loss_that_is_no_number_any_more_ends_the_run_with_the_remedy() -> None:
    run = begun()
    with torch.no_grad():
        next(run.embedder.parameters()).fill_(float("nan"))
    with pytest.raises(UserError, match=r"training ran away in epoch 1 .*; lower --lr \(now 0.002\)"):
        train(run)


def test_a_checkpoint_of_another_architecture_is_refused() -> None:
    tensors, facts = begun().state()
    with pytest.raises(UserError, match="of another architecture"):
        Run(new_embedder("conv4", seed=0), striped(4), QUICK).restore(tensors, facts)
    with pytest.raises(UserError, match="of another architecture"):
        begun(TrainingConfig("multi_similarity", image_size=32)).restore(tensors, facts)


@pytest.mark.parametrize(
    "wrong",
    [{"epochs": 0}, {"images_per_class": 1}, {"learning_rate": 0.0}, {"learning_rate": math.inf},
     {"learning_rate": math.nan}, {"seed": -1}, {"averaging": 1.0}],
)  # fmt: skip
def test_configurations_that_cannot_be_trained_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(UserError):
        TrainingConfig(**wrong)  # type: ignore[arg-type] # wrong on purpose
