"""Several indexes that are searched as one."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from imgsearch.encoder import Encoder
from imgsearch.errors import IndexFolderError, ModelError, printable
from imgsearch.index import Index, Match, Plan
from imgsearch.index.paths import FileIdentity
from imgsearch.model import Model
from imgsearch.workflows.narrow import Narrowing
from imgsearch.workflows.threshold import threshold_of


class Indexes:
    """One or more indexes of the same model, whose answers are merged.

    Args:
        indexes: each is searched.
        narrowing: what may be an answer.
        encoder_of: makes the encoder of a model for so many pictures.

    Raises:
        IndexFolderError: they have different models.
    """

    def __init__(
        self,
        indexes: Sequence[Index],
        narrowing: Narrowing | None = None,
        *,
        encoder_of: Callable[[Model, int], Encoder] = Encoder,
    ) -> None:
        here = Path.cwd()
        self._encoder_of = encoder_of
        self._indexes = [(index, (narrowing or Narrowing()).of(index.root, here)) for index in indexes]
        self._require_one_model()

    @classmethod
    def open(cls, folders: Sequence[Path], narrowing: Narrowing | None = None) -> Indexes:
        """The indexes of these folders, each once, or the nearest one where none is named; see `Index.open`."""
        opened = [Index.open(folder) for folder in folders] or [Index.open()]
        return cls(list({index.folder: index for index in opened}.values()), narrowing)

    def __len__(self) -> int:
        """How many pictures are searchable, those in several indexes counted in each."""
        return sum(len(index) for index, _ in self._indexes)

    @property
    def plans(self) -> list[tuple[Path, Plan]]:
        """The index folders that were searched last, and how each was, and why."""
        return [(index.folder, index.last_plan) for index, _ in self._indexes if index.last_plan is not None]

    @property
    def among(self) -> int | None:
        """How many pictures the narrowing let through when they were searched last; None without one."""
        counts = [plan.among for _, plan in self.plans if plan.among is not None]
        return sum(counts) if counts else None

    def threshold(self) -> float:
        """The similarity from which on pictures count as the same, as calibrated for the model.

        Raises:
            UserError: it was not calibrated.
        """
        return threshold_of(self._indexes[0][0].model.info, "--threshold auto").similarity

    def encoder(self, pictures: int) -> Encoder:
        """The encoder of their model, for so many pictures."""
        index = self._indexes[0][0]
        try:
            return self._encoder_of(index.model, pictures)
        except ModelError:  # the index may have another model by now, and the file of this one be gone
            self.refresh()
            return self._encoder_of(index.model, pictures)

    def refresh(self) -> None:
        """Read the models again: the indexes may have another one by now; `IndexFolderError` where they differ."""
        for index, _ in self._indexes:
            index.refresh()
        self._require_one_model()

    def search(
        self,
        queries: NDArray[np.float32],
        k: int,
        *,
        threshold: float | None,
        method: str,
        exclude: Sequence[Collection[Path]],
        expected: int = 0,
        with_vectors: bool = False,
    ) -> list[list[Match]]:
        """As `Index.search`; a picture that is in several indexes is one match, of equal ones the first index's first.

        Raises:
            ModelChangedError: as there.
        """
        found = [
            index.search(
                queries,
                k,
                threshold=threshold,
                method=method,
                exclude=exclude,
                only=only,
                expected=expected,
                with_vectors=with_vectors,
            )
            for index, only in self._indexes
        ]
        return found[0] if len(found) == 1 else [_merged(answers)[:k] for answers in zip(*found, strict=True)]

    def _require_one_model(self) -> None:
        first, *others = (index for index, _ in self._indexes)
        for other in others:
            if other.model_digest != first.model_digest:
                places = f"{printable(first.folder)} and {printable(other.folder)}"
                models = f"{printable(first.model.info.name)} and {printable(other.model.info.name)}"
                remedy = "query them one by one, or give them one model by `imgsearch index --index DIR --model MODEL`"
                raise IndexFolderError(f"{places}: of different models ({models}), so not comparable; {remedy}")


def _merged(answers: Sequence[Sequence[Match]]) -> list[Match]:
    identity = FileIdentity()
    once: dict[Path, Match] = {}
    for matches in answers:
        for match in matches:
            once.setdefault(identity.resolve(match.path), match)
    return sorted(once.values(), key=lambda match: -match.similarity)
