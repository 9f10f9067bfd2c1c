"""Copies on both sides of an evaluation."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from imgsearch.images.baselines import pixels
from imgsearch.images.open import open_picture
from imgsearch.images.read import content_hash
from imgsearch.workflows.evaluation.near import near_duplicates
from imgsearch.workflows.evaluation.result import NearDuplicates, Pictures

from ...conftest import SAMPLE_DATA, draw

OWLS = SAMPLE_DATA / "seen" / "owl"


def pictures(*paths: Path) -> Pictures:
    classes = tuple(path.parent.name for path in paths)
    labels = np.unique(classes, return_inverse=True)[1].astype(np.int64)
    return Pictures(paths, classes, labels, tuple(content_hash(path.read_bytes()) for path in paths))


def found(queries: Pictures, gallery: Pictures) -> NearDuplicates:
    seen = [np.stack([pixels(open_picture(path)) for path in side.paths]) for side in (queries, gallery)]
    return near_duplicates(queries, gallery, *seen)


@pytest.fixture
def owls(tmp_path: Path) -> list[Path]:
    return [Path(shutil.copy(file, tmp_path)) for file in sorted(OWLS.glob("owl-0[1-4].*"))]


def altered(owl: Path, to: Path, how: str) -> Path:
    to.parent.mkdir(exist_ok=True)
    with Image.open(owl) as image:
        image.load()
    if how == "smaller":
        image.resize((image.width // 2, image.height // 2)).save(to)
    elif how == "recompressed":
        image.convert("RGB").save(to, quality=40)
    else:
        width, height = image.size
        image.crop((width // 20, height // 20, width, height)).save(to)
    return to


@pytest.mark.parametrize("how", ["smaller", "recompressed", "cropped"])
def test_copies_across_a_split_are_counted_whatever_was_done_to_them(
    tmp_path: Path, owls: list[Path], how: str
) -> None:
    copy = altered(owls[2], tmp_path / "others" / "copy.jpg", how)
    stranger = draw(tmp_path / "others" / "stranger.png", 5)
    result = found(pictures(*owls), pictures(stranger, copy))
    assert (result.pictures, result.exact, result.across_classes) == (1, 0, 1)
    assert result.examples == ((owls[2], copy),)


def test_in_one_folder_both_are_counted_and_none_is_its_own_copy(tmp_path: Path, owls: list[Path]) -> None:
    stranger = draw(tmp_path / "stranger.png", 1)
    assert found(pictures(*owls), pictures(stranger)).pictures == 0
    copy = altered(owls[0], tmp_path / "copy.jpg", "recompressed")
    together = pictures(*owls, stranger, copy)
    result = found(together, together)
    assert (result.pictures, result.exact, result.across_classes) == (2, 0, 0)
    assert result.examples == ((owls[0], copy), (copy, owls[0]))


def test_a_thousand_files_of_one_content_take_no_time(tmp_path: Path) -> None:
    one = draw(tmp_path / "a" / "1.png", 1)
    other = tmp_path / "b" / "1.png"
    other.parent.mkdir()
    shutil.copy(one, other)
    many = pictures(*[one] * 1000, other)
    result = found(many, many)
    assert (result.pictures, result.exact, result.across_classes) == (1001, 1001, 1001)


def test_pictures_of_one_shade_are_no_candidates(tmp_path: Path) -> None:
    paths = []
    for number in range(3):
        path = tmp_path / f"{number}.png"
        Image.new("RGB", (30, 20), (number, number, number)).save(path)
        paths.append(path)
    assert found(pictures(*paths), pictures(*paths[1:])).exact == 2
    flat = pictures(*paths)
    assert found(flat, flat).pictures == 0
