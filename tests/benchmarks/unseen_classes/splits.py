"""Which classes of the data sets are learnt from, chosen by and tested on; unpacked as folders of classes."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from imgsearch.errors import UserError, printable
from tests.benchmarks.zipped import CIFAR100, classes_in, unpack

VALIDATION_ALPHABETS, MORE_ALPHABETS = 4, 10
"""Omniglot has no validation classes of its own: the last alphabets, by name, of the thirty to learn from. Ten are as
hard as the evaluation alphabets, recall_at_1 0.88 after a short training; four are kinder, 0.96."""


@dataclass(frozen=True)
class Split:
    """Folders of classes, by data set."""

    training: Path
    """The classes to learn from and, last by name, those to choose by."""
    validation_classes: int
    test: Path
    episodes: bool = True
    """Whether few-shot episodes are what is published of it."""

    @property
    def holdout(self) -> str:
        """The classes to choose by, as `--split` takes them."""
        return f"holdout:{self.validation_classes}"


def cifar_fs(data: Path, folder: Path) -> Split:
    """64, 16 and 20 classes of CIFAR-100, drawn at random (Bertinetto et al. 2019)."""
    return _cifar(data, folder, "cifar_fs")


def fc100(data: Path, folder: Path) -> Split:
    """60, 20 and 20 classes of CIFAR-100, no superclass in two of them (Oreshkin et al. 2018)."""
    return _cifar(data, folder, "fc100")


def omniglot(data: Path, folder: Path, alphabets: int = VALIDATION_ALPHABETS) -> Split:
    """827 and 137 background characters, and the 659 of the evaluation alphabets (Lake et al. 2015)."""
    file = data / "omniglot.zip"
    names = sorted(classes_in(file))
    background = {name: name for name in names if name.startswith("background__")}
    last = sorted({_alphabet(name) for name in background})[-alphabets:]
    validation = [name for name in background if _alphabet(name) in last]
    evaluation = {name: name for name in names if name.startswith("evaluation__")}
    return Split(
        _unpacked([file], folder / "training", background),
        len(validation),
        _unpacked([file], folder / "test", evaluation),
        episodes=False,
    )


def omniglot_ten(data: Path, folder: Path) -> Split:
    """633 and 331 background characters: ten alphabets to choose by instead of four."""
    return omniglot(data, folder, MORE_ALPHABETS)


def with_few(split: Split, folder: Path, each: int) -> Split:
    """A split with only the first `each` pictures, by name, of the classes to learn from; copied to `folder`, once."""
    if not folder.exists():
        part = folder.with_name(folder.name + ".part")
        shutil.rmtree(part, ignore_errors=True)
        classes = sorted(split.training.iterdir())
        for number, source in enumerate(classes):
            (part / source.name).mkdir(parents=True)
            few = sorted(source.iterdir())[: each if number < len(classes) - split.validation_classes else None]
            for picture in few:
                shutil.copyfile(picture, part / source.name / picture.name)
        part.rename(folder)
    return replace(split, training=folder)


def _alphabet(character: str) -> str:
    return character.rpartition("__")[0]


SPLITS: dict[str, Callable[[Path, Path], Split]] = {
    "cifar_fs": cifar_fs,
    "fc100": fc100,
    "omniglot": omniglot,
    "omniglot_ten": omniglot_ten,
}
"""By name: from the data folder and a folder to unpack to, which keeps what was unpacked."""


def _cifar(data: Path, folder: Path, name: str) -> Split:
    listed = data / "splits" / f"{name}_classes.json"
    try:
        parts = json.loads(listed.read_text(encoding="utf-8"))
        training, validation, test = (tuple(parts[part]) for part in ("train", "val", "test"))
    except (OSError, ValueError, KeyError) as error:
        raise UserError(f"{printable(listed)}: cannot be read ({error}); give the data folder by --data") from None
    files = [data / archive for archive in CIFAR100]
    learnt = {**{name: f"train_{name}" for name in training}, **{name: f"validation_{name}" for name in validation}}
    return Split(
        _unpacked(files, folder / "training", learnt),
        len(validation),
        _unpacked(files, folder / "test", {name: name for name in test}),
    )


def _unpacked(files: list[Path], folder: Path, names: Mapping[str, str]) -> Path:
    """The pictures of some classes out of zip files with a folder a class, in folders of these names; once."""
    if folder.exists():
        return folder
    part = folder.with_name(folder.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    unpack(files, part, names)
    missing = sorted(set(names) - {name for name, renamed in names.items() if (part / renamed).is_dir()})
    if missing:
        raise UserError(f"{printable(files[0])}: has no pictures of {missing[0]}; give the data folder by --data")
    part.rename(folder)
    return folder
