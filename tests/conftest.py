"""Pictures, folders and commands that many tests need."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings
from PIL import Image

settings.register_profile("patient", deadline=None)  # the machine may be busy
settings.load_profile("patient")
if "PYTEST_XDIST_WORKER" in os.environ:  # the commands that tests start would have twice as many threads as cores
    os.environ.setdefault("OMP_NUM_THREADS", "1")

Run = Callable[..., "subprocess.CompletedProcess[bytes]"]
SAMPLE_DATA = Path(__file__).parent.parent / "sample_data"


def draw(path: Path, seed: int, size: tuple[int, int] = (80, 60)) -> Path:
    """A smooth random picture, different for every seed, in the format that the name asks for."""
    path.parent.mkdir(parents=True, exist_ok=True)
    coarse = np.random.default_rng(seed).integers(0, 256, (4, 5, 3), dtype=np.uint8)
    Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC).save(path)
    return path


def imgsearch(
    *arguments: str | bytes | Path, folder: Path, environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[bytes]:
    """Run the real command, warnings being errors, and catch what it says."""
    variables = {name: value for name, value in os.environ.items() if not name.startswith("IMGSEARCH_")}
    command: Sequence[str | bytes | Path] = [sys.executable, "-W", "error", "-m", "imgsearch", *arguments]
    return subprocess.run(
        command, cwd=folder, env={**variables, **(environment or {})}, capture_output=True, check=False, timeout=300
    )


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> None:
    """What `eval` keeps of the tests' folders goes where the tests' other files go."""
    os.environ["XDG_CACHE_HOME"] = str(tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="session")
def pictures_index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `photos/`: twelve pictures of two classes, indexed with the embedded model. Only read it."""
    folder = tmp_path_factory.mktemp("indexed")
    for number in range(6):
        draw(folder / "photos" / "warm" / f"{number}.png", number)
        draw(folder / "photos" / "cool" / f"{number}.jpg", 100 + number)
    run = imgsearch("index", "photos", folder=folder)
    assert run.returncode == 0, run.stderr.decode()
    return folder
