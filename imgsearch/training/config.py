"""What decides a training run; readable without torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from imgsearch.errors import UserError
from imgsearch.registry import unknown


@dataclass(frozen=True)
class Augmentation:
    """How strongly pictures are varied.

    Colour is varied mildly: products and flowers are told apart by it, so an embedding must not become blind to it.
    """

    smallest_crop: float = 0.5
    """Share of the picture's area."""
    aspect_ratio: float = 4 / 3
    flip: float | None = None
    """Share of the views that are mirrored; None: half, or none where mirror images are classes of their own."""
    rotation: float = 20.0
    """Largest turn in degrees, either way."""
    shear: float = 0.2
    """Largest shift of a row, as a share of its distance from the middle, either way."""
    distortion: float = 0.0
    """Standard deviation of what elastic distortions shift, as a share of the picture's side."""
    brightness: float = 0.3
    contrast: float = 0.3
    saturation: float = 0.3
    grey: float = 0.1
    blur: float = 0.1
    """Share of the views that a Gaussian blurs."""
    jpeg: float = 0.1
    """Share of the pictures that show the marks of a JPEG of random quality."""

    def __post_init__(self) -> None:
        """Refuse what cannot be done."""
        for name, (low, high) in _ALLOWED.items():
            value = getattr(self, name)
            if not (name == "flip" and value is None) and not (
                isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high
            ):
                raise UserError(f"views.{name} must be a number from {low:g} to {high:g}, not {value}")

    @staticmethod
    def with_options(options: Mapping[str, Any]) -> Augmentation:
        """The usual one, but for some `options` by name.

        Raises:
            UserError: an option that there is not, with the nearest name, or a value out of range.
        """
        for name in options:
            if name not in _ALLOWED:
                raise UserError(unknown("option of views", name, _ALLOWED))
        return Augmentation(**options)


_ALLOWED = {
    "smallest_crop": (0.01, 1), "aspect_ratio": (1, 4), "flip": (0, 1), "rotation": (0, 180), "shear": (0, 2),
    "distortion": (0, 1), "brightness": (0, 1), "contrast": (0, 1), "saturation": (0, 1), "grey": (0, 1),
    "blur": (0, 1), "jpeg": (0, 1),
}  # fmt: skip


Options = dict[str, float | int | bool | str | None]
"""Options of a loss, miner, sampler or pooling, by name."""


VIEWS, MOST_ROUNDS = 24_000, 5
"""In an epoch of a small folder, so that it is worth an epoch."""
DRAWN_VIEWS, DRAWN_ROUNDS = 48_000, 8
"""The same where mirror images are classes of their own: there are twice as many to learn. On 240 Omniglot characters,
five rounds of each left much to learn."""


RATE, DRAWN_RATE = 2e-3, 4e-3
"""Learning rates; of drawings, if it goes on from a model that knows photographs: they are far from what that knows."""


