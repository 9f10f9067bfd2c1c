"""`imgsearch index --check`, `--repair` and `--info`, and an index of an older format, as a person meets them."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path

import pytest

from ..conftest import draw, imgsearch
from .helpers import contents, refused, succeeded

FORMATS = Path(__file__).parent.parent / "index" / "formats"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three pictures and a broken one with their index. Only copy it."""
    folder = tmp_path_factory.mktemp("made")
    for number in range(3):
        draw(folder / "photos" / f"{number}.png", number)
    (folder / "photos" / "broken.jpg").write_text("no picture")
    succeeded(imgsearch("index", "photos", "--exclude", "*.tmp", folder=folder))
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "made"))


def flip(file: Path, place: int) -> None:
    content = bytearray(file.read_bytes())
    content[place] ^= 1
    file.write_bytes(content)


def test_what_is_inside_is_said_to_people_and_to_programs(folder: Path) -> None:
    before = contents(folder)
    lines = succeeded(imgsearch("index", "--info", folder=folder)).decode().splitlines()
    said = dict(line.split(maxsplit=1) for line in lines if not line.startswith(" "))
    assert said["index"] == ".imgsearch"
    assert (said["pictures"], said["skipped"], said["folders"], said["excluded"]) == ("3", "1", "photos", "*.tmp")
    assert said["model"] == "base, 256 dimensions"
    assert lines[-1].split(maxsplit=2) == ["1", "×", "not a picture that Pillow can read"]
    answer = json.loads(succeeded(imgsearch("index", "--info", "--json", folder=folder)))
    assert answer["pictures"] == 3
    assert answer["skipped"] == [{"path": "photos/broken.jpg", "reason": "not a picture that Pillow can read"}]
    assert answer["bytes"] == sum(file.stat().st_size for file in (folder / ".imgsearch").rglob("*") if file.is_file())
    assert contents(folder) == before


def test_a_sound_index_passes_and_files_that_are_gone_are_named(folder: Path) -> None:
    (folder / "photos" / "1.png").unlink()
    run = imgsearch("index", "--check", "--json", folder=folder)
    assert json.loads(succeeded(run)) == {
        "damaged": [], "pictures": 3, "skipped": 1, "gone": ["photos/1.png"], "ann_recall": None
    }  # fmt: skip
    assert b"all is as it was written: 3 pictures, 1 skipped; 1 file gone since (such as photos/1.png)" in run.stderr


def test_damage_is_found_repaired_and_then_gone(folder: Path) -> None:
    expected = succeeded(imgsearch("query", "photos/0.png", folder=folder))
    flip(folder / ".imgsearch" / "vectors.f32", 1100)
    refused(imgsearch("query", "photos/0.png", folder=folder), "slot 1 is not as it was written; mend it with")
    run = imgsearch("index", "--check", folder=folder)
    assert (run.returncode, run.stdout) == (2, b"")
    assert b"vectors.f32: 1 vector is missing, or not as written" in run.stderr
    assert b"1 damaged file; mend it with --repair" in run.stderr
    run = imgsearch("index", "--repair", folder=folder)
    succeeded(run)
    assert b"1 of 1 damaged vectors were encoded again" in run.stderr
    succeeded(imgsearch("index", "--check", folder=folder))
    assert succeeded(imgsearch("query", "photos/0.png", folder=folder)) == expected


def test_what_cannot_be_repaired_is_exit_code_2(folder: Path) -> None:
    flip(folder / ".imgsearch" / "catalogue.sqlite", 2)
    for option in ("--check", "--repair"):
        run = imgsearch("index", option, folder=folder)
        assert (run.returncode, run.stdout) == (2, b"")
        assert b"Traceback" not in run.stderr and b"restore" in run.stderr


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--check", "photos"], "--check is given alone"),
        (["--info", "--check"], "--info is given alone"),
        (["--repair", "--dry-run"], "--repair is given alone"),
    ],
)
def test_looking_goes_with_nothing_else(folder: Path, options: list[str], said: str) -> None:
    refused(imgsearch("index", *options, folder=folder), said)


@pytest.mark.parametrize("version", [1, 2])
def test_an_index_of_an_older_format_is_brought_up_to_date_by_index_alone(version: int, tmp_path: Path) -> None:
    with zipfile.ZipFile(FORMATS / f"format_{version}.zip") as archive:
        archive.extractall(tmp_path)
    draw(tmp_path / "day 0" / "new.png", 1)
    before = contents(tmp_path)
    for command in (["query", "day 0/new.png"], ["index", "--check"], ["index", "--dry-run"]):
        refused(imgsearch(*command, folder=tmp_path), f"made by an older imgsearch (format {version})", "index` once")
    assert contents(tmp_path) == before
    run = imgsearch("index", "--no-prune", "--exclude", "*", folder=tmp_path)  # its model cannot encode: it is a dummy
    assert f"brought from format {version} to the present one; no picture was opened".encode() in run.stderr
    info = json.loads(succeeded(imgsearch("index", "--info", "--json", folder=tmp_path)))
    assert (info["pictures"], len(info["skipped"]), info["sources"]) == (12, 1, ["."])
