"""What changed in the folders of an index."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from imgsearch.errors import UserError
from imgsearch.index import Index, Record
from imgsearch.model import ModelInfo, load_model, write_info
from imgsearch.workflows.indexing.options import Before, Options
from imgsearch.workflows.indexing.scan import Scan, require_pictures, scan_disk


@pytest.fixture
def index(tmp_path: Path) -> Index:
    """An empty index of a folder, with a model that is never run."""
    (tmp_path / "model").mkdir()
    write_info(tmp_path / "model", ModelInfo("fake", {}, input_size=32, dimension=2))
    (tmp_path / "model" / "encoder.onnx").write_bytes(b"not really a graph")
    return Index.create(tmp_path / "root" / ".imgsearch", load_model(tmp_path / "model"))


def made(index: Index, *names: str) -> None:
    for name in names:
        (index.root / name).parent.mkdir(parents=True, exist_ok=True)
        (index.root / name).write_text(name)


def remember(index: Index, *sources: str, broken: Sequence[str] = ()) -> None:
    """Index what lies in the sources now."""
    paths = [path for source in sources for path in sorted((index.root / source).rglob("*.jpg"))]
    records = [Record(index.stored(path), path.stat().st_size, path.stat().st_mtime_ns, bytes(16)) for path in paths]
    good = [record for record in records if record.path not in broken]
    with index.writer() as writer:
        for source in sources:
            writer.add_source(source)
        writer.add(good, np.tile(np.array([[1, 0]], dtype=np.float32), (len(good), 1)))
        writer.skip([Record(path, 0, 0, b"", reason="empty file") for path in broken])


def scanned(index: Index, *folders: str, **options: Any) -> tuple[Scan, list[str]]:
    """What is seen, and what was warned of."""
    warnings: list[str] = []
    chosen = [index.root / name for name in folders]
    return scan_disk(Before.of(index), chosen, Options(**options), warnings.append), warnings


def test_new_changed_untouched_and_gone_pictures_are_told_apart(index: Index) -> None:
    made(index, "a/same.jpg", "a/longer.jpg", "a/later.jpg", "a/gone.jpg", "b/elsewhere.jpg")
    remember(index, "a", "b")
    made(index, "a/sub/new.jpg")
    (index.root / "a" / "longer.jpg").write_text("longer than before")
    os.utime(index.root / "a" / "later.jpg", ns=(1, 1))
    (index.root / "a" / "gone.jpg").unlink()
    scan, warnings = scanned(index, "a")
    assert sorted(scan.changed) == ["a/later.jpg", "a/longer.jpg", "a/sub/new.jpg"]
    assert {stored: index.stored(Path(found.path)) for stored, found in scan.changed.items()} == {
        path: path for path in scan.changed
    }
    assert scan.unchanged == ["a/same.jpg"]
    assert (scan.gone, scan.sources, warnings) == (["a/gone.jpg"], ["a"], [])


def test_folders_in_each_other_count_their_pictures_once(index: Index) -> None:
    made(index, "a/1.jpg", "a/sub/2.jpg")
    scan, _ = scanned(index, "a/sub", "a", "a/../a")
    assert sorted(scan.changed) == ["a/1.jpg", "a/sub/2.jpg"]
    remember(index, "a")
    scan, _ = scanned(index, "a/sub", "a")
    assert (len(scan.unchanged), scan.changed, scan.gone) == (2, {}, [])


def test_a_sub_folder_alone_says_nothing_about_the_rest(index: Index) -> None:
    made(index, "a/1.jpg", "a/sub/2.jpg", "a/sub/3.jpg", "a/subway/4.jpg")
    remember(index, "a")
    (index.root / "a" / "sub" / "3.jpg").unlink()
    (index.root / "a" / "1.jpg").unlink()
    (index.root / "a" / "subway" / "4.jpg").unlink()
    scan, _ = scanned(index, "a/sub")
    assert scan.gone == ["a/sub/3.jpg"]


@pytest.mark.parametrize("emptied", [True, False])
def test_a_source_that_is_gone_or_emptied_is_kept_until_prune(index: Index, emptied: bool) -> None:
    made(index, "disk/1.jpg", "photos/2.jpg")
    remember(index, "disk", "photos")
    (index.root / "disk" / "1.jpg").unlink()
    if not emptied:
        (index.root / "disk").rmdir()
    for folders in ([], ["disk", "photos"]):
        scan, (warning,) = scanned(index, *folders)
        assert (scan.gone, scan.dropped) == ([], [])
        assert ("no pictures in it now" if emptied else "gone") in warning
        assert "its 1 indexed pictures are kept, --prune would forget them" in warning
        pruned, _ = scanned(index, *folders, prune=True)
        assert (pruned.gone, pruned.dropped) == (["disk/1.jpg"], ["disk"])


@pytest.mark.parametrize("emptied", [True, False])
def test_a_disk_that_is_a_source_inside_another_source_is_kept_as_well(index: Index, emptied: bool) -> None:
    made(index, "photos/disk/1.jpg", "photos/2.jpg", "photos/3.jpg")
    remember(index, "photos", "photos/disk")
    (index.root / "photos/disk/1.jpg").unlink()
    (index.root / "photos/3.jpg").unlink()
    if not emptied:
        (index.root / "photos/disk").rmdir()
    scan, (warning,) = scanned(index, "photos")
    assert scan.gone == ["photos/3.jpg"]
    assert "photos/disk" in warning


def test_a_source_that_was_pruned_does_not_stand_in_the_way(index: Index) -> None:
    made(index, "photos/2.jpg")
    remember(index, "disk", "photos")
    scan, (warning,) = scanned(index)
    assert (len(scan.unchanged), scan.gone, scan.dropped) == (1, [], [])
    assert "nothing of it is indexed" in warning
    scan, warnings = scanned(index, prune=True)
    assert (len(scan.unchanged), scan.gone, scan.dropped, warnings) == (1, [], ["disk"], [])
    with pytest.raises(UserError, match="disk: no such folder"):  # who names it now, means it
        scanned(index, "disk", "photos")


def test_what_cannot_be_listed_is_kept(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    made(index, "a/1.jpg", "a/locked/2.jpg", "a/locked/deeper/3.jpg")
    remember(index, "a")
    (index.root / "a" / "1.jpg").unlink()
    real = os.scandir

    def scandir(path: str | os.PathLike[str]) -> object:
        if os.fspath(path).endswith("locked"):
            raise PermissionError(13, "Permission denied")
        return real(path)

    made(index, "a/4.jpg")
    monkeypatch.setattr(os, "scandir", scandir)
    scan, (warning,) = scanned(index, "a")
    assert "locked: cannot be listed (Permission denied); what is indexed of it is kept" in warning
    assert (scan.gone, sorted(scan.changed)) == (["a/1.jpg"], ["a/4.jpg"])


def test_folders_without_pictures_are_refused(index: Index) -> None:
    made(index, "texts/notes.txt", "photos/1.jpg")
    for folder, said in {"texts": "no pictures in it", "missing": "no such folder"}.items():
        with pytest.raises(UserError, match=f"{folder}: {said}"):
            scanned(index, "photos", folder)
        with pytest.raises(UserError, match=f"{folder}: {said}"):
            require_pictures([index.root / "photos", index.root / folder])
    require_pictures([index.root / "photos"])
    for ask in (lambda: scanned(index), lambda: require_pictures([])):
        with pytest.raises(UserError, match="imgsearch index FOLDER"):
            ask()


def test_pictures_are_forgotten_when_a_folder_above_the_index_is_scanned(index: Index) -> None:
    made(index, "gone.jpg", "stays.jpg")
    remember(index, "..")
    (index.root / "gone.jpg").unlink()
    assert scanned(index)[0].gone == ["gone.jpg"]


def test_a_source_in_a_hidden_folder_is_kept_when_it_is_emptied_as_others_are(index: Index) -> None:
    made(index, ".cache/pictures/1.jpg", ".cache/pictures/2.jpg", "photos/3.jpg")
    remember(index, ".cache/pictures", "photos")
    (index.root / ".cache/pictures/1.jpg").unlink()
    assert scanned(index)[0].gone == [".cache/pictures/1.jpg"]
    (index.root / ".cache/pictures/2.jpg").unlink()
    scan, (warning,) = scanned(index)
    assert scan.gone == [] and "no pictures in it now; its 2 indexed pictures are kept" in warning
    assert len(scanned(index, prune=True)[0].gone) == 2


@pytest.mark.parametrize("harm", ["emptied", "gone", "some"])
def test_no_prune_removes_nothing_at_all(index: Index, harm: str) -> None:
    made(index, "disk/1.jpg", "disk/2.jpg", "photos/3.jpg")
    remember(index, "disk", "photos")
    (index.root / "disk" / "1.jpg").unlink()
    if harm != "some":
        (index.root / "disk" / "2.jpg").unlink()
    if harm == "gone":
        (index.root / "disk").rmdir()
    scan, warnings = scanned(index, prune=False)
    assert (scan.gone, scan.dropped, len(warnings)) == ([], [], harm != "some")


def test_what_is_excluded_goes_even_where_nothing_else_is_left_of_its_source(index: Index) -> None:
    made(index, "a/1.jpg", "a/sub/2.jpg", "b/3.jpg")
    remember(index, "a", "b")
    scan, _ = scanned(index, exclude=["*"])
    assert sorted(scan.gone) == ["a/1.jpg", "a/sub/2.jpg", "b/3.jpg"]
    assert scanned(index, "a/sub", exclude=["*"])[0].gone == ["a/sub/2.jpg"]
    assert scanned(index, exclude=["*"], prune=False)[0].gone == []
    scan, _ = scanned(index, exclude=["sub", "b"])  # b is no file or folder in a source, but one
    assert (scan.gone, sorted(scan.unchanged)) == (["a/sub/2.jpg"], ["a/1.jpg", "b/3.jpg"])


def test_what_one_source_leaves_out_and_another_finds_is_found(index: Index) -> None:
    made(index, "a/1.jpg", "a/sub/2.jpg")
    remember(index, "a")
    scan, _ = scanned(index, "a", "a/sub", exclude=["sub"])
    assert (len(scan.unchanged), scan.gone) == (2, [])


def test_a_new_folder_in_which_all_is_excluded_is_refused(index: Index) -> None:
    made(index, "a/1.jpg")
    with pytest.raises(UserError, match="a: no pictures in it"):
        scanned(index, "a", exclude=["*.jpg"])
    with pytest.raises(UserError, match="a: no pictures in it"):
        require_pictures([index.root / "a"], Options(exclude=["*.jpg"]))


def test_excluded_pictures_of_a_disk_that_is_not_plugged_in_wait_with_the_others(index: Index) -> None:
    made(index, "disk/1.jpg", "photos/2.jpg")
    remember(index, "disk", "photos")
    (index.root / "disk" / "1.jpg").unlink()
    (index.root / "disk").rmdir()
    scan, (warning,) = scanned(index, exclude=["1.jpg"])
    assert scan.gone == [] and "disk: gone" in warning


def test_the_root_of_all_folders_may_be_a_source(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    made(index, "a/1.jpg")
    inside = os.fspath(index.root / "a")[1:].split("/")

    def few(folder: str | os.PathLike[str]) -> object:
        """Of each folder only what leads to the picture."""
        depth = len(os.fspath(folder).strip("/").split("/")) if os.fspath(folder) != "/" else 0
        return _Few(scandir(folder), inside[depth] if depth < len(inside) else "1.jpg")

    scandir = os.scandir
    monkeypatch.setattr(os, "scandir", few)
    scan = scan_disk(Before.of(index), [Path("/")])
    assert list(scan.changed) == ["a/1.jpg"]
    assert index.absolute(scan.sources[0]) == Path("/")


class _Few:
    def __init__(self, listing: Any, name: str) -> None:
        self.listing, self.name = listing, name

    def __enter__(self) -> list[os.DirEntry[str]]:
        return [entry for entry in self.listing if entry.name == self.name]

    def __exit__(self, *_: object) -> None:
        self.listing.close()

    def close(self) -> None:
        self.listing.close()