@dataclass(frozen=True)
class TrainingConfig:
    """Everything that decides a run, saved with the model it made."""

    loss: str = "normalised_softmax"
    loss_options: Options = field(default_factory=dict)
    miner: str | None = None
    """None: the one that the sampler's batches are made for, or that the loss takes."""
    miner_options: Options = field(default_factory=dict)
    sampler: str | None = None
    """None: the one that the loss takes."""
    sampler_options: Options = field(default_factory=dict)
    backbone: str = "small"
    pooling: str = "gem"
    pooling_options: Options = field(default_factory=dict)
    embedding_dim: int | None = None
    """None: the pooled features, without a linear layer."""
    unfreeze: int | None = None
    """Train only the last so many blocks of the backbone, and what comes after it; None: all."""
    image_size: int = 64
    """Side of the crops in pixels."""
    grow_from: int | None = None
    """Side of the crops in the first epoch; it grows to `image_size` by two thirds of the run, which saves time."""
    epochs: int = 12
    quarter_turns: bool = True
    """Whether a class turned by 90, 180 and 270 degrees counts as three more classes (Ni et al. 2021, "Data
    Augmentation for Meta-Learning"): more classes to tell apart make unseen ones easier to find. Not for parts that
    look at the whole training set, or at more than class labels."""
    mirrored_classes: bool | None = None
    """Whether a class's mirror image counts as another class, too; None: where no training picture has any colour, as
    with characters and diagrams, which mean something else when mirrored."""
    rounds: int | None = None
    """How often an epoch shows each picture, each time in another view; None: see `rounds_for`."""
    classes_per_batch: int = 32
    images_per_class: int | None = None
    """None: as many as suit the loss."""
    learning_rate: float | None = RATE
    """At the peak; None: see `rate`."""
    adapt_rate: bool = False
    """Begin again with a quarter of the learning rate, at most twice, where the first epoch did harm: where it made
    unseen classes harder to find than they were before training."""
    loss_rate: float = 10.0
    """Learning rate of the loss's own parameters (proxies, margins), as a multiple: they begin at random."""
    weight_decay: float = 0.05
    """Of the kernels alone, see `imgsearch.training.run`; more of it keeps a long run from scratch from learning its
    pictures by heart."""
    dropout: float = 0.0
    """Share of what each block of the backbone gives that is dropped while it is trained, for the same reason."""
    averaging: float = 0.05
    """The weights that are measured and kept are averaged, exponentially, over this share of the run; 0: the last."""
    teacher_weight: float = 1.0
    """Of what a teacher says, beside the loss; see `imgsearch.training.distillation`."""
    teacher_temperature: float = 0.1
    patience: int = 5
    """Stop after so many epochs that did not improve map_at_r on the validation classes."""
    seed: int = 0
    augmentation: Augmentation = field(default_factory=Augmentation)

    def __post_init__(self) -> None:
        """Refuse what cannot be trained."""
        for name in ("image_size", "epochs", "rounds", "classes_per_batch", "images_per_class", "patience"):
            if getattr(self, name) is not None and getattr(self, name) < 1:
                raise UserError(f"{name} must be at least 1, not {getattr(self, name)}")
        if self.classes_per_batch < 2 or (self.images_per_class or 2) < 2:
            raise UserError("a batch needs at least 2 classes of 2 pictures: raise --batch-classes or --batch-images")
        if not 0 < self.rate < float("inf"):
            raise UserError(f"--lr must be a number above 0, not {self.learning_rate}")
        if not 0 <= self.weight_decay < float("inf"):
            raise UserError(f"--weight-decay must be a number from 0 on, not {self.weight_decay}")
        if not 0 <= self.dropout < 1:
            raise UserError(f"--dropout must be a share from 0 to below 1, not {self.dropout}")
        if self.seed < 0:
            raise UserError(f"--seed must be 0 or more, not {self.seed}")
        if not 0 < self.loss_rate < float("inf"):
            raise UserError(f"loss_rate must be a number above 0, not {self.loss_rate}")
        for name in ("weight", "temperature"):
            value = getattr(self, f"teacher_{name}")
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < float("inf"):
                raise UserError(f"teacher.{name} must be a number above 0, not {value}")
        if not 0 <= self.averaging < 1:
            raise UserError(f"averaging must be a share from 0 to below 1, not {self.averaging}")

    @property
    def rate(self) -> float:
        """The learning rate at the peak, also where it is left open; known when `mirrored_classes` is."""
        return (DRAWN_RATE if self.mirrored_classes else RATE) if self.learning_rate is None else self.learning_rate

    def rounds_for(self, pictures: int) -> int:
        """How often an epoch shows each of so many pictures: unless it is given, a few times where they are few."""
        views, most = (DRAWN_VIEWS, DRAWN_ROUNDS) if self.mirrored_classes else (VIEWS, MOST_ROUNDS)
        return self.rounds or max(1, min(most, views // pictures))

    def side(self, epoch: int) -> int:
        """Side of the crops in `epoch`, a multiple of 8."""
        if self.grow_from is None:
            return self.image_size
        share = min(1.0, epoch / max(1.0, self.epochs * 2 / 3))
        return round((self.grow_from + share * (self.image_size - self.grow_from)) / 8) * 8

    def epochs_left(self, done: int) -> float:
        """How much is left after `done` epochs, in epochs like the last of them.

        From 24 to 64 pixels a view takes about as much longer as its side is (small 1.6 and 3.7 ms): what it costs
        beside its pixels is much. Of larger ones, which were not measured, the pixels will count for more.
        """
        sides = [self.side(epoch) for epoch in range(self.epochs)]
        return sum(sides[done:]) / sides[done - 1]
