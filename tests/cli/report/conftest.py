"""A report of pictures and classes with the oddest names, open in real Chromium."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from imgsearch.cli.report.page import write_report
from imgsearch.workflows.evaluation.result import Evaluation

from ...conftest import draw
from ..chromium import Page, require_chromium
from .browser import CLASSES, FILES
from .made import evaluation, with_everything


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Six classes of five pictures."""
    folder = tmp_path_factory.mktemp("odd names")
    found = []
    for number in range(len(CLASSES)):
        for place, name in enumerate(FILES):
            found.append(folder / f"<b>{number}" / os.fsdecode(name))
            found[-1].parent.mkdir(exist_ok=True)
            shutil.copyfile(draw(folder / "drawn.png", 10 * number + place), found[-1])
    return found


@pytest.fixture(scope="module")
def made(paths: list[Path]) -> Evaluation:
    classes = [os.fsdecode(CLASSES[number // len(FILES)]) for number in range(len(paths))]
    return with_everything(evaluation(paths, classes=classes, models=("my <model>", "base")))


@pytest.fixture(scope="module")
def page(made: Evaluation, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """All tests look at the same one; each sets the width and the colours that it needs."""
    require_chromium()
    file = tmp_path_factory.mktemp("report") / "report.html"
    written = write_report(file, made)
    assert written.unread == []
    with Page(file) as opened:
        yield opened
        assert opened.complaints() == []
        assert opened.requests() == [file.as_uri()]
