"""How each data set is learnt from scratch, and what else was tried: options of `imgsearch train`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

CIFAR = (
    "--from", "scratch", "--backbone", "resnet12_half", "--loss", "normalised_softmax", "--image-size", "32",
    "--lr", "0.002", "--no-quarter-turns",
)  # fmt: skip
UPRIGHT = ("--set", "views.rotation=0", "--set", "views.shear=0")
LESS_TURNED = ("--set", "views.rotation=7", "--set", "views.shear=0.07")
"""A third of what views are turned and sheared by default."""
DRAWINGS = (
    "--from", "scratch", "--backbone", "small", "--loss", "supcon", "--lr", "0.004", "--batch-classes", "64",
    "--batch-images", "4",
)  # fmt: skip

GROWING = (*CIFAR, *UPRIGHT, "--grow-from", "16", "--input-size", "40")
RECIPES: dict[str, dict[str, tuple[str, ...]]] = {
    "cifar_fs": {
        "network": (*GROWING, "--epochs", "34", "--weight-decay", "0.25", "--dropout", "0.1", "--no-ending"),
        "model": ("--from", "{network}", "--metric", "rca^0", "--fold", "1"),
    },
    "fc100": {"model": (*GROWING, "--epochs", "45")},
    "omniglot": {
        "model": (
            *DRAWINGS, "--set", "temperature=0.05", "--image-size", "48", "--grow-from", "24", "--input-size", "64",
            "--epochs", "54", "--weight-decay", "0.25", "--patience", "12", *LESS_TURNED,
        ),
    },
}  # fmt: skip
"""What helped, and for longer: trained in this order, {name} for the model of an earlier one; the last counts."""

EPOCHS = 3
"""Of most rows of an ablation: a small part of the recipe's, so that many can be compared."""

SHORT = ("--epochs", str(EPOCHS))
BY_HEART = (
    *CIFAR, *UPRIGHT, "--image-size", "24", "--grow-from", "16", "--rounds", "1", "--epochs", "40", "--patience", "40",
    "--no-ending",
)  # fmt: skip
"""Few pictures and many epochs: what comes to light at the end of a long training does so in ten minutes."""

BENT = ("--set", "temperature=0.05", "--set", "views.distortion=0.04")
"""Elastic distortions, at the temperature of Omniglot's recipe."""
SMALL = ("--image-size", "32", "--grow-from", "24", "--epochs", "12", "--no-ending")
"""Small drawings, so that twelve epochs take twelve minutes."""

PHOTOGRAPHS_TRIED: dict[str, tuple[str, ...]] = {
    "start": (),
    "twice the epochs": ("--epochs", str(2 * EPOCHS)),
    "no new end": ("--no-ending",),
    "prototypical loss": ("--loss", "prototypical"),
    "supervised contrastive loss": ("--loss", "supcon"),
    "proxy-anchor loss": ("--loss", "proxy_anchor"),
    "label smoothing 0.1": ("--set", "smoothing=0.1"),
    "temperature 0.1": ("--set", "temperature=0.1"),
    "twice the learning rate": ("--lr", "0.004"),
    "half the learning rate": ("--lr", "0.001"),
    "self-distillation": ("--teacher", "{start}"),
    "4 pictures a class": ("--batch-images", "4"),
    "quarter turns as classes": ("--quarter-turns",),
    "quarter turns as classes, twice the epochs": ("--quarter-turns", "--epochs", str(2 * EPOCHS)),
    "neither turned nor sheared": UPRIGHT,
    "from 16 pixels on, growing": ("--grow-from", "16"),
    "upright, 5 epochs growing from 16 pixels": (*UPRIGHT, "--epochs", "5", "--grow-from", "16"),
    "upright, twice the learning rate": (*UPRIGHT, "--lr", "0.004"),
    "upright, temperature 0.1": (*UPRIGHT, "--set", "temperature=0.1"),
    "upright, label smoothing 0.1": (*UPRIGHT, "--set", "smoothing=0.1"),
    "crops of 25 % and more": ("--set", "views.smallest_crop=0.25"),
    "wider network": ("--backbone", "resnet12"),
    "smaller network": ("--backbone", "conv4"),
    "small, pictures enlarged to 64": ("--backbone", "small", "--image-size", "64"),
}
"""By the name of its row, what was tried: options that win over the start's, {start} for the model that it makes."""

