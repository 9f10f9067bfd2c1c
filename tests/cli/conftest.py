"""Models that several end-to-end tests use, made by the real command."""

from __future__ import annotations

from pathlib import Path

import pytest

from ..conftest import draw, imgsearch
from .helpers import succeeded


@pytest.fixture(scope="session")
def labelled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sixteen pictures of four classes. Only read it."""
    folder = tmp_path_factory.mktemp("labelled")
    for number, name in enumerate(["autumn", "birch", "cedar", "dune"]):
        for picture in range(4):
            draw(folder / name / f"{picture}.png", 100 * number + picture)
    return folder


@pytest.fixture(scope="session")
def lda_model(tmp_path_factory: pytest.TempPathFactory, labelled: Path) -> Path:
    """The embedded model with a linear metric, fitted on `labelled`. Only read it."""
    folder = tmp_path_factory.mktemp("lda")
    succeeded(imgsearch("train", labelled, "--metric", "lda", "-o", "model", folder=folder))
    return folder / "model"
