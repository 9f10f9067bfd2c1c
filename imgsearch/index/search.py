"""From queries to matches: find slots, look up their paths, leave out the queried files themselves."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from imgsearch.index.catalogue import Catalogue
from imgsearch.index.finder import Finder
from imgsearch.index.paths import FileIdentity, absolute_name


@dataclass(frozen=True)
class Match:
    """One picture of an answer."""

    path: Path
    """Absolute."""
    similarity: float
    """Cosine, higher is nearer, to six decimals."""
    vector: NDArray[np.float32] | None = field(default=None, repr=False, compare=False)
    """(search_dimension,) as it was compared, where it was asked for."""


@dataclass(frozen=True)
class Request:
    """What is asked of an index."""

    queries: NDArray[np.float32]
    """As they are searched: (q, search_dimension)."""
    k: int
    threshold: float
    exclude: Sequence[Collection[Path]]
    with_vectors: bool = False


def answer(request: Request, finder: Finder, catalogue: Catalogue, root: Path) -> list[list[Match]] | None:
    """The matches of each query; None, to ask again, where pictures were removed or moved since `finder` was made."""
    identity = FileIdentity()
    themselves = [{os.fspath(identity.resolve(path)) for path in paths} for paths in request.exclude]
    home = os.fspath(root)
    answers: list[list[Match]] = [[] for _ in themselves]
    pending = list(range(len(themselves)))
    # more than wanted, as some may be the queried files; links can make it even more, then twice as many are looked at
    width = request.k + max(map(len, themselves), default=0)
    while pending:
        rankings = finder.find(request.queries[pending], width)
        paths = catalogue.paths((slot for slots, _ in rankings for slot in slots), finder.state.moves)
        if paths is None:
            return None
        short: list[int] = []
        for number, (slots, similarities) in zip(pending, rankings, strict=True):
            enough = similarities >= request.threshold
            found = [
                Match(Path(name), float(similarity), finder.rows.values[slot].copy() if request.with_vectors else None)
                for slot, similarity in zip(slots[enough], similarities[enough], strict=True)
                if identity.real_name(name := absolute_name(paths[int(slot)], home)) not in themselves[number]
            ]
            answers[number] = found[: request.k]
            finder.rows.require_intact(slots[enough])
            if len(found) < request.k and enough.all() and len(slots) < finder.state.living:
                short.append(number)
        pending, width = short, 2 * width
    return answers
