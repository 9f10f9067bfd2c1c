"""`formats/format_N.zip` holds an index that the imgsearch of that format wrote, and what it answered (Git's history
has the code: format 1 before, format 2 after an index could be given another model). Keep one of every format."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import zipfile
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from imgsearch.errors import IndexFolderError, ModelError
from imgsearch.index import Index
from imgsearch.index.schema import FORMAT_VERSION
from imgsearch.index.upgrade import upgrade

from .helpers import outcome, python, record, unit_rows

FORMATS = Path(__file__).parent / "formats"
OLD = range(1, FORMAT_VERSION)

DIE_WHILE_UPGRADING = """
import os, signal, sys
from pathlib import Path
import imgsearch.index.upgrade as module

def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

setattr(module, sys.argv[2], die)
module.upgrade(Path(sys.argv[1]))
"""


@pytest.fixture(params=OLD)
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A folder that holds an old index in `.imgsearch`."""
    with zipfile.ZipFile(FORMATS / f"format_{request.param}.zip") as archive:
        archive.extractall(tmp_path)
    return tmp_path


def found(folder: Path, expected: dict[str, Any]) -> list[list[list[object]]]:
    index = Index.open(folder)
    answers = index.search(np.array(expected["queries"], dtype=np.float32), k=6, method="exact")
    return [
        [[os.fsencode(match.path.relative_to(index.root).as_posix()).hex(), match.similarity] for match in matches]
        for matches in answers
    ]


def answers_like_before(folder: Path) -> None:
    expected = json.loads((folder / "answers.json").read_text())
    for ours, theirs in zip(found(folder, expected), expected["answers"], strict=True):
        assert [path for path, _ in ours] == [path for path, _ in theirs]
        assert [number for _, number in ours] == pytest.approx([number for _, number in theirs], abs=1e-6)


def test_there_is_a_fixture_of_every_old_format() -> None:
    assert {file.name for file in FORMATS.iterdir()} == {f"format_{version}.zip" for version in OLD}


def test_an_older_index_names_the_command_that_brings_it_up_to_date_and_is_left_alone(old: Path) -> None:
    before = {file: file.read_bytes() for file in old.rglob("*") if file.is_file()}
    with pytest.raises(IndexFolderError, match=r"made by an older imgsearch \(format \d\); run `imgsearch index` once"):
        Index.open(old)
    assert {file: file.read_bytes() for file in old.rglob("*") if file.is_file()} == before


def test_an_upgraded_index_answers_as_before_and_goes_on(old: Path) -> None:
    assert upgrade(old / ".imgsearch") in OLD
    assert upgrade(old / ".imgsearch") is None
    answers_like_before(old)
    index = Index.open(old)
    records = index.records()
    assert len(index) == json.loads((old / "answers.json").read_text())["pictures"] == 12
    assert records["broken.jpg"].reason == "broken picture (cut short)"
    assert records[os.fsdecode(b"odd\xff.jpg")].size == 1008
    assert index.sources() == ["."]
    assert "graph up to date" in index.plan(1, "ann").reason
    with index.writer() as writer:
        writer.add([record("new.jpg")], unit_rows(1))
        writer.remove(["new.jpg"])
    answers_like_before(old)
    names = {entry.name for entry in (old / ".imgsearch").iterdir()}
    assert {"model", "vectors.f32", "projected.f32"}.isdisjoint(names)


@pytest.mark.parametrize("call", ["write_rows", "write_projected", "create_catalogue", "record_model"])
def test_an_upgrade_that_is_killed_has_done_nothing_and_the_next_one_completes_it(old: Path, call: str) -> None:
    assert outcome(python(DIE_WHILE_UPGRADING, old / ".imgsearch", call))[0] == -signal.SIGKILL
    with pytest.raises(IndexFolderError, match="made by an older imgsearch"):
        Index.open(old)
    assert upgrade(old / ".imgsearch") is not None
    answers_like_before(old)


def test_a_present_index_that_claims_to_be_old_is_damaged_and_not_upgraded(index: Index) -> None:
    file = index.folder / "catalogue.sqlite"
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("UPDATE settings SET value = '1' WHERE key = 'format_version'")
    before = file.read_bytes()
    with pytest.raises(IndexFolderError, match="its tables are not those of an index"):
        upgrade(index.folder)
    assert file.read_bytes() == before


@pytest.mark.parametrize("how", ["cut short", "missing", "nan"])
def test_old_vectors_that_are_damaged_are_reported_and_nothing_is_changed(old: Path, how: str) -> None:
    file = old / ".imgsearch" / "vectors.f32"
    if how == "cut short":
        os.truncate(file, file.stat().st_size - 1)
    elif how == "missing":
        file.unlink()
    else:
        content = np.fromfile(file, dtype="<f4")
        content[7] = np.nan
        content.tofile(file)
    catalogue = (old / ".imgsearch" / "catalogue.sqlite").read_bytes()
    with pytest.raises(IndexFolderError, match=r"vectors\.f32: (missing or cut short|holds NaN)"):
        upgrade(old / ".imgsearch")
    assert (old / ".imgsearch" / "catalogue.sqlite").read_bytes() == catalogue


def test_an_old_index_without_its_model_is_reported(old: Path) -> None:
    for folder in (old / ".imgsearch").glob("model*"):
        shutil.rmtree(folder)
    with pytest.raises(ModelError, match="model"):
        upgrade(old / ".imgsearch")
