"""What is asked of indexes, how, and what comes back."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from imgsearch.errors import UserError, printable
from imgsearch.images.crop import Crop
from imgsearch.images.find import class_of
from imgsearch.images.source import Source, is_file
from imgsearch.index import Match

RERANKINGS = ("k-reciprocal",)


def require_reranking(name: str | None) -> None:
    """Raise `UserError` unless it is one of `RERANKINGS`, or None."""
    if name is not None and name not in RERANKINGS:
        raise UserError(f"--rerank {printable(name)}: unknown; there is {', '.join(RERANKINGS)}")


@dataclass(frozen=True)
class Question:
    """Pictures that are asked for as one: files, http(s) URLs, or "-", which is standard input."""

    pictures: tuple[str, ...]
    crop: Crop | None = None
    """Only this part of each of them."""

    @property
    def sources(self) -> tuple[Source, ...]:
        """What to open."""
        return tuple(Source(picture, self.crop) for picture in self.pictures)

    @property
    def files(self) -> list[Path]:
        """Those that are files."""
        return [Path(picture) for picture in self.pictures if is_file(picture)]

    @property
    def name(self) -> str:
        """The picture as it was given; several are joined by `+`."""
        return " + ".join(self.pictures)


@dataclass(frozen=True)
class Search:
    """How all questions are asked; ValueError where a number is out of range."""

    k: int = 10
    threshold: float | None = None
    """Leave out matches that are less similar."""
    method: str = "auto"
    """See `imgsearch.index.Index.search`."""
    questions: int = 0
    """How many are asked in all, if that is known: for many a graph pays."""
    others: tuple[tuple[str, float], ...] = ()
    """Pictures that are added to each question with a weight, or taken away with a negative one."""
    include_self: bool = False
    """Let the files that were asked with be answers."""
    expand: int = 0
    """Ask again with this many first matches added, see `imgsearch.retrieval.expansion`; 0 does not."""
    rerank: str | None = None
    """One of `RERANKINGS`."""

    def __post_init__(self) -> None:
        if self.k < 1 or self.expand < 0:
            raise ValueError(f"k = {self.k}, expand = {self.expand}; expected k from 1 and expand from 0 on")
        if self.threshold is not None and not -1.0 <= self.threshold <= 1.0:  # NaN neither
            raise ValueError(f"threshold {self.threshold}: out of range; similarity runs from -1 to 1")


@dataclass(frozen=True)
class Answer:
    """A question and its matches, best first."""

    question: Question
    matches: list[Match]

    @property
    def query(self) -> str:
        """The question's name."""
        return self.question.name

    @property
    def picture(self) -> Path | tuple[Source, ...]:
        """What to show of the question: a file, absolute, since it may be named otherwise where it is a match."""
        whole = len(self.question.pictures) == len(self.question.files) == 1 and self.question.crop is None
        return self.question.files[0].absolute() if whole else self.question.sources

    def votes(self) -> list[tuple[str, float]]:
        """What the matches say of its class: their classes, best first, with the share of votes of each."""
        from imgsearch.retrieval.vote import vote

        return vote([class_of(match.path) for match in self.matches], [match.similarity for match in self.matches])
