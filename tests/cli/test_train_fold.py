"""`imgsearch train --metric … --fold`, end to end."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from imgsearch import Encoder

from ..conftest import imgsearch
from .helpers import refused


def test_a_folded_metric_is_a_part_of_the_encoder_and_sees_mirror_images_as_the_same(
    labelled: Path, tmp_path: Path
) -> None:
    options = ["--metric", "rca^0.5", "--fold", "2", "--embedding-dim", "9", "--input-size", "48"]
    done = imgsearch("train", labelled, "-o", "model", *options, folder=tmp_path)
    assert done.returncode == 0
    assert b"rca^0.5 over 2 stages, fitted on 16 pictures, 9 dimensions" in done.stderr
    assert {path.name for path in (tmp_path / "model").iterdir()} == {
        "model.json", "encoder.onnx", "weights.safetensors", "training.bin",
    }  # fmt: skip
    described = json.loads((tmp_path / "model" / "model.json").read_text(encoding="utf-8"))
    assert described["architecture"] == {"backbone": "small", "embedding_dim": 9, "stages": 2, "mirrored": True}
    assert (described["dimension"], described["input_size"], described["training"]["method"]) == (9, 48, "folded")
    encoder, picture = Encoder(tmp_path / "model"), min(labelled.rglob("*.png"))
    ImageOps.mirror(Image.open(picture)).save(tmp_path / "mirrored.png")
    one, other = encoder.embed([picture, tmp_path / "mirrored.png"])
    assert one @ other == pytest.approx(1.0, abs=1e-3)
    assert np.linalg.norm(one) == pytest.approx(1.0, abs=1e-5)


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (["--fold", "2"], "give --metric with a name"),
        (["--fold", "2", "--metric", "auto"], "give --metric with a name"),
        (["--fold", "9", "--metric", "lda"], "stages must be from 1 to 4 for this backbone, not 9"),
        (["--fold", "2", "--metric", "lda", "--embedding-dim", "99"], "99 dimensions cannot be made of 3"),
        (["--fold", "2", "--metric", "lda", "--epochs", "3"], "takes no --epochs"),
    ],
)
def test_what_cannot_be_folded_is_refused_in_one_line(
    labelled: Path, tmp_path: Path, options: list[str], complaint: str
) -> None:
    assert complaint in refused(imgsearch("train", labelled, "-o", "model", *options, folder=tmp_path))
    assert not (tmp_path / "model").exists()