DRAWINGS_TRIED = {
    "start": (),
    "normalised softmax": ("--loss", "normalised_softmax", "--batch-classes", "128", "--batch-images", "2"),
    "prototypical loss": ("--loss", "prototypical"),
    "smooth AP": ("--loss", "smooth_ap"),
    "multi-similarity loss": ("--loss", "multi_similarity"),
    "temperature 0.05": ("--set", "temperature=0.05"),
    "temperature 0.03": ("--set", "temperature=0.03"),
    "temperature 0.05, bent": BENT,
    "temperature 0.05, bent by 0.075": ("--set", "temperature=0.05", "--set", "views.distortion=0.075"),
    "temperature 0.05, bent, crops of 80 % and more": (*BENT, "--set", "views.smallest_crop=0.8"),
    "temperature 0.05, bent, 128 classes a batch": (*BENT, "--batch-classes", "128"),
    "128 classes a batch": ("--batch-classes", "128"),
    "half the learning rate": ("--lr", "0.002"),
    "twice the epochs": ("--epochs", "24"),
    "weight decay 0.25": ("--weight-decay", "0.25"),
    "self-distillation": ("--teacher", "{start}"),
    "crops of 70 % and more": ("--set", "views.smallest_crop=0.7"),
    "encoded at 40 pixels": ("--input-size", "40"),
    "encoded at 44 pixels": ("--input-size", "44"),
    "no quarter turns as classes": ("--no-quarter-turns",),
    "no mirrored classes": ("--no-mirrored-classes",),
    "neither turned nor sheared": UPRIGHT,
    "smaller network": ("--backbone", "conv4"),
}

CONFUSED = (*DRAWINGS, *SMALL, *BENT, "--epochs", "8", "--input-size", "44")
"""For ten alphabets to choose by, whose characters are more often taken for those of another one."""
CONFUSED_TRIED = {
    "start": (),
    "neither turned nor sheared": UPRIGHT,
    "turned and sheared a third as much": LESS_TURNED,
    "upright, crops of 35 % and more": (*UPRIGHT, "--set", "views.smallest_crop=0.35"),
    "upright, crops of 80 % and more": (*UPRIGHT, "--set", "views.smallest_crop=0.8"),
    "upright, crops of 90 % and more, not stretched": (
        *UPRIGHT, "--set", "views.smallest_crop=0.9", "--set", "views.aspect_ratio=1",
    ),
}  # fmt: skip

BY_HEART_TRIED = {
    "start": (),
    "crops of 25 % and more": ("--set", "views.smallest_crop=0.25"),
    "label smoothing 0.1": ("--set", "smoothing=0.1"),
    "weight decay 0.25": ("--weight-decay", "0.25"),
    "weight decay 0.75": ("--weight-decay", "0.75"),
    "dropout 0.1": ("--dropout", "0.1"),
    "weight decay 0.25, dropout 0.1": ("--weight-decay", "0.25", "--dropout", "0.1"),
    "quarter turns as classes": ("--quarter-turns",),
}


@dataclass(frozen=True)
class Ablation:
    """Trainings that differ in one thing."""

    split: str
    start: tuple[str, ...]
    """What the rows change."""
    rows: Mapping[str, tuple[str, ...]]
    each: int | None = None
    """How many pictures of each class are learned; None: all."""


ABLATIONS = {
    "cifar_fs": Ablation("cifar_fs", (*CIFAR, *SHORT), PHOTOGRAPHS_TRIED),
    "cifar_fs_by_heart": Ablation("cifar_fs", BY_HEART, BY_HEART_TRIED, each=100),
    "fc100": Ablation("fc100", (*CIFAR, *SHORT), PHOTOGRAPHS_TRIED),
    "omniglot": Ablation("omniglot", (*DRAWINGS, *SMALL), DRAWINGS_TRIED),
    "omniglot_ten": Ablation("omniglot_ten", CONFUSED, CONFUSED_TRIED),
}
