"""The end of a run: a network learns what it ends in, too, where unseen classes say that they are found better with it.

Training makes the last layer fit the classes that it shows. Those that it never saw are mostly found better by the last
two stages together, with what varies within the training classes turned down.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from imgsearch.errors import UserError
from imgsearch.metric.recipe import fit_recipe, parse_recipe
from imgsearch.training.dataset import Dataset
from imgsearch.training.embedder import Embedder
from imgsearch.training.fold import fold, restaged
from imgsearch.training.validation import embed_dataset, measure

STAGES = 2
METRIC = "rca^0.5"
"""At a half of what the textbook says, as well-tempered metrics won on every collection that was tried."""


@dataclass(frozen=True)
class Ending:
    """A trained network as it is exported, with what validation found."""

    embedder: Embedder
    quality: Mapping[str, float]
    plain: Mapping[str, float] | None = None
    """Without its new end, where it has one."""

    def facts(self) -> dict[str, Any] | None:
        """As JSON can hold it."""
        return None if self.plain is None else {"stages": STAGES, "metric": METRIC, "without": dict(self.plain)}


def best_ending(embedder: Embedder, data: Dataset, validation: Dataset, side: int, *, kept: bool = False) -> Ending:
    """The network as it was trained, or with a new end if that is better on the validation classes at `side` pixels.

    Takes networks on the processor. A network with a linear layer, or of several stages, keeps its end; so does any
    whose end shall be `kept`.
    """
    plain = measure(embedder, validation, side)
    asked_for = kept or embedder.architecture.get("embedding_dim") is not None or bool(embedder.ends)
    if asked_for or data.pairs is not None or data.columns:
        return Ending(embedder, plain)
    with contextlib.suppress(UserError):  # one stage alone, a pooling for one size of maps, or nothing that varies
        other = restaged(embedder, STAGES, side, mirrored=False)
        fold(other, fit_recipe(parse_recipe(METRIC), embed_dataset(other, data, side), data.labels))
        quality = measure(other, validation, side)
        if quality["map_at_r"] > plain["map_at_r"]:
            return Ending(other, quality, plain)
    return Ending(embedder, plain)
