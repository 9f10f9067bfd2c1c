"""Embedding for an evaluation: as `index` does it, and nothing twice."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from imgsearch import Encoder
from imgsearch.encoder import Encoder as RealEncoder
from imgsearch.errors import UserError
from imgsearch.images.baselines import hsv_histogram, pixels
from imgsearch.images.open import open_picture
from imgsearch.images.preprocess import Pixels
from imgsearch.images.read import content_hash
from imgsearch.index.discover import CATALOGUE
from imgsearch.model import Model, load_model
from imgsearch.workflows.evaluation import baseline_store
from imgsearch.workflows.evaluation.cache import open_cache
from imgsearch.workflows.evaluation.embed import Embedded, embed

from ...cli.helpers import contents
from ...conftest import draw
from .helpers import drawn_classes, other_encoder, other_metric

BASE = load_model("base")


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "imgsearch" / "eval"


@pytest.fixture
def encoded(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """How many pictures each call of the encoder was given."""
    calls: list[int] = []
    encode = RealEncoder.encode

    def counted(self: RealEncoder, pictures: Sequence[Pixels]) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
        calls.append(len(pictures))
        return encode(self, pictures)

    monkeypatch.setattr(RealEncoder, "encode", counted)
    yield calls


def embedded(folder: Path, paths: Sequence[Path], *models: Model, whole: bool = True, keep: bool = True) -> Embedded:
    with open_cache(keep=keep) as opened:
        return embed(opened, folder, paths, models or [BASE], whole=whole)


def same(one: Embedded, other: Embedded) -> bool:
    rows = all(np.array_equal(*pair) for pair in zip(one.embeddings, other.embeddings, strict=True))
    features = all(np.array_equal(one.features[name], other.features[name]) for name in one.features)
    return rows and features and one.hashes == other.hashes and one.rows.tolist() == other.rows.tolist()


def test_the_second_time_nothing_is_encoded_or_opened_and_all_is_the_same(
    tmp_path: Path, cache: Path, encoded: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = drawn_classes(tmp_path / "classes")
    long_ago = 1_000_000_000
    for path in paths:
        os.utime(path, (long_ago, long_ago))  # else they may yet change without a sign
    before = contents(tmp_path / "classes")
    first = embedded(tmp_path / "classes", paths)
    assert (first.encoded, sum(encoded)) == (6, 6)
    assert first.embeddings[0] == pytest.approx(Encoder(BASE).embed(paths), abs=1e-5)
    assert first.features["pixels"] == pytest.approx(np.stack([pixels(open_picture(path)) for path in paths]))
    assert first.features["hsv_histogram"] == pytest.approx(
        np.stack([hsv_histogram(open_picture(path)) for path in paths])
    )
    assert list(first.hashes) == [content_hash(path.read_bytes()) for path in paths]

    def opened(*_: object) -> None:
        raise AssertionError("a picture was opened")

    encoded.clear()
    monkeypatch.setattr(baseline_store, "decode_picture", opened)
    monkeypatch.setattr("imgsearch.workflows.indexing.load.reading", opened)
    again = embedded(tmp_path / "classes", paths)
    assert (again.encoded, encoded) == (0, [])
    assert same(first, again)
    assert contents(tmp_path / "classes") == before  # nothing is written beside the pictures
    assert cache.is_dir()


def test_only_what_is_new_or_has_changed_is_encoded(tmp_path: Path, cache: Path, encoded: list[int]) -> None:
    folder = tmp_path / "classes"
    paths = drawn_classes(folder)
    embedded(folder, paths)
    encoded.clear()
    draw(paths[0], 7)  # another content
    paths[1].rename(folder / "b" / "moved.png")
    paths[2].touch()
    paths[3].unlink()
    now = sorted(
        [*(path for path in paths if path.exists()), folder / "b" / "moved.png", draw(folder / "c" / "1.png", 8)]
    )
    found = embedded(folder, now)
    assert sum(encoded) == found.encoded == 2
    assert found.embeddings[0] == pytest.approx(Encoder(BASE).embed(now), abs=1e-5)
    assert same(found, embedded(folder, now, keep=False))


def test_another_linear_metric_encodes_nothing_and_another_encoder_everything(
    tmp_path: Path, cache: Path, encoded: list[int]
) -> None:
    folder = tmp_path / "classes"
    paths = drawn_classes(folder)
    plain = embedded(folder, paths).embeddings[0]
    encoded.clear()
    metric, other = other_metric(tmp_path / "metric"), other_encoder(tmp_path / "other")
    both = embedded(folder, paths, metric, BASE)
    assert encoded == []
    assert both.embeddings[0] == pytest.approx(metric.project(plain), abs=1e-6)
    assert np.array_equal(both.embeddings[1], plain)
    third = embedded(folder, paths, other, BASE)
    assert sum(encoded) == len(paths)
    assert third.embeddings[0] == pytest.approx(Encoder(other).embed(paths), abs=1e-5)
    assert np.array_equal(third.embeddings[1], plain)
    encoded.clear()
    embedded(folder, paths, other, metric, BASE)
    assert encoded == []


def test_pictures_that_cannot_be_read_are_told_every_time(tmp_path: Path, cache: Path) -> None:
    folder = tmp_path / "classes"
    paths = drawn_classes(folder)
    paths[1].write_text("These are no pixels.")
    paths[4].write_bytes(b"")
    for _ in range(2):
        found = embedded(folder, paths)
        assert found.rows.tolist() == [0, 2, 3, 5]
        told = [(error.path, error.reason) for error in found.skipped]
        assert told == [(str(paths[1]), "not a picture that Pillow can read"), (str(paths[4]), "empty file")]
    with pytest.raises(UserError, match=r"none of the 2 pictures can be read; the first: .*1\.png: not a picture"):
        embedded(folder, [paths[1], paths[4]], whole=False)


def test_a_list_of_files_embeds_those_and_forgets_no_others(tmp_path: Path, cache: Path, encoded: list[int]) -> None:
    folder = tmp_path / "classes"
    paths = drawn_classes(folder)
    missing = folder / "a" / "missing.png"
    found = embedded(folder, [paths[4], missing, paths[0]], whole=False)
    assert sum(encoded) == 2
    assert found.rows.tolist() == [0, 2]
    assert [str(error) for error in found.skipped] == [f"{missing}: no such file"]
    embedded(folder, paths)
    assert sum(encoded) == 6
    embedded(folder, paths[:1], whole=False)
    embedded(folder, paths)
    assert sum(encoded) == 6


def test_a_damaged_cache_is_made_again(tmp_path: Path, cache: Path, encoded: list[int]) -> None:
    folder = tmp_path / "classes"
    paths = drawn_classes(folder)
    first = embedded(folder, paths)
    for name in ("vectors.f32", CATALOGUE, "baselines.f32"):
        encoded.clear()
        (file,) = cache.rglob(name)
        content = bytearray(file.read_bytes())
        content[len(content) // 2] ^= 1
        file.write_bytes(content)
        assert same(embedded(folder, paths), first), name
        assert sum(encoded) in ({0} if name == "baselines.f32" else {0, 6}), name
    shutil.rmtree(cache)
    assert same(embedded(folder, paths), first)


def test_while_another_process_writes_the_cache_one_of_its_own_is_used(
    tmp_path: Path, cache: Path, encoded: list[int]
) -> None:
    folder = tmp_path / "classes"
    paths = drawn_classes(folder)
    with open_cache() as opened, opened.index(folder, BASE).writer():
        found = embedded(folder, paths)
    assert sum(encoded) == 6
    assert same(found, embedded(folder, paths))


def test_a_folder_that_cannot_be_the_cache_is_told_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    told: list[str] = []
    paths = drawn_classes(tmp_path / "classes")
    with open_cache(warn=told.append) as opened:
        assert embed(opened, tmp_path / "classes", paths, [BASE], whole=True).encoded == 6
    assert len(told) == 1
    assert "file/imgsearch/eval: cannot be written (Not a directory), so no embeddings are kept" in told[0]


def test_the_cache_has_a_limit_and_what_was_not_used_for_longest_goes_first(tmp_path: Path, cache: Path) -> None:
    places = []
    for number, name in enumerate(["old", "new", "now"]):
        with open_cache() as opened:
            places.append(opened.place(tmp_path / name, "index"))
            places[-1].mkdir()
            (places[-1] / "file").write_bytes(bytes(1000))
            os.utime(places[-1], (1000 + number, 1000 + number))
    with open_cache() as opened:
        opened.place(tmp_path / "now", "index")
        opened.limit(2500)
        assert [place.exists() for place in places] == [False, True, True]
        opened.limit(0)
        assert [place.exists() for place in places] == [False, False, True]


def test_a_link_to_the_folder_is_the_same_folder(tmp_path: Path, cache: Path, encoded: list[int]) -> None:
    drawn_classes(tmp_path / "classes")
    (tmp_path / "link").symlink_to(tmp_path / "classes")
    found = [embedded(tmp_path / name, sorted((tmp_path / name).rglob("*.png"))) for name in ("classes", "link")]
    assert sum(encoded) == 6
    assert same(*found)
