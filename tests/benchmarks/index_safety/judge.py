"""Whether an answer is exact."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

TOLERANCE = 1e-5
"""How far a similarity may be from the truth: six decimals are kept, of float32 rows."""
EVERYTHING = 9999
"""More matches than any index here has pictures."""


@dataclass(frozen=True)
class Verdict:
    """What an answer is worth; right where nothing is wrong and nothing is missing."""

    wrong: str | None
    missing: Sequence[str]

    @property
    def right(self) -> bool:
        return self.wrong is None and not self.missing


def judge(matches: Sequence[tuple[str, float]], truth: Mapping[str, float], k: int) -> Verdict:
    """Hold an answer, best first, against the truth (path → similarity); equally similar ones may come in any order."""
    printed: set[str] = set()
    last = 2.0
    for path, similarity in matches:
        if path not in truth:
            return Verdict(f"{path} is no picture of the index", ())
        if path in printed:
            return Verdict(f"{path} comes twice", ())
        if not abs(similarity - truth[path]) <= TOLERANCE:
            return Verdict(f"{path} has similarity {truth[path]:.6f}, not {similarity:.6f}", ())
        if similarity > last:
            return Verdict(f"{path} stands too low", ())
        printed.add(path)
        last = similarity
    if len(matches) > k:
        return Verdict(f"{len(matches)} matches, {k} were wanted", ())
    bound = -2.0 if len(matches) < k else last + 2 * TOLERANCE
    return Verdict(None, [path for path, value in truth.items() if value > bound and path not in printed])
