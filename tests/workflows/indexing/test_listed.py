"""Files from a list, and the indexed pictures that lie in no source folder."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from imgsearch.errors import UserError
from imgsearch.index import Index
from imgsearch.index.known import Known
from imgsearch.model import copy_model, load_model, write_info
from imgsearch.workflows.indexing.options import Before, Options
from imgsearch.workflows.indexing.remodel import update_with_model
from imgsearch.workflows.indexing.report import IndexReport
from imgsearch.workflows.indexing.scan import require_pictures, scan_disk
from imgsearch.workflows.indexing.update import update_index

from .updating import LONG_AGO, aged, counts, drawn, indexed, slots


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Index:
    """An index of a/ where one stands, with more pictures in loose/ and outside of its folder."""
    root = tmp_path / "root"
    for number, name in enumerate(["a/1.png", "loose/2.png", "loose/deep/3.png", "../outside/4.png"]):
        drawn(root / name, number)
    monkeypatch.chdir(root)
    return indexed(root, "a")


def updated(index: Index, *files: str, **options: Any) -> tuple[IndexReport, list[str]]:
    """The report and the warnings; without files, of all that is indexed."""
    warnings: list[str] = []
    asked = Options(files=files or None, **options)
    return update_index(index, options=asked, warn=warnings.append), warnings


def test_listed_files_are_added_whatever_their_names_and_later_runs_look_at_them_again(index: Index) -> None:
    shutil.copy("loose/2.png", "loose/.hidden")
    names = ["loose/2.png", "./loose/../loose/2.png", os.path.abspath("loose/deep/3.png"), "../outside/4.png"]  # noqa: PTH100
    report, warnings = updated(index, *names, "loose/.hidden")
    assert (counts(report), warnings) == ({"added": 4}, [])
    assert set(slots(index)) == {"a/1.png", "loose/2.png", "loose/.hidden", "loose/deep/3.png", "../outside/4.png"}
    assert index.sources() == ["a"]
    assert counts(updated(index)[0]) == {"unchanged": 5}
    drawn(Path("loose/2.png"), 99)
    aged(Path("loose/2.png"), seconds=1)
    Path("../outside/4.png").unlink()
    Path("loose/.hidden").rename("loose/seen.png")  # which no walk finds, as loose/ is no source
    assert counts(updated(index)[0]) == {"updated": 1, "removed": 2, "unchanged": 2}


def test_a_list_says_nothing_of_what_is_not_in_it(index: Index) -> None:
    updated(index, "loose/2.png")
    Path("a/1.png").unlink()
    Path("loose/2.png").unlink()
    assert counts(updated(index, "loose/deep/3.png")[0]) == {"added": 1}
    assert len(slots(index)) == 3
    both = update_index(index, [Path("a")], options=Options(files=["loose/2.png"], prune=True))
    assert counts(both) == {"removed": 2, "missing": 1}


def test_listed_files_that_walks_leave_out_stay_when_their_folder_becomes_a_source(index: Index) -> None:
    for name in ("scan.dat", ".hidden.png", "node_modules/x.png"):
        Path("loose", name).parent.mkdir(exist_ok=True)
        shutil.copy("loose/2.png", Path("loose", name))
    updated(index, "loose/scan.dat", "loose/.hidden.png", "loose/node_modules/x.png")
    assert counts(update_index(index, [Path("loose")])) == {"added": 2, "unchanged": 3}
    Path("loose/scan.dat").unlink()
    assert counts(update_index(index, [Path("loose")])) == {"removed": 1, "unchanged": 4}


def test_missing_files_and_folders_in_a_list_are_told_and_the_rest_is_done(index: Index) -> None:
    Path("loose/broken.png").touch()
    report, _ = updated(index, "missing.png", "loose", "loose/", "loose/2.png/x.png", "loose/broken.png", "loose/2.png")
    assert counts(report) == {"added": 1, "skipped": 1, "missing": 4}
    assert [(error.path, error.reason.split(";")[0]) for error in report.missing] == [
        ("missing.png", "no such file"), ("loose", "a folder"), ("loose/", "a folder"),
        ("loose/2.png/x.png", "no such file"),
    ]  # fmt: skip
    Path("loose/2.png").unlink()
    assert counts(updated(index, "loose/2.png", prune=False)[0]) == {"missing": 1}
    assert counts(updated(index, "loose/2.png")[0]) == {"removed": 1, "missing": 1}


def test_pictures_whose_whole_folder_is_gone_are_kept_until_prune(index: Index) -> None:
    updated(index, "loose/2.png", "loose/deep/3.png", "../outside/4.png")
    shutil.move("loose", "unplugged")
    report, (warning,) = updated(index)
    assert counts(report) == {"unchanged": 2}
    assert warning == (
        f"{index.root}/loose: gone (a disk that is not plugged in?); "
        "its 2 indexed pictures are kept, --prune would forget them"
    )
    assert counts(updated(index, prune=False)[0]) == {"unchanged": 2}
    assert counts(updated(index, prune=True)[0]) == {"removed": 2, "unchanged": 2}


def test_what_is_excluded_is_left_out_of_lists_too(index: Index) -> None:
    report, (warning,) = updated(index, "loose/2.png", "loose/deep/3.png", "../outside/4.png", exclude=["deep", "4*"])
    assert counts(report) == {"added": 1}
    assert warning.startswith("2 of the listed files are left out, as --exclude asked")
    assert counts(updated(index, exclude=["loose/*"])[0]) == {"removed": 1, "unchanged": 1}


def test_a_listed_file_of_a_source_is_excluded_as_that_source_says(index: Index) -> None:
    """A source may be named like a pattern: who names it, means it."""
    drawn(Path("thumbs/5.png"), 5)
    update_index(index, [Path("thumbs")], options=Options(exclude=["thumbs"]))
    assert "thumbs/5.png" in slots(index)
    assert counts(updated(index, "thumbs/5.png")[0]) == {"unchanged": 1}
    assert counts(updated(index)[0]) == {"unchanged": 2}


def test_a_list_alone_makes_an_index_where_something_of_it_is_there(tmp_path: Path, index: Index) -> None:
    fresh = Index.create(tmp_path / "fresh", load_model("base"))
    files = ["loose/2.png", "missing.png"]
    require_pictures([], Options(files=files))
    assert counts(update_index(fresh, options=Options(files=files))) == {"added": 1, "missing": 1}
    assert counts(update_index(fresh)) == {"unchanged": 1}
    for empty in ([], ["missing.png"], ["loose"]):
        with pytest.raises(UserError, match="no file of the list is there"):
            require_pictures([], Options(files=empty))
    assert counts(update_index(fresh, options=Options(files=[]))) == {}


def test_no_listed_file_is_held_against_each_of_many_sources(index: Index) -> None:
    Path("many").mkdir()
    for number in range(0, 2_000, 2):
        os.link("a/1.png", f"many/{number}.png")
    known = Known()
    for number in range(2_000):
        known.add(f"many/{number}.png", 1, LONG_AGO)

    def calls(sources: int) -> int:
        before = Before(index.folder, index.root, known, [f"source {number}" for number in range(sources)])
        counted = 0

        def count(frame: object, event: str, _: object) -> None:
            nonlocal counted
            counted += event in ("call", "c_call")

        sys.setprofile(count)
        try:
            everything = scan_disk(before)
            listed = scan_disk(before, (), Options(files=list(known)))
        finally:
            sys.setprofile(None)
        assert len(everything.changed) == len(listed.changed) == len(everything.gone) == len(listed.missing) == 1_000
        return counted

    assert calls(200) - calls(100) < 2_000 * 100 / 2  # each source costs some hundred calls, be there files or not


def test_another_encoder_reads_listed_pictures_again_as_well(index: Index, tmp_path: Path) -> None:
    updated(index, "loose/2.png", "../outside/4.png")
    smaller = copy_model(load_model("base"), tmp_path / "smaller")
    write_info(smaller.folder, replace(smaller.info, name="smaller", input_size=48))
    model = load_model(smaller.folder)
    report = update_with_model(index, model, options=Options(files=["loose/deep/3.png", "missing.png"], exclude=["x"]))
    assert counts(report) == {"added": 4, "missing": 1}
    assert set(slots(index)) == {"a/1.png", "loose/2.png", "loose/deep/3.png", "../outside/4.png"}
    assert (index.sources(), index.excluded(), index.model.info.name) == (["a"], ["x"], "smaller")
    assert np.array_equal(sorted(slot for slot in slots(index).values() if slot is not None), range(4))
