"""What a run shall do, from what was asked for."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from imgsearch.errors import UserError
from imgsearch.training.config import Augmentation
from imgsearch.workflows.settings import settle, settle_again


def test_by_default_the_embedded_model_is_gone_on_from_as_it_was_trained() -> None:
    settings = settle({})
    assert (settings.start, settings.split, settings.input_size) == ("base", None, None)
    config = settings.config
    assert (config.backbone, config.pooling, config.embedding_dim, config.image_size) == ("small", "gem", None, 64)


def test_a_backbone_starts_from_scratch() -> None:
    settings = settle({"backbone": "conv4", "embedding_dim": 8})
    assert (settings.start, settings.config.backbone, settings.config.embedding_dim) == ("scratch", "conv4", 8)
    with pytest.raises(UserError, match="--backbone conv4 starts from scratch, --from base does not"):
        settle({"backbone": "conv4", "start": "base"})


def test_an_unfinished_run_keeps_its_settings_through_json() -> None:
    given = {"loss": "margin", "loss_options": {"alpha": 0.1}, "epochs": 3, "split": "holdout:2", "start": "scratch"}
    given["ending"] = False
    settings = settle(given)
    facts = json.loads(json.dumps(settings.facts()))
    assert settle_again({}, facts, settings.config.rate) == settings
    assert settle_again(given, facts, settings.config.rate) == settings


def test_of_an_unfinished_run_the_learning_rate_alone_may_change() -> None:
    facts = settle({"epochs": 3}).facts()
    again = settle_again({"learning_rate": 0.5}, facts, 0.1).config
    assert again.learning_rate == 0.5 and not again.adapt_rate  # what was asked for is kept
    assert settle_again({}, facts, 0.1).config.learning_rate == 0.1  # what it had come to by itself
    del facts["ending"]  # as runs have it that were begun before it could be chosen
    assert settle_again({"ending": True}, facts, 0.1).ending

    for name, value in {"epochs": 4, "loss": "margin", "start": "scratch", "split": "none", "ending": False}.items():
        with pytest.raises(UserError, match=rf"--resume: the run was begun with {name} .*; leave that option away"):
            settle_again({name: value}, facts, 0.1)


def test_views_are_varied_as_asked_for_and_otherwise_as_usual_and_stay_so_when_a_run_goes_on() -> None:
    given = {"views_options": {"rotation": 0, "flip": None}}
    settings = settle(given)
    assert settings.config.augmentation == replace(Augmentation(), rotation=0)
    facts = json.loads(json.dumps(settings.facts()))
    again = settle_again(given, facts, settings.config.rate)
    assert again.config.augmentation == settings.config.augmentation
    with pytest.raises(UserError, match=r"begun with views\.rotation 0, not 10; leave that option away"):
        settle_again({"views_options": {"rotation": 10}}, facts, settings.config.rate)
    with pytest.raises(UserError, match="rotaton"):
        settle_again({"views_options": {"rotaton": 10}}, facts, settings.config.rate)


def test_a_run_keeps_its_teacher_and_how_much_it_says() -> None:
    given = {"teacher": "base", "teacher_options": {"weight": 2, "temperature": 0.05}, "epochs": 3}
    settings = settle(given)
    assert (settings.teacher, settings.config.teacher_weight, settings.config.teacher_temperature) == ("base", 2, 0.05)
    facts = json.loads(json.dumps(settings.facts()))
    assert settle_again({}, facts, 0.1).teacher == settle_again(given, facts, 0.1).teacher == "base"
    others: dict[str, dict[str, Any]] = {"teacher": {"teacher": "other"}, "weight": {"teacher_options": {"weight": 1}}}
    for name, other in others.items():
        with pytest.raises(UserError, match=rf"begun with .*{name}.*; leave that option away"):
            settle_again(other, facts, 0.1)
    for name in ("teacher", "teacher_weight", "teacher_temperature"):  # as in runs begun before there were teachers
        facts.pop(name, None)
        facts["config"].pop(name, None)
    assert settle_again({}, facts, 0.1).teacher is None


@pytest.mark.parametrize(
    ("option", "value", "told"),
    [
        ("rotaton", 3, "unknown option of views 'rotaton'.*'rotation'"),
        ("rotation", 200, "views.rotation must be a number from 0 to 180, not 200"),
        ("smallest_crop", 0, "views.smallest_crop must be a number from 0.01 to 1, not 0"),
        ("jpeg", None, "views.jpeg must be a number from 0 to 1, not None"),
        ("blur", True, "views.blur must be a number from 0 to 1, not True"),
        ("grey", float("nan"), "views.grey must be a number from 0 to 1, not nan"),
        ("distortion", -0.1, "views.distortion must be a number from 0 to 1, not -0.1"),
        ("grey", "much", "views.grey must be a number from 0 to 1, not much"),
    ],
)
def test_views_that_there_are_not_are_refused(option: str, value: object, told: str) -> None:
    with pytest.raises(UserError, match=told):
        settle({"views_options": {option: value}})


def test_a_learning_rate_that_was_asked_for_is_kept_whatever_it_does() -> None:
    assert settle({}).config.adapt_rate
    assert not settle({"learning_rate": 0.001}).config.adapt_rate
    assert not settle({"start": "scratch"}).config.adapt_rate


def test_torchvision_networks_with_their_own_weights_are_trained_on_larger_pictures() -> None:
    settings = settle({"start": "torchvision:resnet18"})
    assert (settings.origin, settings.config.backbone, settings.config.image_size) == (None, "resnet18", 224)
    assert settings.config.rate < settle({}).config.rate


def test_a_pooling_made_for_one_size_refuses_others() -> None:
    with pytest.raises(UserError, match="vectorise_fc is made for one size of pictures"):
        settle({"pooling": "vectorise_fc", "grow_from": 32})


def test_a_long_run_on_large_pictures_begins_with_small_ones() -> None:
    assert settle({"epochs": 6, "image_size": 64}).config.grow_from == 32
    assert settle({"epochs": 6, "image_size": 64, "grow_from": 64}).config.side(0) == 64
    for given in ({"epochs": 3}, {"image_size": 56}, {"pooling": "vectorise_fc"}):
        assert settle({"epochs": 6, "image_size": 64, **given}).config.grow_from is None
