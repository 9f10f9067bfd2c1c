"""From queries to matches: find slots, look up their paths, leave out the queried file itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from imgsearch.index.catalogue import Catalogue
from imgsearch.index.finder import Finder
from imgsearch.index.paths import FileIdentity, absolute_path


@dataclass(frozen=True)
class Match:
    """One picture of an answer."""

    path: Path
    """Absolute."""
    similarity: float
    """Cosine, higher is nearer, to six decimals."""


@dataclass(frozen=True)
class Request:
    """What is asked of an index."""

    queries: NDArray[np.float32]
    """As they are searched: (q, search_dimension)."""
    k: int
    threshold: float
    exclude: Sequence[Path | None]


def answer(request: Request, finder: Finder, catalogue: Catalogue, root: Path) -> list[list[Match]] | None:
    """The matches of each query; None, to ask again, where pictures were removed or moved since `finder` was made."""
    identity = FileIdentity()
    themselves = [None if path is None else identity.resolve(path) for path in request.exclude]
    answers: list[list[Match]] = [[] for _ in themselves]
    pending = list(range(len(themselves)))
    # one more than wanted, as one may be the queried file; links can make it several, then twice as many are looked at
    width = request.k + any(path is not None for path in themselves)
    while pending:
        rankings = finder.find(request.queries[pending], width)
        paths = catalogue.paths((slot for slots, _ in rankings for slot in slots), finder.state.moves)
        if paths is None:
            return None
        short: list[int] = []
        for number, (slots, similarities) in zip(pending, rankings, strict=True):
            enough = similarities >= request.threshold
            found = [
                Match(path, float(similarity))
                for slot, similarity in zip(slots[enough], similarities[enough], strict=True)
                if identity.resolve(path := absolute_path(paths[int(slot)], root)) != themselves[number]
                or themselves[number] is None
            ]
            answers[number] = found[: request.k]
            finder.rows.require_intact(slots[enough])
            if len(found) < request.k and enough.all() and len(slots) < finder.state.living:
                short.append(number)
        pending, width = short, 2 * width
    return answers
