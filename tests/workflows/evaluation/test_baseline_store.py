"""What the trivial baselines see of each content is computed once, and never taken from a damaged row."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest

from imgsearch.images.baselines import hsv_histogram, pixels
from imgsearch.images.open import decode_picture, open_picture
from imgsearch.images.read import content_hash
from imgsearch.index.lock import writer_lock
from imgsearch.workflows.evaluation import baseline_store
from imgsearch.workflows.evaluation.baseline_store import BaselineStore

from ...conftest import draw


def hashes(paths: list[Path]) -> list[bytes]:
    return [content_hash(path.read_bytes()) for path in paths]


def assert_right(store: BaselineStore, paths: list[Path]) -> None:
    features, refused = store.features(paths, hashes(paths))
    assert refused == {}
    whole = [open_picture(path) for path in paths]  # not reduced while it is decoded, as for an encoder
    assert features["pixels"] == pytest.approx(np.stack([pixels(image) for image in whole]))
    assert features["hsv_histogram"] == pytest.approx(np.stack([hsv_histogram(image) for image in whole]))


@pytest.fixture
def paths(tmp_path: Path) -> list[Path]:
    return [draw(tmp_path / f"{row}.jpg", row, size=(1000, 800)) for row in range(4)]


def test_each_content_is_described_once_from_the_whole_picture(
    tmp_path: Path, paths: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert_right(BaselineStore(tmp_path / "store"), paths[:3])
    read: list[Path] = []
    decode = decode_picture

    def counted(content: bytes, path: Path) -> object:
        read.append(path)
        return decode(content, path)

    monkeypatch.setattr(baseline_store, "decode_picture", counted)
    assert_right(BaselineStore(tmp_path / "store"), [paths[3], paths[0], paths[0], paths[2]])
    assert read == [paths[3]]


def test_rows_that_were_cut_short_or_damaged_are_computed_again(tmp_path: Path, paths: list[Path]) -> None:
    file = tmp_path / "store" / "baselines.f32"
    assert_right(BaselineStore(tmp_path / "store"), paths)
    whole = file.read_bytes()
    for content in (whole[:-1], whole[: len(whole) // 2 + 3], whole[:100] + b"\xff" + whole[101:], b"", b"nonsense"):
        file.write_bytes(content)
        for _ in range(2):
            assert_right(BaselineStore(tmp_path / "store"), paths)


def test_where_the_store_cannot_be_written_all_is_computed_all_the_same(tmp_path: Path, paths: list[Path]) -> None:
    (tmp_path / "file").touch()
    assert_right(BaselineStore(tmp_path / "file"), paths)
    (tmp_path / "busy").mkdir()
    with writer_lock(tmp_path / "busy"):
        other = threading.Thread(target=assert_right, args=(BaselineStore(tmp_path / "busy"), paths))
        other.start()
        other.join()
    assert not (tmp_path / "busy" / "baselines.f32").exists()


def test_a_picture_that_is_another_one_by_now_or_cannot_be_read_is_refused(tmp_path: Path, paths: list[Path]) -> None:
    known = hashes(paths)
    draw(paths[1], 99)
    paths[2].unlink()
    features, refused = BaselineStore(tmp_path / "store").features(paths, known)
    assert refused == {1: "changed while it was read", 2: "no such file"}
    assert len(features["pixels"]) == len(features["hsv_histogram"]) == 2
