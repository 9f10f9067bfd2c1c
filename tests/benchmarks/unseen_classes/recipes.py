"""How each data set is learnt from scratch: options of `imgsearch train`, to be copied for one's own."""

from __future__ import annotations

RECIPES: dict[str, tuple[str, ...]] = {
    "cifar_fs": (
        "--from", "scratch", "--backbone", "resnet12", "--loss", "normalised_softmax", "--image-size", "32",
        "--epochs", "60", "--lr", "0.002", "--no-ending",
    ),
    "fc100": (
        "--from", "scratch", "--backbone", "resnet12", "--loss", "normalised_softmax", "--image-size", "32",
        "--epochs", "60", "--lr", "0.002", "--no-ending",
    ),
    "omniglot": (
        "--from", "scratch", "--backbone", "small", "--loss", "normalised_softmax", "--image-size", "64",
        "--epochs", "24", "--lr", "0.002",
    ),
}  # fmt: skip
