"""What an epoch of training came to; readable without torch."""

from __future__ import annotations

from dataclasses import dataclass

COLLAPSED = 0.995
"""Mean cosine similarity of pictures of two classes from which on nothing can be told apart any more."""


@dataclass(frozen=True)
class EpochReport:
    """What one epoch came to."""

    epoch: int
    """From 1; 0 is the network before training, which is measured only."""
    loss: float | None
    """Mean over the epoch's batches; None before training."""
    active: float | None
    """Mean share of the tuples that still teach something; None where every one always does."""
    similarity: float | None
    """Mean cosine similarity of pictures of two classes in a batch; at 1 all pictures lie in one place."""
    learning_rate: float
    """At the epoch's last step."""
    seconds: float
    """With validation."""
    validation: dict[str, float] | None
    """Retrieval metrics of the averaged weights on classes that are not trained on."""

    @property
    def collapsed(self) -> bool:
        """Whether all pictures lie, as far as one can tell, in one place."""
        return self.similarity is not None and self.similarity > COLLAPSED

    @property
    def map_at_r(self) -> float | None:
        """What says which epoch was best."""
        return None if self.validation is None else self.validation["map_at_r"]


HARM = 0.9
"""Share of the map_at_r before training below which an epoch has done harm."""


def harmed(reports: list[EpochReport]) -> bool:
    """Whether unseen classes are clearly harder to find after the last epoch than before training."""
    before, after = (report.map_at_r for report in (reports[0], reports[-1]))
    return reports[0].epoch == 0 and before is not None and after is not None and after < HARM * before


def best_epoch(reports: list[EpochReport]) -> EpochReport | None:
    """The first of the epochs that found most on the validation classes, the untrained network aside."""
    measured = [(report.map_at_r, report) for report in reports if report.epoch and report.map_at_r is not None]
    return max(measured, key=lambda pair: pair[0])[1] if measured else None
