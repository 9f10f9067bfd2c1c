"""Groups of copies in an index, and what is left out of them."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from PIL import Image

from imgsearch.images import read
from imgsearch.images.thumbnail import read_thumbnail
from imgsearch.index import Index
from imgsearch.model import load_model
from imgsearch.workflows.duplicates import find_duplicates
from imgsearch.workflows.indexing import load
from imgsearch.workflows.indexing.update import update_index

from ..images.copies import COPIES, cropped, jpeg, scene


def indexed(folder: Path) -> Index:
    """All that is in `folder`, which is on the disk by its real name."""
    index = Index.create(folder / ".imgsearch", load_model("base"))
    update_index(index, [folder])
    return index


def groups(index: Index, *, mirrored: bool = False, threshold: float = 0.85) -> list[list[str]]:
    found = find_duplicates(index, mirrored=mirrored, threshold=threshold)
    return [[os.path.relpath(path, index.root) for path in group] for group in found.groups]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Five pictures, none of them a copy."""
    place = tmp_path.resolve() / "pictures"
    place.mkdir()
    for seed in range(5):
        scene(seed).save(place / f"{seed}.png")
    return place


def test_copies_of_every_kind_are_in_the_group_of_their_original_the_largest_first(folder: Path) -> None:
    for kind in COPIES:
        COPIES[kind](scene(3)).save(folder / f"copy {kind}.png")
    (group,) = groups(indexed(folder))
    assert group[0] == "copy larger.png"
    assert set(group[1:]) == {"3.png", *(f"copy {kind}.png" for kind in COPIES if kind != "larger")}
    pixels = [read_thumbnail(folder / name).pixels for name in group]
    assert pixels == sorted(pixels, reverse=True)


def test_of_equal_size_the_oldest_is_best_and_then_the_path_decides(folder: Path) -> None:
    for number, (name, quality) in enumerate({"b.jpg": 95, "c.jpg": 40, "a.jpg": 60}.items()):
        jpeg(scene(3), quality).save(folder / name)
        os.utime(folder / name, ns=(0, 10**9 * max(1, number)))
    os.utime(folder / "3.png", ns=(0, 10**10))
    assert groups(indexed(folder)) == [["b.jpg", "c.jpg", "a.jpg", "3.png"]]


def test_exact_copies_are_grouped_without_opening_a_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("b.png", "a.png"):
        shutil.copy2(folder / "2.png", folder / name)
    index = indexed(folder)
    opened: list[str] = []
    monkeypatch.setattr(read, "_read", opened.append)
    found = find_duplicates(index)
    assert [[path.name for path in group] for group in found.groups] == [["2.png", "a.png", "b.png"]]
    assert not [path for path in opened if Path(path).name in ("a.png", "b.png")]
    assert found.pictures == 7


def test_mirror_images_are_copies_where_that_is_asked_for(folder: Path) -> None:
    flipped = jpeg(scene(1).transpose(Image.Transpose.FLIP_LEFT_RIGHT), 50)
    cropped(flipped, 0.05, 0, 0, 0.02).save(folder / "mirrored.png")
    index = indexed(folder)
    assert groups(index) == []
    assert groups(index, mirrored=True) == [["1.png", "mirrored.png"]]


def test_blank_pages_are_copies_where_all_their_pixels_are_equal(folder: Path) -> None:
    page = Image.new("RGB", (120, 160), "white")
    for name in ("blank.png", "blank.bmp"):
        page.save(folder / name)
    page.resize((240, 320)).save(folder / "large.png")
    Image.new("RGB", (120, 160), "#fefefe").save(folder / "dull.png")
    page.putpixel((60, 80), (0, 0, 0))
    page.save(folder / "dotted.png")
    assert [set(group) for group in groups(indexed(folder))] == [{"blank.png", "blank.bmp"}]


def test_the_threshold_says_how_well_pixels_must_agree(folder: Path) -> None:
    jpeg(scene(3), 8).save(folder / "copy.png")
    os.utime(folder / "3.png", ns=(0, 0))
    index = indexed(folder)
    assert groups(index, threshold=0.7) == [["3.png", "copy.png"]]
    assert groups(index, threshold=0.9999) == []


def test_what_is_gone_changed_or_unreadable_is_named_and_never_the_best(folder: Path) -> None:
    for name in ("a.png", "b.png", "c.png"):
        shutil.copy2(folder / "2.png", folder / name)
    jpeg(scene(3), 60).save(folder / "near.jpg")
    index = indexed(folder)
    (folder / "2.png").unlink()
    scene(9).save(folder / "a.png")
    size, when = (folder / "near.jpg").stat().st_size, (folder / "near.jpg").stat().st_mtime_ns
    (folder / "near.jpg").write_bytes(bytes(size))
    os.utime(folder / "near.jpg", ns=(when, when))
    found = find_duplicates(index)
    assert [[path.name for path in group] for group in found.groups] == [["b.png", "c.png"]]
    reasons = {Path(error.path).name: error.reason for error in found.skipped}
    assert reasons == {
        "2.png": "no such file",
        "a.png": "changed since it was indexed; run `imgsearch index`",
        "near.jpg": "not a picture that Pillow can read",
    }


def test_files_indexed_while_they_were_new_are_compared_by_content_and_are_as_old_as_they_are(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An index does not keep the time of a file that is hardly older than its disk's clock can tell."""
    monkeypatch.setattr(load, "time_to_keep", lambda *_: load.LOOK_AGAIN)
    for name, seconds in {"a.png": 3, "b.png": 1}.items():
        shutil.copy2(folder / "2.png", folder / name)
        os.utime(folder / name, ns=(0, seconds * 10**9))
    index = indexed(folder)
    found = find_duplicates(index)
    assert not found.skipped
    assert [[path.name for path in group] for group in found.groups] == [["b.png", "a.png", "2.png"]]
    other = bytearray((folder / "b.png").read_bytes())
    other[-1] ^= 1
    (folder / "b.png").write_bytes(other)  # of the same size
    found = find_duplicates(index)
    assert [(Path(error.path).name, error.reason) for error in found.skipped] == [
        ("b.png", "changed since it was indexed; run `imgsearch index`")
    ]
    assert [[path.name for path in group] for group in found.groups] == [["a.png", "2.png"]]


def test_a_link_is_no_copy_of_the_file_it_leads_to(folder: Path) -> None:
    (folder / "0 link.png").symlink_to(folder / "2.png")
    index = indexed(folder)
    assert len(index) == 6
    assert groups(index) == []
    shutil.copy2(folder / "2.png", folder / "copy.png")
    update_index(index)
    assert groups(index) == [["2.png", "copy.png"]]


def test_an_empty_index_has_no_copies(tmp_path: Path) -> None:
    index = Index.create(tmp_path / ".imgsearch", load_model("base"))
    found = find_duplicates(index, mirrored=True)
    assert (found.groups, found.pictures, found.skipped) == ([], 0, [])
