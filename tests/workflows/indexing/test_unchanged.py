"""What has changed is told the same however the catalogue is ordered: against a stat of each file, one by one."""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from imgsearch.index.known import Known
from imgsearch.workflows.indexing.options import Before, Options
from imgsearch.workflows.indexing.scan import scan_disk
from imgsearch.workflows.indexing.unchanged import Unchanged

Orders = dict[str, Callable[[list[str]], list[str]]]
ORDERS: Orders = {
    "as a walk goes": sorted,
    "backwards": lambda paths: sorted(paths, reverse=True),
    "grown": lambda paths: sorted(paths[::3]) + sorted(paths[1::3]) + sorted(paths[2::3]),
    "mixed": lambda paths: random.Random(0).sample(paths, len(paths)),
}


def times(path: Path) -> tuple[int, int]:
    return path.stat().st_size, path.stat().st_mtime_ns


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """More files in a folder than are looked at together, and folders between them."""
    for number in range(250):
        file = tmp_path / "photos" / ("b" if number % 5 else "a/deep") / f"{number:03}.jpg"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"x" * number)
    (tmp_path / "photos" / "a.jpg").touch()
    (tmp_path / "photos" / "c.jpg").symlink_to("a.jpg")
    return tmp_path / "photos"


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("share", [0, 0.02, 0.5])
def test_changed_new_and_gone_files_are_those_that_a_look_at_each_tells(photos: Path, order: str, share: float) -> None:
    root = photos.parent
    files = {path.relative_to(root).as_posix(): path for path in sorted(photos.rglob("*.jpg"))}
    was = {stored: times(path) for stored, path in files.items()}
    known = Known()
    for stored in ORDERS[order](list(was)):
        known.add(stored, *was[stored])
    chance = random.Random(1)
    for path in files.values():
        if chance.random() < share and not path.is_symlink() and path.name != "a.jpg":
            action = chance.choice(["time", "size", "remove", "new"])
            if action == "time":
                os.utime(path, ns=(1, 1))
            elif action == "size":
                path.write_bytes(b"y" * 1000)
            elif action == "remove":
                path.unlink()
            else:
                path.with_suffix(".new.jpg").touch()
    now = {path.relative_to(root).as_posix(): times(path) for path in photos.rglob("*.jpg")}
    for folders in ([photos], [photos / "b", photos, photos / "a"]):
        scan = scan_disk(Before(root / ".imgsearch", root, known, ["photos"]), folders)
        assert sorted(scan.unchanged) == sorted(stored for stored in now if was.get(stored) == now[stored])
        assert sorted(scan.changed) == sorted(stored for stored in now if was.get(stored) != now[stored])
        assert sorted(scan.gone) == sorted(set(was) - set(now))
        assert {stored: (found.size, found.mtime_ns) for stored, found in scan.changed.items()}.items() <= now.items()


def test_where_all_is_as_it_was_no_path_is_looked_up(photos: Path) -> None:
    root = photos.parent
    (photos / "c.jpg").unlink()
    known = Known()
    walked = scan_disk(Before(root / ".imgsearch", root), [photos]).changed
    for stored, found in walked.items():
        known.add(stored, found.size, found.mtime_ns)
    scan = scan_disk(Before(root / ".imgsearch", root, known, ["photos"]), [photos])
    assert scan.unchanged == list(walked) and len(walked) == 251
    assert "numbers" not in vars(known)


def test_skipped_pictures_are_tried_again_where_that_is_asked_for(photos: Path) -> None:
    root = photos.parent
    known = Known()
    for stored, found in scan_disk(Before(root / ".imgsearch", root), [photos]).changed.items():
        known.add(stored, found.size, found.mtime_ns, "too large" if stored.endswith("7.jpg") else None)
    before = Before(root / ".imgsearch", root, known, ["photos"])
    assert len(scan_disk(before).unchanged) == 252
    scan = scan_disk(before, (), Options(max_pixels=1))
    assert sorted(scan.changed) == sorted(known.reasons) and len(scan.unchanged) == 252 - 25


def test_what_was_seen_is_not_expected_again_and_what_differs_is_not_marked() -> None:
    known = Known()
    for number in range(6):
        known.add(f"{number}.jpg", number, 10 * number)
    unchanged = Unchanged(known)
    assert not unchanged.expects(["1.jpg"]) and unchanged.expects(["0.jpg", "1.jpg"])
    assert not unchanged.saw_expected([0, 1], [0, 11])
    assert not unchanged.saw_expected([0, 1], [0, 1 << 63])  # the year 2262 and later
    assert unchanged.paths() == []
    assert unchanged.saw_expected([0, 1], [0, 10])
    assert unchanged.saw("4.jpg", 4, 40) and not unchanged.saw("3.jpg", 3, 31) and not unchanged.saw("new.jpg", 0, 0)
    assert unchanged.expects(["4.jpg"]) is False and not unchanged.expects(["4.jpg", "5.jpg"])
    assert (unchanged.paths(), unchanged.others()) == (["0.jpg", "1.jpg", "4.jpg"], ["2.jpg", "3.jpg", "5.jpg"])
    assert "4.jpg" in unchanged and "3.jpg" not in unchanged and "new.jpg" not in unchanged
