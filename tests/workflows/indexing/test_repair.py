"""What is damaged in an index is made again from the pictures, or said."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from imgsearch.errors import IndexFolderError
from imgsearch.index import Index, Match
from imgsearch.index.check import check
from imgsearch.metric.linear import LinearMetric
from imgsearch.model import copy_model, load_model, write_metric
from imgsearch.workflows.indexes import Indexes
from imgsearch.workflows.indexing.repair import repair_index
from imgsearch.workflows.indexing.update import update_index
from imgsearch.workflows.query import ask
from imgsearch.workflows.question import Answer, Question, Search

from ...conftest import draw

COUNT = 6


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pictures indexed with a metric and a graph. Only copy it."""
    folder = tmp_path_factory.mktemp("made")
    for number in range(COUNT):
        draw(folder / "photos" / f"{number}.png", number)
    draw(folder / "photos" / "gone.png", 99)
    model = copy_model(load_model("base"), folder / "model")
    matrix = np.random.default_rng(0).normal(size=(20, model.info.dimension))
    write_metric(folder / "model", LinearMetric.centred(matrix, np.zeros(model.info.dimension)))
    index = Index.create(folder / "photos" / ".imgsearch", load_model(folder / "model"))
    update_index(index, [folder / "photos"])
    (folder / "photos" / "gone.png").unlink()
    update_index(index)
    index.build_graph()
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "made")) / "photos"


def answers(index: Index) -> list[list[Match]]:
    questions = [Question((str(index.root / f"{number}.png"),)) for number in range(COUNT)]
    results = ask(Indexes([Index.open(index.folder)]), questions, Search(k=COUNT))
    return [result.matches for result in results if isinstance(result, Answer)]


def flip(file: Path, place: int) -> None:
    content = bytearray(file.read_bytes())
    content[place] ^= 2
    file.write_bytes(content)


def repaired(folder: Path) -> tuple[list[str], list[str]]:
    """What is damaged still, and what was told."""
    told: list[str] = []
    health = repair_index(Index.open(folder), model=load_model(folder.parent / "model"), tell=told.append)
    return health.damaged, told


def test_a_sound_index_is_left_alone(folder: Path) -> None:
    before = {file: file.stat().st_mtime_ns for file in folder.rglob("*")}
    assert repaired(folder) == ([], [])
    assert {file: file.stat().st_mtime_ns for file in folder.rglob("*") if file.name != "lock"} == {
        file: time for file, time in before.items() if file.name != "lock"
    }


@pytest.mark.parametrize("file", ["vectors.f32", "projected.f32"])
@pytest.mark.parametrize("how", ["flipped", "cut short", "missing"])
def test_damaged_vectors_are_made_again_and_the_answers_are_the_same(folder: Path, file: str, how: str) -> None:
    expected = answers(Index.open(folder))
    damaged = folder / ".imgsearch" / file
    if how == "flipped":
        flip(damaged, 60)
    elif how == "cut short":
        os.truncate(damaged, damaged.stat().st_size // 2)
    else:
        damaged.unlink()
    if (file, how) == ("projected.f32", "flipped"):  # lost ones are computed again, unasked
        with pytest.raises(IndexFolderError, match="imgsearch index --repair"):
            answers(Index.open(folder))
    else:
        assert answers(Index.open(folder)) == expected
    damage, told = repaired(folder)
    assert damage == []
    assert told[-2:] == ["the vector files were written anew", "the graph was built again"]
    assert answers(Index.open(folder)) == expected
    assert "graph up to date" in Index.open(folder).plan(1, "ann").reason


def test_a_picture_that_cannot_be_read_again_is_named_and_tried_by_the_next_run(folder: Path) -> None:
    expected = answers(Index.open(folder))
    (folder / "1.png").rename(folder.parent / "away.png")
    flip(folder / ".imgsearch" / "vectors.f32", 1032 + 40)
    damage, told = repaired(folder)
    assert damage == []
    assert (
        told[0]
        == "0 of 1 damaged vectors were encoded again; the other pictures cannot be read, `index` tries them again"
    )
    index = Index.open(folder)
    reason = "its vector was damaged, and it could not be read again (no such file)"
    assert index.records()["1.png"].reason == reason
    (folder.parent / "away.png").rename(folder / "1.png")
    report = update_index(index)
    assert report.skipped == []
    assert answers(index) == expected


def test_a_damaged_copy_of_the_model_is_taken_from_the_same_model(folder: Path) -> None:
    expected = answers(Index.open(folder))
    flip(folder / ".imgsearch" / "model" / "encoder.onnx", 5000)
    with pytest.raises(IndexFolderError, match=r"encoder\.onnx: gone, or not as it was written; mend it with"):
        answers(Index.open(folder))
    assert repaired(folder) == ([], ["the copy of the model was made again (encoder.onnx)"])
    assert answers(Index.open(folder)) == expected


def test_without_that_model_the_damage_stays_and_is_said(folder: Path) -> None:
    flip(folder / ".imgsearch" / "model" / "metric.npy", 200)
    health = repair_index(Index.open(folder))
    assert health.model == ["metric.npy"] and len(health.damaged) == 1


def test_damaged_entries_of_the_catalogue_are_read_again_by_the_next_run(folder: Path) -> None:
    expected = answers(Index.open(folder))
    file = folder / ".imgsearch" / "catalogue.sqlite"
    content = bytearray(file.read_bytes())
    content[content.index(b"3.png")] = ord("7")  # the first copy: in the table or in its index
    file.write_bytes(content)
    assert repaired(folder)[0] == []
    index = Index.open(folder)
    update_index(index)
    assert check(index.folder, index.root).damaged == []
    assert answers(index) == expected
