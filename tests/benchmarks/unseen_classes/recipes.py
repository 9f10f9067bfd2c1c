"""How each data set is learnt from scratch, and what else was tried: options of `imgsearch train`."""

from __future__ import annotations

CIFAR = (
    "--from", "scratch", "--backbone", "resnet12_half", "--loss", "normalised_softmax", "--image-size", "32",
    "--lr", "0.002", "--no-quarter-turns",
)  # fmt: skip
UPRIGHT = ("--set", "views.rotation=0", "--set", "views.shear=0")
DRAWINGS = (
    "--from", "scratch", "--backbone", "small", "--loss", "normalised_softmax", "--image-size", "64", "--lr", "0.002",
)  # fmt: skip

STARTS: dict[str, tuple[str, ...]] = {"cifar_fs": CIFAR, "fc100": CIFAR, "omniglot": DRAWINGS}
"""What the rows of an ablation change."""
LONG = (*CIFAR, *UPRIGHT, "--epochs", "45", "--grow-from", "16", "--input-size", "40")
RECIPES: dict[str, tuple[str, ...]] = {
    "cifar_fs": LONG,
    "fc100": LONG,
    "omniglot": (*DRAWINGS, "--epochs", "28"),
}
"""The start with what helped, and for longer."""

EPOCHS = 3
"""Of each row of an ablation: a small part of the recipe's, so that many can be compared."""

EITHER: dict[str, tuple[str, ...]] = {
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
}
"""What was tried on all of them, by the name of its row: options that win over the start's, {start} for the model that
it makes."""

CIFAR_TRIED = {
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
    "small, pictures enlarged to 64": ("--backbone", "small", "--image-size", "64"),
}

ABLATIONS: dict[str, dict[str, tuple[str, ...]]] = {
    "cifar_fs": EITHER | CIFAR_TRIED,
    "fc100": EITHER | CIFAR_TRIED,
    "omniglot": EITHER | {
        "no quarter turns as classes": ("--no-quarter-turns",),
        "no mirrored classes": ("--no-mirrored-classes",),
        "neither turned nor sheared": UPRIGHT,
        "smaller network": ("--backbone", "conv4"),
    },
}  # fmt: skip
