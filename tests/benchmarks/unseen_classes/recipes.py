"""How each data set is learnt from scratch: options of `imgsearch train`. A beginning: none was run whole yet."""

from __future__ import annotations

CIFAR = (
    "--from", "scratch", "--backbone", "resnet12", "--loss", "normalised_softmax", "--image-size", "32",
    "--epochs", "60", "--lr", "0.002", "--no-ending",
)  # fmt: skip

RECIPES: dict[str, tuple[str, ...]] = {
    "cifar_fs": CIFAR,
    "fc100": CIFAR,
    "omniglot": (
        "--from", "scratch", "--backbone", "small", "--loss", "normalised_softmax", "--image-size", "64",
        "--epochs", "24", "--lr", "0.002",
    ),
}  # fmt: skip
