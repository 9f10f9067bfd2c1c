"""What an update knows of all pictures, held against their records."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from imgsearch.errors import IndexFolderError
from imgsearch.index.catalogue import create_catalogue, open_catalogue

from .helpers import record


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A catalogue of many pictures, some skipped, with names of all kinds."""
    names = ["a b", "x\ny", "🐈", os.fsdecode(b"\xff\xe9"), "../x", *(f"{number}.jpg" for number in range(1200))]
    with create_catalogue(tmp_path / "catalogue.sqlite") as catalogue:
        for slot, name in enumerate(names):
            catalogue.put(record(name)._replace(size=slot, mtime_ns=-slot, slot=slot))
        catalogue.put(record("1.jpg", "no picture"))
        catalogue.remove("2.jpg")
        catalogue.put_setting("slots", len(names))
    return tmp_path / "catalogue.sqlite"


def test_all_pictures_are_known_by_what_their_records_say(file: Path) -> None:
    with open_catalogue(file, "ro") as catalogue:
        known, records = catalogue.known(), catalogue.records()
    assert list(known) == known.paths == list(records) and len(known) == 1204
    assert list(known.sizes) == [one.size for one in records.values()]
    assert list(known.times) == [one.mtime_ns for one in records.values()]
    assert known.reasons == {path: one.reason for path, one in records.items() if one.reason is not None}
    assert "🐈" in known and "2.jpg" not in known
    assert known.is_searchable("0.jpg") and not known.is_searchable("1.jpg") and not known.is_searchable("2.jpg")


def test_the_records_of_some_paths_are_those_of_all(file: Path) -> None:
    with open_catalogue(file, "ro") as catalogue:
        records = catalogue.records()
        wanted = [*list(records)[:1100], "never known"]
        assert catalogue.records(wanted) == {path: records[path] for path in wanted[:-1]}
        assert catalogue.records([]) == {}


def test_ctrl_c_while_rows_are_read_is_ctrl_c(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> int:
        raise KeyboardInterrupt

    with open_catalogue(file, "ro") as catalogue:
        with monkeypatch.context() as patch:
            patch.setattr("imgsearch.index.known.crc32", interrupted)
            with pytest.raises(KeyboardInterrupt):
                catalogue.known()
        assert len(catalogue.known()) == 1204


@pytest.mark.parametrize("value", ["x'ff'", "7", "CAST(x'ff' AS TEXT)"])
def test_a_value_of_another_kind_is_damage_in_one_line(file: Path, value: str) -> None:
    with open_catalogue(file, "rw") as catalogue:
        catalogue.connection.execute(f"UPDATE pictures SET reason = {value} WHERE slot IS NULL")
    with open_catalogue(file, "ro") as catalogue, pytest.raises(IndexFolderError) as caught:
        catalogue.known()
    assert "\n" not in str(caught.value)
