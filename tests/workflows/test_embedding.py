"""Embedding many files at once."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from imgsearch import Encoder
from imgsearch.encoder import BATCH_SIZE
from imgsearch.errors import UserError
from imgsearch.model import load_model
from imgsearch.workflows.embedding import embed_files

from ..conftest import draw


def test_broken_pictures_are_left_out_and_the_others_keep_their_rows(tmp_path: Path) -> None:
    number = 2 * BATCH_SIZE + 3
    paths = [tmp_path / f"{row}.png" for row in range(number)]
    broken = {0, 5, BATCH_SIZE - 1, BATCH_SIZE, number - 1}
    for row, path in enumerate(paths):
        if row in broken:
            path.write_text("These are no pixels.")
        else:
            draw(path, row)
    model = load_model("base")
    embedded = embed_files(model, paths)
    good = [row for row in range(number) if row not in broken]
    assert embedded.rows == tuple(good)
    assert [error.path for error in embedded.skipped] == [str(paths[row]) for row in sorted(broken)]
    assert embedded.embeddings == pytest.approx(Encoder(model).embed([paths[row] for row in good]), abs=1e-5)
    digests = [hashlib.blake2b(paths[row].read_bytes(), digest_size=16).digest() for row in good]
    assert embedded.hashes == tuple(digests)


def test_a_batch_of_nothing_but_broken_pictures_does_no_harm(tmp_path: Path) -> None:
    paths = [tmp_path / f"{row}.png" for row in range(BATCH_SIZE)]
    for path in paths:
        path.touch()
    embedded = embed_files(load_model("base"), [*paths, draw(tmp_path / "good.png", 1)])
    assert embedded.rows == (BATCH_SIZE,)
    assert len(embedded.embeddings) == 1 and len(embedded.skipped) == BATCH_SIZE


def test_where_nothing_can_be_read_the_first_reason_is_told(tmp_path: Path) -> None:
    paths = [tmp_path / "missing.jpg", tmp_path / "empty.jpg"]
    paths[1].touch()
    with pytest.raises(UserError, match=r"none of the 2 pictures can be read; the first: .*missing\.jpg: no such file"):
        embed_files(load_model("base"), paths)
