"""The labelled collections that an embedded model is measured on, out of the zip files of a data folder."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from imgsearch.errors import UserError, printable
from imgsearch.images.find import class_of, find_pictures
from imgsearch.workflows.labelled import Labelled, read_labelled
from tests.benchmarks.zipped import CIFAR100, TINY_IMAGENET, classes_in, unpack
from tests.conftest import SAMPLE_DATA

HELD_OUT = 40


def caltech50(data: Path, scratch: Path) -> Labelled:
    """50 categories of photographs that nothing is ever trained on."""
    return unpacked([data / "caltech50.zip"], scratch)


def tiny_imagenet(data: Path, scratch: Path) -> Labelled:
    """The last 40 class ids, which a variant for choosing leaves out of its training."""
    files = [data / name for name in TINY_IMAGENET]
    names = sorted({name for file in files for name in classes_in(file)})
    return unpacked(files, scratch, frozenset(names[-HELD_OUT:]))


def cifar_fs(data: Path, scratch: Path) -> Labelled:
    """The 20 test classes of CIFAR-FS."""
    split = data / "splits" / "cifar_fs_classes.json"
    try:
        names = frozenset(json.loads(split.read_text(encoding="utf-8"))["test"])
    except (OSError, ValueError, KeyError) as error:
        raise UserError(f"{printable(split)}: cannot be read ({error}); give the data folder by --data") from None
    return unpacked([data / name for name in CIFAR100], scratch, names)


def omniglot(data: Path, scratch: Path) -> Labelled:
    """The characters of the evaluation alphabets."""
    file = data / "omniglot.zip"
    return unpacked([file], scratch, frozenset(name for name in classes_in(file) if name.startswith("evaluation__")))


def sample_data(data: Path, scratch: Path) -> Labelled:
    """The drawings of this repository."""
    return read_labelled(SAMPLE_DATA)


COLLECTIONS: dict[str, Callable[[Path, Path], Labelled]] = {
    "caltech50": caltech50,
    "tiny_imagenet": tiny_imagenet,
    "cifar_fs": cifar_fs,
    "omniglot": omniglot,
    "sample_data": sample_data,
}
"""By name: from the data folder and a folder to unpack to, the pictures with their classes."""


def unpacked(files: list[Path], scratch: Path, classes: frozenset[str] | None = None) -> Labelled:
    """The pictures of zip files with a folder a class, of these classes or of all, unpacked into `scratch`.

    Raises:
        UserError: a file is missing or damaged.
    """
    unpack(files, scratch, None if classes is None else {name: name for name in classes})
    paths = tuple(find_pictures(scratch))
    return Labelled(paths, tuple(class_of(path) for path in paths))
