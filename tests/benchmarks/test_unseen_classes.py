"""The benchmark against published figures at a small size: its splits, its trials, its verdicts, one whole run."""

from __future__ import annotations

import json
import sys
import zipfile
from pathlib import Path

import pytest

from imgsearch.cli.lazy import LazyGroup
from imgsearch.cli.parts import parse_settings
from imgsearch.errors import UserError
from imgsearch.model import load_model
from tests.benchmarks.unseen_classes import __main__ as command
from tests.benchmarks.unseen_classes import ablation
from tests.benchmarks.unseen_classes.__main__ import reached, table
from tests.benchmarks.unseen_classes.recipes import ABLATIONS, RECIPES, Ablation
from tests.benchmarks.unseen_classes.splits import SPLITS, omniglot, with_few
from tests.benchmarks.unseen_classes.trials import error_rate
from tests.conftest import draw

CIFAR = {
    "train": ["apple", "oak", "wolf", "zebra"],
    "val": ["bear", "cup"],
    "test": ["ant", "bee", "cat", "dog", "eel"],
}
CHARACTERS = ["A__1", "B__1", "Sanskrit__1", "Syriac__1", "Tibetan__1", "Tibetan__2", "Tifinagh__1"]


def pack(file: Path, drawings: Path, classes: list[str], each: int = 2) -> None:
    """A zip file with a folder a class."""
    with zipfile.ZipFile(file, "a") as archive:
        for name in classes:
            for number in range(each):
                seed = sum(map(ord, name)) * 100 + number
                archive.write(draw(drawings / f"{name}-{number}.png", seed), f"{name}/{number}.png")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder like the real one."""
    folder = tmp_path / "data"
    (folder / "splits").mkdir(parents=True)
    (folder / "splits" / "fc100_classes.json").write_text(json.dumps(CIFAR))
    pack(folder / "cifar100-0.zip", tmp_path / "drawings", [*CIFAR["train"], "bear"], each=6)
    pack(folder / "cifar100-1.zip", tmp_path / "drawings", ["cup", *CIFAR["test"]], each=6)
    names = [f"background__{name}" for name in CHARACTERS] + ["evaluation__C__1", "evaluation__C__2"]
    pack(folder / "omniglot.zip", tmp_path / "drawings", names)
    return folder


def trials(file: Path, pairs: list[tuple[int, int]]) -> Path:
    """An archive of one run: a test drawing and a training drawing by their seeds, as many as there are pairs."""
    folder = file.parent / "trials"
    with zipfile.ZipFile(file, "w") as archive:
        lines = []
        for number, (test, training) in enumerate(pairs):
            names = [f"run01/test/item{number}.png", f"run01/training/class{number}.png"]
            for name, seed in zip(names, (test, training), strict=True):
                archive.write(draw(folder / f"{seed}.png", seed), name)
            lines.append(" ".join(names))
        archive.writestr("run01/class_labels.txt", "\n".join(lines) + "\n\n")
    return file


def test_validation_classes_are_the_last_by_name_and_no_class_is_in_two_parts(data: Path, tmp_path: Path) -> None:
    split = SPLITS["fc100"](data, tmp_path / "out")
    classes = sorted(folder.name for folder in split.training.iterdir())
    assert split.validation_classes == 2
    assert classes[-2:] == ["validation_bear", "validation_cup"]
    assert classes[:-2] == [f"train_{name}" for name in CIFAR["train"]]
    assert sorted(folder.name for folder in split.test.iterdir()) == CIFAR["test"]
    assert len(list(split.test.rglob("*.png"))) == 30


def test_omniglot_chooses_by_the_last_four_background_alphabets(data: Path, tmp_path: Path) -> None:
    split = SPLITS["omniglot"](data, tmp_path / "out")
    classes = sorted(folder.name for folder in split.training.iterdir())
    assert split.validation_classes == 5
    assert classes[:-5] == ["background__A__1", "background__B__1"]
    assert sorted(folder.name for folder in split.test.iterdir()) == ["evaluation__C__1", "evaluation__C__2"]


def test_more_alphabets_can_be_held_out_to_choose_by(data: Path, tmp_path: Path) -> None:
    assert omniglot(data, tmp_path / "five", alphabets=5).validation_classes == 6
    ten = SPLITS["omniglot_ten"](data, tmp_path / "ten")
    assert ten.validation_classes == 7  # there are but six here
    assert not ten.episodes


def test_what_was_unpacked_in_part_is_unpacked_anew(data: Path, tmp_path: Path) -> None:
    left = tmp_path / "out" / "test.part" / "ant"
    left.mkdir(parents=True)
    (left / "half.png").write_bytes(b"")
    split = SPLITS["fc100"](data, tmp_path / "out")
    assert not (split.test / "ant" / "half.png").exists()
    assert not left.exists()


def test_data_that_is_not_there_is_named(data: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"cifar_fs_classes\.json.*--data"):
        SPLITS["cifar_fs"](data, tmp_path / "out")
    (data / "cifar100-1.zip").write_bytes(b"no zip file")
    with pytest.raises(UserError, match=r"cifar100-1\.zip.*--data"):
        SPLITS["fc100"](data, tmp_path / "out")
    (data / "splits" / "fc100_classes.json").write_text(json.dumps({**CIFAR, "train": ["unicorn"]}))
    (data / "cifar100-1.zip").unlink()
    pack(data / "cifar100-1.zip", tmp_path / "drawings", ["cup"])
    with pytest.raises(UserError, match="no pictures of unicorn"):
        SPLITS["fc100"](data, tmp_path / "out")


def test_a_trial_is_wrong_where_another_is_nearer_and_half_wrong_where_two_are_as_near(
    tmp_path: Path,
) -> None:
    model = load_model("base")
    assert error_rate(model, trials(tmp_path / "right.zip", [(1, 1), (2, 2), (3, 3)])) == 0
    assert error_rate(model, trials(tmp_path / "wrong.zip", [(1, 2), (2, 1), (3, 3)])) == pytest.approx(2 / 3)
    assert error_rate(model, trials(tmp_path / "tied.zip", [(1, 1), (2, 1)])) == pytest.approx((0.5 + 0.5) / 2)


def test_an_archive_without_trials_or_with_a_broken_drawing_is_named(tmp_path: Path) -> None:
    model = load_model("base")
    with pytest.raises(UserError, match=r"gone\.zip"):
        error_rate(model, tmp_path / "gone.zip")
    with zipfile.ZipFile(tmp_path / "empty.zip", "w") as archive:
        archive.writestr("readme.txt", "nothing")
    with pytest.raises(UserError, match=r"class_labels\.txt"):
        error_rate(model, tmp_path / "empty.zip")
    with zipfile.ZipFile(trials(tmp_path / "broken.zip", [(1, 1)]), "a") as archive:
        archive.writestr("run01/test/broken.png", b"")
        archive.writestr("run02/class_labels.txt", "run01/test/broken.png run01/training/class0.png\n")
    with pytest.raises(UserError, match="cannot be read"):
        error_rate(model, tmp_path / "broken.zip")


def test_an_error_rate_is_to_be_small_and_an_accuracy_large() -> None:
    assert [reached("omniglot", "trials_error", value) for value in (0.03, 0.06, 0.08)] == [
        "goal",
        "required",
        "missed",
    ]
    assert [reached("fc100", "5_way_1_shot", value) for value in (0.45, 0.42, 0.41)] == ["goal", "required", "missed"]
    assert reached("fc100", "map_at_r", 0.1) == ""
    lines = list(table("fc100", {"5_way_1_shot": 0.42, "5_way_1_shot_interval": [0.41, 0.43], "map_at_r": 0.1}))
    assert lines[2].startswith("| 5_way_1_shot | 0.4200 | 0.4100–0.4300 | 0.411 | 0.446 | required |")
    assert len(lines) == 4


LITTLE = ["--epochs", "1", "--rounds", "1", "--backbone", "conv4", "--batch-classes", "2", "--batch-images", "2"]


@pytest.mark.slow
def test_a_run_trains_tests_once_and_is_not_trained_again(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    arguments = ["fc100", "--data", str(data), "--output", str(tmp_path / "out"), "--json", str(tmp_path / "f.json")]
    monkeypatch.setattr(sys, "argv", ["unseen_classes", *arguments, "--", *LITTLE])
    ended = command.main()
    first = json.loads((tmp_path / "f.json").read_text())
    shots = ("5_way_1_shot", "5_way_5_shot")
    assert ended == any(reached("fc100", shot, first["figures"][shot]) == "missed" for shot in shots)
    printed = capfd.readouterr()
    assert "$ imgsearch train" in printed.err and "| 5_way_5_shot |" in printed.out
    (run,) = first["runs"]
    assert run["command"][:2] == ["imgsearch", "train"] and len(run["course"]) == 1 and run["minutes"] > 0
    assert 0 <= first["figures"]["5_way_1_shot"] <= 1 and len(first["figures"]["5_way_1_shot_interval"]) == 2
    model = load_model(tmp_path / "out" / "fc100" / "model")
    assert model.info.architecture["backbone"] == "conv4"
    assert command.main() == ended
    assert "$ imgsearch train" not in capfd.readouterr().err
    assert json.loads((tmp_path / "f.json").read_text())["figures"] == first["figures"]
    monkeypatch.setattr(sys, "argv", ["unseen_classes", *arguments, "--", *LITTLE, "--seed", "1"])
    with pytest.raises(SystemExit):
        command.main()
    assert "other options; give another --output" in capfd.readouterr().err


@pytest.mark.slow
def test_a_recipe_trains_its_networks_one_after_the_other_and_tests_the_last(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    begun = ("--from", "scratch", "--no-ending")
    last = ("--from", "{student}", "--metric", "rca^0", "--fold", "1")
    recipe = {"teacher": begun, "student": (*begun, "--teacher", "{teacher}"), "model": last}
    monkeypatch.setitem(RECIPES, "fc100", recipe)
    folder = tmp_path / "out" / "fc100"
    arguments = ["fc100", "--data", str(data), "--output", str(tmp_path / "out"), "--json", str(tmp_path / "f.json")]
    monkeypatch.setattr(sys, "argv", ["unseen_classes", *arguments, "--", *LITTLE])
    (folder / "model.part").mkdir(parents=True)  # as a linear end leaves it that was killed
    command.main()
    made = [run["command"] for run in json.loads((tmp_path / "f.json").read_text())["runs"]]
    assert [len(run) > len(LITTLE) and "--backbone" in run for run in made] == [True, True, False]
    assert {run[2] for run in made} == {str(folder / "training")}
    assert load_model(folder / "student" / "model").info.training["teacher"] == str(folder / "teacher" / "model")
    assert made[2][made[2].index("--from") + 1] == str(folder / "student" / "model")
    assert load_model(folder / "model").info.architecture["mirrored"]
    printed = capfd.readouterr()
    assert (
        printed.out.count("1 epochs in") == 2
        and f"imgsearch eval {folder / 'test'} --model {folder / 'model'}" in printed.err
    )
    command.main()
    assert "$ imgsearch train" not in capfd.readouterr().err


def test_every_recipe_and_row_of_its_ablation_is_options_that_train_knows() -> None:
    command = LazyGroup().get_command(None, "train")
    assert {of.split for of in ABLATIONS.values()} == SPLITS.keys() == RECIPES.keys() | {"omniglot_ten"}
    for stages in RECIPES.values():
        assert list(stages)[-1] == "model"
        for options in stages.values():
            parse_settings(command.make_context("train", list(options)).params["settings"] or ())
    for name, of in ABLATIONS.items():
        assert of.rows["start"] == () and len(set(of.rows.values())) == len(of.rows), name
        for options in of.rows.values():
            parse_settings(command.make_context("train", [*of.start, *options]).params["settings"] or ())
    with pytest.raises(Exception, match="No such option"):  # click's, whose place differs between Typers
        command.make_context("train", ["--epoch-count", "3"])


def test_few_pictures_are_the_first_of_the_classes_to_learn_from_and_all_of_those_to_choose_by(
    data: Path, tmp_path: Path
) -> None:
    whole = SPLITS["fc100"](data, tmp_path / "whole")
    few = with_few(whole, tmp_path / "few", 2)
    names = {folder.name: [file.name for file in sorted(folder.iterdir())] for folder in few.training.iterdir()}
    training = {f"train_{name}": ["0.png", "1.png"] for name in CIFAR["train"]}
    assert names == training | {f"validation_{name}": [f"{n}.png" for n in range(6)] for name in CIFAR["val"]}
    assert (few.holdout, few.test) == (whole.holdout, whole.test)
    one = few.training / "train_oak" / "1.png"
    assert one.read_bytes() == (whole.training / "train_oak" / "1.png").read_bytes()
    one.unlink()
    assert with_few(whole, tmp_path / "few", 2) == few and not one.exists()  # it is not copied again


@pytest.mark.slow
def test_an_ablation_compares_on_the_validation_classes_and_does_not_train_twice(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    rows = {"start": (), "two, or more": ("--epochs", "2"), "no": ("--no",)}
    monkeypatch.setitem(ABLATIONS, "omniglot", Ablation("omniglot", (*LITTLE, "--epochs", "1"), rows))
    arguments = ["omniglot", "--data", str(data), "--output", str(tmp_path / "out"), "--json", str(tmp_path / "f.json")]
    monkeypatch.setattr(sys, "argv", ["ablation", *arguments, "--only", "start", "--only", "two, or more"])
    assert ablation.main() == 0
    printed = capfd.readouterr()
    assert printed.err.count("$ imgsearch train") == 2 and printed.err.count("--split holdout:5") == 4
    assert str(tmp_path / "out" / "omniglot" / "test") not in printed.err
    lines = printed.out.splitlines()
    assert lines[0] == "| changed | recall_at_1 | map_at_r | minutes | options |"
    assert lines[3].startswith("| two, or more | ") and lines[3].endswith(" | --epochs 2 |") and len(lines) == 4
    kept = json.loads((tmp_path / "f.json").read_text())
    assert list(kept) == ["start", "two, or more"] and 0 <= kept["start"]["figures"]["map_at_r"] <= 1
    assert ablation.main() == 0
    again = capfd.readouterr()
    assert "$ imgsearch train" not in again.err and again.out == printed.out
    monkeypatch.setattr(sys, "argv", ["ablation", *arguments, "--only", "strt"])
    with pytest.raises(SystemExit):
        ablation.main()
    assert "no row 'strt'; there are 'start'" in capfd.readouterr().err
