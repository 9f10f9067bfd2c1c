"""The benchmarks of the embedded model at a small size, and their arithmetic."""

from __future__ import annotations

import dataclasses
import io
import json
import random
import subprocess
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from imgsearch.encoder import Encoder
from imgsearch.errors import UserError
from imgsearch.images.find import find_pictures
from imgsearch.images.open import decode_picture
from imgsearch.model import BASE, Model, ModelInfo, load_model
from tests.benchmarks.embedded_model import rivals
from tests.benchmarks.embedded_model.__main__ import measure, missed, row, short_of_goal
from tests.benchmarks.embedded_model.robustness import CHANGES, TURNED, gather, share_found
from tests.benchmarks.embedded_model.robustness import measure as measure_robustness
from tests.benchmarks.embedded_model.sizes import at_sides, curve
from tests.benchmarks.embedded_model.speed import measure as measure_speed
from tests.benchmarks.embedded_model.unseen import COLLECTIONS
from tests.conftest import SAMPLE_DATA, draw


def packed(file: Path, folder: Path, classes: list[str], each: int = 2) -> None:
    """A zip file of drawn pictures, one folder a class."""
    with zipfile.ZipFile(file, "w") as archive:
        for name in classes:
            for number in range(each):
                picture = draw(folder / f"{name}-{number}.webp", len(name) + number)
                archive.write(picture, f"{name}/{number}.webp")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder like the real one, with two pictures a class."""
    folder = tmp_path / "data"
    (folder / "splits").mkdir(parents=True)
    packed(folder / "caltech50.zip", tmp_path / "c", ["ant", "bass", "camera"])
    for number in range(3):
        packed(
            folder / f"tiny-imagenet-{number}.zip",
            tmp_path / "t",
            [f"n{10 * place + number:08}" for place in range(20)],
        )
    packed(folder / "cifar100-0.zip", tmp_path / "f", ["apple", "rose"])
    packed(folder / "cifar100-1.zip", tmp_path / "f", ["baby", "wolf"])
    (folder / "splits" / "cifar_fs_classes.json").write_text(json.dumps({"train": ["apple"], "test": ["rose", "wolf"]}))
    packed(folder / "omniglot.zip", tmp_path / "o", ["background__A__1", "evaluation__B__1", "evaluation__B__2"])
    return folder


def test_each_collection_has_the_classes_that_training_left_out(data: Path, tmp_path: Path) -> None:
    found = {name: COLLECTIONS[name](data, tmp_path / "scratch" / name) for name in COLLECTIONS}
    classes = {name: sorted(set(labelled.classes)) for name, labelled in found.items()}
    assert classes["caltech50"] == ["ant", "bass", "camera"]
    everything = sorted(f"n{10 * place + number:08}" for place in range(20) for number in range(3))
    assert classes["tiny_imagenet"] == everything[-40:] and len(found["tiny_imagenet"].paths) == 80
    assert classes["cifar_fs"] == ["rose", "wolf"]
    assert classes["omniglot"] == ["evaluation__B__1", "evaluation__B__2"]
    assert len(classes["sample_data"]) == len({path.parent for path in find_pictures(SAMPLE_DATA)})


def test_missing_data_is_named(data: Path, tmp_path: Path) -> None:
    (data / "omniglot.zip").unlink()
    (data / "splits" / "cifar_fs_classes.json").write_text("{}")
    with pytest.raises(UserError, match=r"omniglot\.zip: cannot be read"):
        COLLECTIONS["omniglot"](data, tmp_path / "scratch")
    with pytest.raises(UserError, match=r"cifar_fs_classes\.json: cannot be read"):
        COLLECTIONS["cifar_fs"](data, tmp_path / "scratch")


def test_models_and_baselines_are_measured_side_by_side(data: Path, tmp_path: Path) -> None:
    collection = COLLECTIONS["caltech50"](data, tmp_path / "scratch")
    model = load_model("base")
    figures = measure({"one": model, "other": Model(BASE, model.info)}, collection)
    assert (figures["classes"], figures["pictures"], figures["seen"]) == (3, 6, {})
    assert figures["metrics"].keys() == {"one", "other", "pixels", "hsv_histogram", "chance"}
    assert figures["metrics"]["chance"]["recall_at_1"] == pytest.approx(0.2)  # one of five others
    first = figures["metrics"]["one"]
    assert row(figures, ["one"]) == ["3 × 6", f"{first['recall_at_1']:.4f} / {first['map_at_r']:.4f}"]


def test_what_is_required_and_what_a_baseline_does_better_is_missed() -> None:
    ours, pixels, hsv = ({"recall_at_1": a, "map_at_r": b} for a, b in ((0.6, 0.21), (0.5, 0.3), (0.6, 0.1)))
    figures = {"metrics": {"ours": ours, "pixels": pixels, "hsv_histogram": hsv}}
    assert missed("omniglot", figures, "ours") == ["omniglot: pixels has the better map_at_r"]
    lines = missed("caltech50", figures, "ours")
    assert lines[0] == "caltech50: map_at_r 0.2100 is less than the 0.22 that are required" and len(lines) == 2
    goals = short_of_goal("caltech50", figures, "ours")
    assert goals == ["caltech50: recall_at_1 0.6000 of 0.7", "caltech50: map_at_r 0.2100 of 0.35"]
    assert short_of_goal("omniglot", figures, "ours") == []


def test_a_figure_of_a_model_that_has_seen_the_pictures_is_marked() -> None:
    scores = {"recall_at_1": 0.5, "map_at_r": 0.25}
    figures = {"classes": 2, "pictures": 1200, "metrics": {"ours": scores, "new": scores}, "seen": {"ours": 7}}
    assert row(figures, ["ours", "new"]) == ["2 × 1,200", "0.5000 / 0.2500*", "0.5000 / 0.2500"]


def test_the_previous_version_is_the_last_that_differs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repository = tmp_path / "repository"
    base = repository / "imgsearch" / "models" / "base"
    base.mkdir(parents=True)
    identity = ["-c", "user.name=x", "-c", "user.email=x@example.org", "-c", "commit.gpgsign=false"]

    def git(*arguments: str) -> None:
        subprocess.run(["git", *identity, *arguments], cwd=repository, check=True, capture_output=True)

    def commit(graph: bytes, name: str) -> None:
        (base / "encoder.onnx").write_bytes(graph)
        text = (BASE / "model.json").read_text().replace('"name": "base"', f'"name": "{name}"')
        (base / "model.json").write_text(text)
        git("add", "-A")
        git("commit", "-qm", name)

    git("init", "-q")
    monkeypatch.setattr(rivals, "REPOSITORY", repository)
    monkeypatch.setattr(rivals, "BASE", base)
    commit(b"first", "first")
    assert rivals.previous(tmp_path / "none") is None
    commit(b"second", "second")
    commit(b"second", "renamed")
    found = rivals.previous(tmp_path / "committed")
    assert found is not None and found.info.name == "first" and found.encoder_file.read_bytes() == b"first"
    (base / "encoder.onnx").write_bytes(b"third, not committed yet")
    found = rivals.previous(tmp_path / "working")
    assert found is not None and found.info.name == "renamed"


@pytest.mark.slow
def test_the_untrained_network_is_the_same_one_with_other_weights(tmp_path: Path) -> None:
    info = ModelInfo("ours", {"backbone": "conv4", "embedding_dim": 8}, input_size=28, dimension=8)
    random = rivals.untrained(Model(tmp_path, info), tmp_path / "untrained")
    assert random is not None and (random.info.dimension, random.info.input_size) == (8, 28)
    assert Encoder(random).embed([draw(tmp_path / "picture.png", 1)]).shape == (1, 8)
    assert rivals.untrained(Model(tmp_path, ModelInfo("theirs", {}, 28, 8)), tmp_path / "none") is None


def test_every_turned_file_shows_the_picture_upright() -> None:
    pixels = np.zeros((64, 96, 3), dtype=np.uint8)
    pixels[:32, :48], pixels[32:, 48:] = (250, 10, 10), (10, 10, 250)
    picture = Image.fromarray(pixels)
    seen = set()
    for seed in range(60):
        content = CHANGES["rotated through EXIF"].make(picture, random.Random(seed))
        with Image.open(io.BytesIO(content)) as stored:
            seen.add(stored.getexif()[0x0112])
        upright = np.asarray(decode_picture(content, "turned.jpg"), dtype=int)
        assert upright.shape == pixels.shape and np.abs(upright - pixels).mean() < 3
    assert seen == set(TURNED)


def test_changes_are_as_large_as_they_say() -> None:
    picture = Image.effect_noise((200, 100), 50).convert("RGB")
    sizes = {}
    for name, change in CHANGES.items():
        sizes[name] = decode_picture(change.make(picture, random.Random(0)), name).size
    assert sizes["resized to half"] == (100, 50) and sizes["recompressed at quality 40"] == (200, 100)
    assert sizes["cropped by 10 %"] == (180, 90) and sizes["cropped by 10 % at each edge"] == (160, 80)
    grey = np.asarray(decode_picture(CHANGES["grey"].make(picture, random.Random(0)), "grey"))
    assert (grey[..., 0] == grey[..., 1]).all() and (grey[..., 1] == grey[..., 2]).all()


def test_an_original_is_found_where_nothing_is_nearer() -> None:
    originals = np.array([[1, 0], [0, 1], [0, 1], [0.6, 0.8]], dtype=np.float32)  # two of them are the same picture
    changed = np.array([[0.8, 0.6], [0, 1], [0, 1], [1, 0]], dtype=np.float32)
    assert share_found(originals, changed) == 0.5  # the first is nearer to the last, the last to the first


def test_robustness_of_a_few_pictures(tmp_path: Path) -> None:
    for number in range(3):
        draw(tmp_path / f"{number}.png", number)
    (tmp_path / "copy.png").write_bytes((tmp_path / "0.png").read_bytes())
    pictures = gather(tmp_path, 5)
    assert [path.parent == tmp_path for path in pictures] == [True, True, True, False, False]
    assert len(gather(tmp_path, 2)) == 2
    shares = measure_robustness("base", pictures)
    assert shares.keys() == CHANGES.keys()
    assert shares["resized to half"] == shares["rotated through EXIF"] == 1.0


def test_speed_is_measured_in_turns() -> None:
    model = load_model("base")
    rates = measure_speed({"one": model, "same": model}, turns=1, pictures=9)
    assert rates.keys() == {"one", "same"} and all(rate > 0 for rate in rates.values())


def test_a_model_is_measured_at_its_own_and_at_other_sizes(data: Path, tmp_path: Path) -> None:
    collection = COLLECTIONS["caltech50"](data, tmp_path / "scratch")
    model = load_model("base")
    assert list(at_sides(model, [])) == [48, 64, 80, 96, 112, 128]
    assert at_sides(model, [])[96].info == model.info
    small, own = curve({"base": model}, [96, 32], {"caltech50": collection}, turns=1)
    assert (small.model, small.side, own.side) == ("base", 32, 96)
    assert small.rate > 0 and small.times / own.times == pytest.approx(small.rate / own.rate)
    smaller = Model(BASE, dataclasses.replace(model.info, input_size=32))
    expected = measure({"small": smaller, "own": model}, collection)["metrics"]
    for size, name in ((small, "small"), (own, "own")):
        assert size.quality == {"caltech50": {metric: expected[name][metric] for metric in ("recall_at_1", "map_at_r")}}
    files = [BASE / name for name in ("encoder.onnx", "model.json", "training.bin", "weights.safetensors")]
    assert own.megabytes == pytest.approx(sum(file.stat().st_size for file in files) / 1e6)


def test_what_is_cut_out_of_a_picture_grows_with_its_size(tmp_path: Path) -> None:
    cropping = Model(tmp_path, ModelInfo("theirs", {}, input_size=224, dimension=8, resize=256))
    assert {side: model.info.resize for side, model in at_sides(cropping, [112, 224]).items()} == {112: 128, 224: 256}
