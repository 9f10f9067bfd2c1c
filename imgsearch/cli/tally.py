"""Counting answers as they pass by."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from imgsearch.cli.console import complain
from imgsearch.errors import PictureError

if TYPE_CHECKING:
    from imgsearch.workflows.question import Answer


class Tally:
    """Passes answers on, counts them and their matches, and complains of pictures that could not be asked."""

    def __init__(self, results: Iterator[Answer | PictureError]) -> None:
        self._results = results
        self.answers = self.matches = self.errors = 0

    def __iter__(self) -> Iterator[Answer]:
        for result in self._results:
            if isinstance(result, PictureError):
                complain(f"{result}; {result.remedy}")
                self.errors += 1
                continue
            self.answers += 1
            self.matches += len(result.matches)
            yield result
