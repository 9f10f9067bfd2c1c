"""Pictures that lie elsewhere now, or once more, are not encoded again."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from imgsearch.encoder import Encoder
from imgsearch.images.preprocess import Pixels
from imgsearch.index import Index
from imgsearch.index.writer import Writer
from imgsearch.workflows.indexing.options import Options
from imgsearch.workflows.indexing.update import update_index

from .updating import aged, counts, drawn, encodings, indexed, slots


@pytest.fixture
def index(tmp_path: Path) -> Index:
    for number, name in enumerate(["a/1.png", "a/2.png", "a/sub/3.png", "b/4.png"]):
        drawn(tmp_path / name, number)
    return indexed(tmp_path, "a", "b")


def embedding(index: Index, path: str) -> list[float]:
    slot = index.records()[path].slot
    assert slot is not None
    with index.writer() as writer:
        row: list[float] = writer.stored([slot])[0].tolist()
    return row


def test_a_renamed_picture_a_moved_folder_and_one_in_another_source_keep_their_slots(
    index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = slots(index)
    (index.root / "a" / "1.png").rename(index.root / "a" / "renamed.jpg")  # the content counts, not the suffix
    (index.root / "a" / "sub").rename(index.root / "b" / "elsewhere")
    (index.root / "b" / "4.png").rename(index.root / "a" / "4.png")
    encoded = encodings(monkeypatch)
    assert counts(update_index(index)) == {"moved": 3, "unchanged": 1}
    assert slots(index) == {
        "a/renamed.jpg": before["a/1.png"],
        "a/2.png": before["a/2.png"],
        "b/elsewhere/3.png": before["a/sub/3.png"],
        "a/4.png": before["b/4.png"],
    }
    assert encoded == []
    assert counts(update_index(index)) == {"unchanged": 4}


def test_a_copy_gets_a_slot_of_its_own_and_the_embedding_of_the_first(
    index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = embedding(index, "a/1.png")
    shutil.copy(index.root / "a" / "1.png", index.root / "b" / "copy.png")
    aged(index.root / "b" / "copy.png")
    encoded = encodings(monkeypatch)
    assert counts(update_index(index)) == {"added": 1, "unchanged": 4}
    assert encoded == []
    assert embedding(index, "b/copy.png") == first
    assert len(set(slots(index).values())) == 5


def test_one_that_is_gone_and_lies_in_two_new_places_is_moved_once_and_copied_once(index: Index) -> None:
    first = embedding(index, "a/1.png")
    for name in ("x.png", "y.png"):
        shutil.copy(index.root / "a" / "1.png", index.root / "b" / name)
    (index.root / "a" / "1.png").unlink()
    assert counts(update_index(index)) == {"added": 1, "moved": 1, "unchanged": 3}
    assert embedding(index, "b/x.png") == embedding(index, "b/y.png") == first


def test_of_two_gone_pictures_with_the_same_content_one_is_moved_and_the_other_forgotten(index: Index) -> None:
    shutil.copy(index.root / "a" / "1.png", index.root / "a" / "twin.png")
    update_index(index)
    (index.root / "a" / "twin.png").rename(index.root / "b" / "moved.png")
    (index.root / "a" / "1.png").unlink()
    assert counts(update_index(index)) == {"moved": 1, "removed": 1, "unchanged": 3}
    assert set(slots(index)) == {"a/2.png", "a/sub/3.png", "b/4.png", "b/moved.png"}


def test_a_picture_that_took_the_place_of_another_keeps_its_embedding(
    index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    second = embedding(index, "a/2.png")
    (index.root / "a" / "2.png").replace(index.root / "a" / "1.png")
    encoded = encodings(monkeypatch)
    assert counts(update_index(index)) == {"moved": 1, "unchanged": 2}
    assert embedding(index, "a/1.png") == second and "a/2.png" not in slots(index)
    assert encoded == []


def test_two_pictures_that_changed_places_change_embeddings(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = embedding(index, "a/1.png"), embedding(index, "a/2.png")
    aside = index.root / "aside.png"
    (index.root / "a" / "1.png").rename(aside)
    (index.root / "a" / "2.png").rename(index.root / "a" / "1.png")
    aged(aside.rename(index.root / "a" / "2.png"), seconds=5)
    aged(index.root / "a" / "1.png", seconds=6)
    monkeypatch.setattr(
        "imgsearch.workflows.indexing.read.BATCH_SIZE", 1
    )  # one is replaced before the other asks for it
    encoded = encodings(monkeypatch)
    assert counts(update_index(index)) == {"updated": 2, "unchanged": 2}
    assert (embedding(index, "a/1.png"), embedding(index, "a/2.png")) == (second, first)
    assert encoded == []


def test_moved_pictures_that_are_broken_are_tried_again(index: Index) -> None:
    broken = aged(Path(shutil.copy(index.root / "a" / "1.png", index.root / "a" / "broken.png")))
    broken.write_bytes(b"no picture")
    assert counts(update_index(index)) == {"skipped": 1, "unchanged": 4}
    broken.rename(index.root / "b" / "broken.png")
    assert counts(update_index(index)) == {"skipped": 1, "removed": 1, "unchanged": 4}
    assert index.records()["b/broken.png"].slot is None


@pytest.mark.parametrize("prune", [None, True, False])
def test_a_source_that_was_renamed_is_moved_where_it_is_given_up_and_else_copied(
    index: Index, prune: bool | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    (index.root / "b").rename(index.root / "c")
    encoded = encodings(monkeypatch)
    report = update_index(index, [index.root / "b", index.root / "c"], options=Options(prune=prune))
    assert counts(report) == ({"moved": 1} if prune else {"added": 1})
    assert ("b/4.png" in slots(index)) == (not prune)
    assert encoded == []


def test_no_prune_forgets_nothing_and_copies_instead(index: Index) -> None:
    (index.root / "a" / "1.png").rename(index.root / "a" / "renamed.png")
    (index.root / "a" / "2.png").unlink()
    assert counts(update_index(index, options=Options(prune=False))) == {"added": 1, "unchanged": 2}
    assert set(slots(index)) == {"a/1.png", "a/2.png", "a/renamed.png", "a/sub/3.png", "b/4.png"}


@pytest.mark.parametrize("stop", [KeyboardInterrupt, MemoryError])
def test_what_was_moved_is_not_lost_where_the_run_is_stopped(
    index: Index, monkeypatch: pytest.MonkeyPatch, stop: type[BaseException]
) -> None:
    """An error that nothing is prepared for is as good as kill -9: nothing runs after it but the next time."""
    first, third = embedding(index, "a/1.png"), embedding(index, "a/sub/3.png")
    (index.root / "a" / "1.png").rename(index.root / "a" / "zz late.png")
    (index.root / "a" / "2.png").unlink()
    (index.root / "a" / "sub").rename(index.root / "a" / "other")
    drawn(index.root / "a" / "stops.png", 99)

    def stopped(self: Encoder, pictures: Sequence[Pixels]) -> object:
        raise stop

    monkeypatch.setattr("imgsearch.workflows.indexing.read.BATCH_SIZE", 1)
    with monkeypatch.context() as patch:
        patch.setattr(Encoder, "encode", stopped)
        if stop is KeyboardInterrupt:
            assert counts(update_index(index)) == {"moved": 1, "removed": 1, "unchanged": 1}
        else:
            with pytest.raises(MemoryError):
                update_index(index)
    assert set(slots(index)) == {"a/1.png", "a/other/3.png", "b/4.png"}

    encoded = encodings(monkeypatch)
    assert counts(update_index(index)) == {"added": 1, "moved": 1, "unchanged": 2}
    assert encoded == [1]
    assert (embedding(index, "a/zz late.png"), embedding(index, "a/other/3.png")) == (first, third)


def test_a_copy_is_projected_as_its_first_is_and_found_beside_it(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []
    stored = Writer.stored

    def watched(self: Writer, slots: Sequence[int]) -> object:
        calls.append(len(slots))
        return stored(self, slots)

    monkeypatch.setattr(Writer, "stored", watched)
    for number in range(3):
        shutil.copy(index.root / "a" / "1.png", index.root / "b" / f"copy {number}.png")
    update_index(index)
    assert calls == [3]
    query = np.array([embedding(index, "a/1.png")], dtype=np.float32)
    (matches,) = index.search(query / np.linalg.norm(query), k=4)
    assert {index.stored(match.path) for match in matches} == {
        "a/1.png",
        *(f"b/copy {number}.png" for number in range(3)),
    }
