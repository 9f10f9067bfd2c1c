"""Comparing picture files pixel by pixel, in pairs; each file is read once."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from imgsearch.errors import PictureError
from imgsearch.images.alignment import agreement
from imgsearch.images.pipeline import batched, ordered_map
from imgsearch.images.thumbnail import Thumbnail, pixel_digest, read_thumbnail
from imgsearch.progress import progress

_TOGETHER = 1024

Pair = tuple[int, int]


class PixelComparison:
    """Says which of some files, by their numbers, are copies: 5 kB of memory for each file that was asked about."""

    def __init__(self, files: Sequence[Path], threshold: float, *, mirrored: bool) -> None:
        self.skipped: list[PictureError] = []
        """Files that could not be read; they are copies of nothing."""
        self._files = files
        self._threshold = threshold
        self._mirrored = mirrored
        self._thumbnails: dict[int, Thumbnail | None] = {}
        self._digests: dict[int, bytes | None] = {}

    def pixels(self, number: int) -> int:
        """How many pixels a picture has that was compared; 0 for others."""
        thumbnail = self._thumbnails.get(number)
        return 0 if thumbnail is None else thumbnail.pixels

    def copies(self, pairs: Sequence[Pair]) -> list[bool]:
        """Which pairs are copies: their aligned pixels agree, or where there is nothing to align, all are equal."""
        self._read(number for pair in pairs for number in pair)
        answers: list[bool] = []
        with progress(total=len(pairs), description="comparing pixels", unit="pairs") as bar:
            for batch in batched(pairs, _TOGETHER):
                answers.extend(self._compared(batch))
                bar.update(len(batch))
        return answers

    def _compared(self, pairs: Sequence[Pair]) -> list[bool]:
        answers = [False] * len(pairs)
        fixed, moving, places = [], [], []
        for place, (one, other) in enumerate(pairs):
            first, second = self._thumbnails[one], self._thumbnails[other]
            if first is None or second is None:
                continue
            if first.flat and second.flat:
                answers[place] = self._digest(one) is not None and self._digest(one) == self._digest(other)
            elif not (first.flat or second.flat):
                fixed.append(first)
                moving.append(second)
                places.append(place)
        agreeing = agreement(fixed, moving)
        if self._mirrored:
            agreeing = np.maximum(agreeing, agreement(fixed, [picture.mirrored() for picture in moving]))
        for place, value in zip(places, agreeing, strict=True):
            answers[place] = bool(value >= self._threshold)
        return answers

    def _read(self, numbers: Iterable[int]) -> None:
        def thumbnail(number: int) -> Thumbnail | PictureError:
            try:
                return read_thumbnail(self._files[number])
            except PictureError as error:
                return error.with_traceback(None)  # which would keep the file's bytes

        missing = sorted(set(numbers) - set(self._thumbnails))
        read = progress(
            ordered_map(thumbnail, missing, threads=os.cpu_count() or 1), total=len(missing), description="reading"
        )
        for number, result in zip(missing, read, strict=True):
            if isinstance(result, PictureError):
                self.skipped.append(result)
            self._thumbnails[number] = None if isinstance(result, PictureError) else result

    def _digest(self, number: int) -> bytes | None:
        if number not in self._digests:
            try:
                self._digests[number] = pixel_digest(self._files[number])
            except PictureError as error:
                self.skipped.append(error.with_traceback(None))
                self._digests[number] = None
        return self._digests[number]
