"""Indexing small pictures, cold to committed, against nothing but decoding and encoding them on the same cores."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from tests.benchmarks.speed.indexing import indexed
from tests.benchmarks.speed.photographs import write_small_pictures
from tests.benchmarks.speed.results import Result, Setting, compared, in_turns, seconds
from tests.benchmarks.speed.rivals import CORES, Rival, decoded_reduced

AGAINST = "decode-only + encode-only time, each on all cores"


def measure(setting: Setting) -> Iterator[Result]:
    """20,000 of them, in turns."""
    folder = setting.folder / "small"
    files = write_small_pictures(folder, setting.scaled(20_000))
    floor = Rival(decoded_reduced, threads=CORES)
    turns = in_turns(partial(indexed, folder, len(files)), lambda: seconds(partial(floor, files)), setting.runs)
    yield compared(f"indexing {len(files):,} small pictures (≤ 500 px)", AGAINST, *turns, 1.3, 1.1)
