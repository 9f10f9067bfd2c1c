"""How an evaluation is to go, besides which pictures."""

from __future__ import annotations

from dataclasses import dataclass

from imgsearch.errors import UserError

KS = (1, 2, 4, 8)
"""Of recall_at_k."""
RANKS = (1, 5, 10)
"""Of cmc_at_k, in re-identification."""
CHEAP = 30_000
"""Pictures up to which all pairs of them are counted unasked."""


@dataclass(frozen=True)
class Episodes:
    """Few-shot episodes."""

    number: int = 2000
    way: int = 5
    shots: tuple[int, ...] = (1, 5)


@dataclass(frozen=True)
class Target:
    """What a calibrated threshold is to reach."""

    name: str
    """precision or far, the false-accept rate."""
    value: float

    @classmethod
    def parse(cls, text: str) -> Target:
        """From `precision=0.95` or `far=0.01`.

        Raises:
            UserError: it is something else.
        """
        name, _, number = text.partition("=")
        try:
            value = float(number)
        except ValueError:
            value = -1.0
        if name not in {"precision", "far"} or not 0 < value < 1:
            raise UserError(
                f"--calibrate {text}: not understood; write precision=0.95, or far=0.01 (false-accept rate)"
            )
        return cls(name, value)


@dataclass(frozen=True)
class Options:
    """What is measured."""

    expand: int = 0
    """Also ask with as many first matches added, as `query --expand` does; 0 does not."""
    rerank: bool = False
    """Also re-rank, as `query --rerank k-reciprocal` does."""
    verification: bool = False
    """Count all pairs, however many there are."""
    episodes: Episodes | None = None
    calibrate: Target | None = None
    seed: int = 0
    """Of all that is drawn by lot."""


DEFAULTS = Options()


def to_episodes(number: int | None, way: int | None, shots: str | None) -> Episodes | None:
    """What of `--episodes`, `--way` and `--shot` is given, with the others by default; None where none is.

    Raises:
        UserError: `shots` are no numbers above 0.
    """
    if number is None and way is None and shots is None:
        return None
    usual = Episodes()
    try:
        numbers = usual.shots if shots is None else tuple(dict.fromkeys(int(part) for part in shots.split(",")))
    except ValueError:
        numbers = (0,)
    if min(numbers) < 1:
        raise UserError(f"--shot {shots}: not understood; write --shot 1 or --shot 1,5")
    return Episodes(number or usual.number, way or usual.way, numbers)
