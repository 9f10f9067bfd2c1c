"""A whole `imgsearch index` process on a folder, cold to committed."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from imgsearch.index import Index
from tests.benchmarks.measured import run_measured


def indexed(folder: Path, pictures: int, *arguments: str) -> float:
    """Seconds that it takes to make a new index of a folder with so many pictures, all of which must be in it then."""
    place = folder.parent / f"index of {folder.name}"
    shutil.rmtree(place, ignore_errors=True)
    command = [sys.executable, "-m", "imgsearch", "index", str(folder), "--index", str(place), *arguments]
    measured = run_measured(command, folder.parent)
    if measured.exit_code != 0 or len(Index.open(place)) != pictures:
        raise RuntimeError(f"{command} ended with {measured.exit_code}: {measured.stderr}")
    return measured.seconds
