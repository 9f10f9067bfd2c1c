"""The committed sample pictures are what the script draws, and keep to their limits."""

import importlib
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

SAMPLE_DATA = Path(__file__).parents[2] / "sample_data"
PICTURES = sorted(path for split in ("seen", "unseen") for path in SAMPLE_DATA.glob(f"{split}/*/*.*"))


@pytest.fixture(scope="module")
def draw() -> Any:
    """The script as a module; it finds its own package `drawing` beside itself, as when it is run."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(SAMPLE_DATA))
        return importlib.import_module("draw")


def pixels(picture: Image.Image) -> Any:
    return np.asarray(picture.convert("RGB"), dtype=np.float32)


def opened(path: Path) -> Any:
    with Image.open(path) as picture:
        return pixels(picture)


def planned(draw: Any) -> list[Path]:
    classes = [("seen", name) for name in draw.SEEN] + [("unseen", name) for name in draw.UNSEEN]
    names = [SAMPLE_DATA / split / name / f"{name}-{i:02}" for split, name in classes for i in range(1, 9)]
    return sorted(names + [SAMPLE_DATA / Path(pair.copy).with_suffix("") for pair in draw.NEAR_DUPLICATES])


def assert_alike(ours: Any, committed: Any, suffix: str) -> None:
    """In grey levels: rounding for lossless pictures; for lossy ones what codecs differ by from version to version."""
    assert ours.shape == committed.shape
    assert np.abs(ours - committed).mean() < (0.5 if suffix == ".png" else 2.0)


def test_twelve_classes_to_train_on_three_more_and_no_other_file(draw: Any) -> None:
    assert (len(draw.SEEN), len(draw.UNSEEN)) == (12, 3)
    assert not set(draw.SEEN) & set(draw.UNSEEN)
    assert sorted(path.with_suffix("") for path in PICTURES) == planned(draw)


def test_sides_formats_and_total_size() -> None:
    formats = Counter[str | None]()
    for path in PICTURES:
        with Image.open(path) as picture:
            formats[picture.format] += 1
            assert picture.format == {".jpg": "JPEG", ".png": "PNG", ".webp": "WEBP"}[path.suffix]
            assert 256 <= min(picture.size) <= max(picture.size) <= 640, path
    assert min(formats[name] for name in ("JPEG", "PNG", "WEBP")) >= 15
    assert sum(path.stat().st_size for path in PICTURES) < 4_000_000
    assert (SAMPLE_DATA / ".contact-sheet.webp").stat().st_size < 150_000


def test_near_duplicates_are_there_are_alike_and_are_in_the_readme(draw: Any) -> None:
    readme = (SAMPLE_DATA / "README.md").read_text(encoding="utf-8")
    for pair in draw.NEAR_DUPLICATES:
        assert pair.copy.startswith("seen/")
        assert Path(pair.original).parent == Path(pair.copy).parent
        assert f"| `{pair.original}` | `{pair.copy}` |" in readme
        with Image.open(SAMPLE_DATA / pair.original) as original, Image.open(SAMPLE_DATA / pair.copy) as copy:
            thumbnails = [pixels(picture.convert("RGB").resize((16, 16))) for picture in (original, copy)]
        assert np.corrcoef(thumbnails[0].ravel(), thumbnails[1].ravel())[0, 1] > 0.9
    assert readme.count("\n| `seen/") == len(draw.NEAR_DUPLICATES) + 1  # and the table of classes


def test_no_two_unseen_pictures_are_nearly_the_same() -> None:
    """Colour and layout at a glance: planted copies correlate above 0.9, strangers must not."""
    paths = [path for path in PICTURES if "unseen" in path.parts]
    tiny = []
    for path in paths:
        with Image.open(path) as picture:
            tiny.append(pixels(picture.convert("RGB").resize((16, 16))).ravel())
    correlation = np.corrcoef(tiny) - np.eye(len(tiny))
    worst = np.unravel_index(correlation.argmax(), correlation.shape)
    assert correlation.max() < 0.9, [paths[i].name for i in worst]


@pytest.mark.parametrize("which", range(15))
def test_one_picture_of_every_class_is_drawn_as_committed(draw: Any, which: int, tmp_path: Path) -> None:
    name = [*draw.SEEN, *draw.UNSEEN][which]
    [path] = SAMPLE_DATA.glob(f"*/{name}/{name}-{which % 8 + 1:02}.*")
    draw.save(draw.drawn(name, which % 8), tmp_path / path.name)
    assert_alike(opened(tmp_path / path.name), opened(path), path.suffix)


@pytest.mark.slow
def test_the_script_draws_all_the_committed_files(draw: Any, tmp_path: Path) -> None:
    draw.draw_all(tmp_path)
    ours = sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.is_file())
    committed = [*(path.relative_to(SAMPLE_DATA) for path in PICTURES), Path(".contact-sheet.webp")]
    assert ours == sorted(committed)
    for path in ours:
        assert_alike(opened(tmp_path / path), opened(SAMPLE_DATA / path), path.suffix)
