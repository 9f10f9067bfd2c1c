"""Indexing photographs as cameras make them, JPEGs of 12 megapixels, against decoding them whole."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from tests.benchmarks.speed.indexing import indexed
from tests.benchmarks.speed.photographs import write_camera_pictures
from tests.benchmarks.speed.results import Result, Setting, compared, in_turns, seconds
from tests.benchmarks.speed.rivals import Rival, decoded_whole

AGAINST = "the same encoder fed by full decode + bicubic resize, two threads"


def measure(setting: Setting) -> Iterator[Result]:
    """500 of them, in turns."""
    folder = setting.folder / "camera"
    files = write_camera_pictures(folder, setting.scaled(500))
    rival = Rival(decoded_whole, threads=2)
    megabytes = sum(file.stat().st_size for file in files) / len(files) / 1e6
    turns = in_turns(partial(indexed, folder, len(files)), lambda: seconds(partial(rival, files)), setting.runs)
    name = f"indexing {len(files):,} camera JPEGs of 12 MP"
    yield compared(name, AGAINST, *turns, 3.5, 5, faster=True, remark=f"{megabytes:.1f} MB a picture")
