"""`duplicates`: groups of pictures of an index that are copies of one another.

Exact copies are known by their content. Other candidates are near neighbours by embedding, which is not enough, as an
embedding makes all pictures of a class alike on purpose: so pixels are compared, see `imgsearch.images.alignment`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from imgsearch.errors import PictureError
from imgsearch.images.pipeline import batched, ordered_map
from imgsearch.images.preprocess import Pixels
from imgsearch.index import Index
from imgsearch.model import Model
from imgsearch.progress import progress
from imgsearch.retrieval.grouping import star_groups
from imgsearch.workflows.distinct import Content, distinct_contents
from imgsearch.workflows.pixel_comparison import Pair, PixelComparison

THRESHOLD = 0.85
"""Agreement of aligned pixels from which on pictures are copies; `tests.benchmarks.duplicates` measures it."""
NEIGHBOURS = 20
"""Candidates of each picture."""
FLOOR = 0.5
"""Cosine of a candidate at least; of some thousand copies the least similar, a grey one, had 0.64."""
_TOGETHER = 1024


@dataclass(frozen=True)
class Duplicates:
    """What was found."""

    groups: list[list[Path]]
    """Two and more absolute paths each, best first: most pixels, then the oldest, then by path."""
    pictures: int
    """How many were looked at."""
    skipped: list[PictureError]
    """Pictures that are gone, changed since they were indexed, or cannot be read; they are in no group."""


def find_duplicates(index: Index, *, threshold: float = THRESHOLD, mirrored: bool = False) -> Duplicates:
    """The groups of copies in an index, each picture in one at most, in the order of their first paths.

    Every picture of a group is a copy of its first one, not only of another one in it. With `mirrored`, mirror images
    are copies, too; to find them every picture is read and encoded once more. Nothing is written, but for the graph
    where building it takes less time than comparing all with all.

    Raises:
        IndexFolderError: the index is damaged, or was given another model or compacted meanwhile.
    """
    model = index.model  # before the records, see `Index.near_pairs`
    contents, skipped = distinct_contents(index)
    comparison = PixelComparison([content.files[0][1] for content in contents], threshold, mirrored=mirrored)
    pairs = _near(index, contents)
    if mirrored:
        pairs |= set(_near_mirrored(index, model, contents, skipped))
    candidates = sorted(pairs)
    copies = [pair for pair, yes in zip(candidates, comparison.copies(candidates), strict=True) if yes]
    groups = _grouped(contents, copies, comparison)
    reasons = {error.path: error for error in [*skipped, *comparison.skipped]}
    return Duplicates(groups, sum(len(content.files) for content in contents), list(reasons.values()))


def _near(index: Index, contents: Sequence[Content]) -> set[Pair]:
    numbers = {content.slot: number for number, content in enumerate(contents)}
    found = index.near_pairs(list(numbers), NEIGHBOURS, floor=FLOOR)
    return {_pair(numbers[int(one)], numbers[int(other)]) for one, other in found}


def _near_mirrored(
    index: Index, model: Model, contents: Sequence[Content], skipped: list[PictureError]
) -> Iterator[Pair]:
    """Candidates among which one is near to the other's mirror image; an embedding need not be the same for both."""
    from imgsearch.encoder import Encoder  # a tenth of a second that is not spent unasked

    encoder = Encoder(model)
    numbers = {path: number for number, content in enumerate(contents) for _, path in content.files}

    def read(path: Path) -> Pixels | PictureError:
        try:
            return encoder.preprocess(path)[:, ::-1]
        except PictureError as error:
            return error.with_traceback(None)  # which would keep the file's bytes

    files = [content.files[0][1] for content in contents]
    decoded = progress(ordered_map(read, files, threads=os.cpu_count() or 1), total=len(files), description="mirroring")
    for batch in batched(enumerate(decoded), _TOGETHER):
        skipped.extend(pixels for _, pixels in batch if isinstance(pixels, PictureError))
        readable = [(number, pixels) for number, pixels in batch if not isinstance(pixels, PictureError)]
        vectors = encoder.embed_pixels(pixels for _, pixels in readable)
        answers = index.search(vectors, NEIGHBOURS, threshold=FLOOR, expected=len(contents))
        for (number, _), matches in zip(readable, answers, strict=True):
            for other in {numbers[match.path] for match in matches if match.path in numbers} - {number}:
                yield _pair(number, other)


def _pair(one: int, other: int) -> Pair:
    return min(one, other), max(one, other)


def _grouped(contents: Sequence[Content], copies: Sequence[Pair], comparison: PixelComparison) -> list[list[Path]]:
    def quality(number: int) -> tuple[int, int, bytes]:
        mtime_ns, path = contents[number].files[0]
        return -comparison.pixels(number), mtime_ns, os.fsencode(path)

    best_first = sorted({number for pair in copies for number in pair}, key=quality)
    ranks = {number: rank for rank, number in enumerate(best_first)}

    def alike(first: int, others: Sequence[int]) -> list[bool]:
        return comparison.copies([(best_first[first], best_first[other]) for other in others])

    stars = star_groups(((ranks[one], ranks[other]) for one, other in copies), alike)
    numbers = [[best_first[rank] for rank in star] for star in stars]
    grouped = {number for group in numbers for number in group}
    numbers += [[number] for number, content in enumerate(contents) if len(content.files) > 1 and number not in grouped]
    groups = [[path for number in group for path in _files(contents, number)] for group in numbers]
    return sorted(groups, key=lambda group: os.fsencode(group[0]))


def _files(contents: Sequence[Content], number: int) -> list[Path]:
    return [path for _, path in contents[number].files]
