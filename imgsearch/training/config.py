"""What decides a training run; readable without torch."""

from __future__ import annotations

from dataclasses import dataclass, field

from imgsearch.errors import UserError


@dataclass(frozen=True)
class Augmentation:
    """How strongly pictures are varied.

    Colour is varied mildly: products and flowers are told apart by it, so an embedding must not become blind to it.
    """

    smallest_crop: float = 0.3
    """Share of the picture's area."""
    aspect_ratio: float = 4 / 3
    flip: float = 0.5
    brightness: float = 0.3
    contrast: float = 0.3
    saturation: float = 0.3
    grey: float = 0.05


@dataclass(frozen=True)
class TrainingConfig:
    """Everything that decides a run, saved with the model it made."""

    loss: str = "multi_similarity"
    loss_options: dict[str, float] = field(default_factory=dict)
    backbone: str = "small"
    embedding_dim: int | None = None
    """None: the pooled features, without a linear layer."""
    image_size: int = 64
    """Side of the crops in pixels."""
    grow_from: int | None = None
    """Side of the crops in the first epoch; it grows to `image_size` by two thirds of the run, which saves time."""
    epochs: int = 12
    classes_per_batch: int = 32
    images_per_class: int = 4
    learning_rate: float = 2e-3
    weight_decay: float = 0.05
    seed: int = 0
    augmentation: Augmentation = field(default_factory=Augmentation)

    def __post_init__(self) -> None:
        """Refuse what cannot be trained."""
        for name in ("image_size", "epochs", "classes_per_batch", "images_per_class"):
            if getattr(self, name) < 1:
                raise UserError(f"{name} must be at least 1, not {getattr(self, name)}")
        if self.classes_per_batch < 2 or self.images_per_class < 2:
            raise UserError("a batch needs at least 2 classes of 2 pictures: raise --batch-classes or --batch-images")
        if not self.learning_rate > 0:
            raise UserError(f"--lr must be above 0, not {self.learning_rate}")

    def side(self, epoch: int) -> int:
        """Side of the crops in `epoch`, a multiple of 8."""
        if self.grow_from is None:
            return self.image_size
        share = min(1.0, epoch / max(1.0, self.epochs * 2 / 3))
        return round((self.grow_from + share * (self.image_size - self.grow_from)) / 8) * 8
