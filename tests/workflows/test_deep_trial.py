"""Deep training as one of the ways that `train` compares; these tests train, on very little."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from imgsearch.metric.selection import class_folds
from imgsearch.model import load_model
from imgsearch.workflows import choose
from imgsearch.workflows.compare import Comparison, compare
from imgsearch.workflows.deep_trial import WAYS, Trials, enough
from imgsearch.workflows.labelled import Labelled, read_labelled

from ..conftest import draw

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Labelled:
    folder = tmp_path_factory.mktemp("pictures")
    for name in range(6):
        for number in range(3):
            draw(folder / str(name) / f"{number}.png", 100 * name + number)
    (folder / "0" / "broken.png").write_text("no picture")
    return read_labelled(folder)


@pytest.fixture(autouse=True)
def one_epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    for way in WAYS.values():
        monkeypatch.setitem(way, "epochs", 1)
        monkeypatch.setitem(way, "rounds", 1)


def test_a_trial_finds_every_picture_once_with_a_network_that_never_saw_its_class(pictures: Labelled) -> None:
    readable = pictures.rows([row for row, path in enumerate(pictures.paths) if path.name != "broken.png"])
    labels = np.unique(readable.classes, return_inverse=True)[1].astype(np.int64)
    told: list[str] = []
    trials = Trials(readable, labels, load_model("base"), "cpu", told.append)
    trial = trials.trial("last stages")(class_folds(labels, 2))
    assert trial.scores["map_at_r"].queries.tolist() == [3] * 6
    assert 0 < trial.scores["map_at_r"].mean <= 1
    assert trial.seconds > 0
    assert told == ["trying last stages: training 1 of 2", "trying last stages: training 2 of 2"]


def test_a_way_that_is_chosen_trains_on_all_classes_and_keeps_the_table(
    pictures: Labelled, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = Comparison((), "head", "chose head: because the test says so", 3, 18)
    monkeypatch.setattr(choose, "compare", lambda *_, **__: made)
    said: list[str] = []
    trained, comparison = choose.train_best(pictures, tmp_path / "model", say=said.append)
    assert comparison is made
    assert said[0] == "chose head: because the test says so; now with all classes"
    training = json.loads((tmp_path / "model" / "model.json").read_text())["training"]
    assert training["method"] == "deep" and training["config"]["unfreeze"] == 0
    assert training["comparison"]["chosen"] == "head"
    assert training["data"] == {**training["data"], "pictures": 18, "classes": 6}
    assert [Path(error.path).name for error in trained.skipped] == ["broken.png"]
    assert not (tmp_path / "model.part").exists()


def test_few_pictures_or_classes_are_not_worth_a_network(monkeypatch: pytest.MonkeyPatch, pictures: Labelled) -> None:
    assert enough(np.repeat(np.arange(20), 20))
    assert not enough(np.repeat(np.arange(20), 19))
    assert not enough(np.repeat(np.arange(11), 40))
    seen: list[object] = []

    def watched(*arguments: object, **options: object) -> Comparison:
        seen.append(options["deep"])
        return compare(*arguments, **options)  # type: ignore[arg-type] # passed through as it came

    monkeypatch.setattr(choose, "compare", watched)
    choose.train_best(pictures, Path(pictures.paths[0]).parents[2] / "few")
    assert seen == [None]
