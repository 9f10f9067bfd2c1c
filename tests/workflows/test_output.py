"""A model appears whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from imgsearch.errors import UserError
from imgsearch.model import ModelInfo, load_model
from imgsearch.workflows.output import CHECKPOINT, finish, growing


def test_the_folder_appears_at_the_end(tmp_path: Path) -> None:
    output = tmp_path / "models" / "new"
    with growing(output) as part:
        assert part.parent == output.parent and not output.exists()
        (part / "encoder.onnx").write_bytes(b"graph")
        info = ModelInfo("new", {}, input_size=32, dimension=2, training={"method": "none"})
        finish(part, info, [b"second hash", b"first hash."], classes=["owl", "fish", "owl"])
        assert not output.exists()
    assert [path.name for path in output.parent.iterdir()] == ["new"]
    assert load_model(output).training_hashes() == {b"first ha", b"second h"}
    assert (output / "training.bin").read_bytes() == b"first hasecond h"
    assert load_model(output).info.training == {"method": "none", "class_names": ["fish", "owl"]}
    assert load_model(output).training_classes() == {"owl", "fish"}


def test_what_a_model_began_from_counts_as_seen_too(tmp_path: Path) -> None:
    (tmp_path / "origin").mkdir()
    (tmp_path / "origin" / "encoder.onnx").write_bytes(b"graph")
    finish(tmp_path / "origin", ModelInfo("old", {}, input_size=32, dimension=2), [b"old hash"], classes=["owl"])
    finish(tmp_path, ModelInfo("new", {}, 32, 2), [b"new hash"], [load_model(tmp_path / "origin")], ["a\nb"])
    (tmp_path / "encoder.onnx").write_bytes(b"graph")
    assert load_model(tmp_path).training_hashes() == {b"old hash", b"new hash"}
    assert load_model(tmp_path).training_classes() == {"owl", r"a\nb"}


def test_after_a_failure_only_what_was_saved_stays_and_the_next_attempt_begins_anew(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), growing(tmp_path / "model"):
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(RuntimeError), growing(tmp_path / "model") as part:
        (part / "weights.safetensors.part").write_bytes(b"half")
        raise RuntimeError
    assert [path.name for path in tmp_path.rglob("*")] == ["model.part", "weights.safetensors.part"]
    with growing(tmp_path / "model") as part:
        assert list(part.iterdir()) == []
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_nothing_of_somebody_elses_is_touched(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    (tmp_path / "other.part").mkdir()
    (tmp_path / "other.part" / "photo.jpg").write_text("precious")
    for name, said in {
        "taken": "exists already",
        "other": "holds something else",
        "taken/model": "cannot be made",
    }.items():
        with pytest.raises(UserError, match=said), growing(tmp_path / name):
            pytest.fail("began all the same")
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["other.part", "photo.jpg", "taken"]


def test_an_unfinished_run_is_never_overwritten_and_given_back_to_whoever_resumes(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), growing(tmp_path / "model") as part:
        (part / CHECKPOINT).write_bytes(b"an hour of work")
        raise RuntimeError
    unfinished = r"model\.part: a training run that was not finished; go on with --resume"
    with pytest.raises(UserError, match=unfinished), growing(tmp_path / "model"):
        pytest.fail("began all the same")
    with growing(tmp_path / "model", resume=True) as part:
        assert (part / CHECKPOINT).read_bytes() == b"an hour of work"
    with growing(tmp_path / "model", resume=True) as part:  # made after Ctrl-C: the checkpoint is still in it
        assert (part / CHECKPOINT).read_bytes() == b"an hour of work"
        (part / CHECKPOINT).unlink()
    with (
        pytest.raises(UserError, match="model: exists already; it is finished"),
        growing(tmp_path / "model", resume=True),
    ):
        pytest.fail("began all the same")
