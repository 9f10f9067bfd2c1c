from __future__ import annotations

from pathlib import Path

import pytest

from imgsearch.errors import IndexFolderError
from imgsearch.index import Index
from imgsearch.model import Model, model_digest

from .helpers import outcome, python

DIE_BEFORE_THE_CATALOGUE = """
import os, sys
from pathlib import Path
from imgsearch.index import Index, create
from imgsearch.model import load_model
create.create_catalogue = lambda *_: os._exit(9)
Index.create(Path(sys.argv[1]), load_model(sys.argv[2]))
"""


def test_a_new_index_is_empty_and_carries_its_model(tmp_path: Path, model: Model) -> None:
    index = Index.create(tmp_path / "deep" / "photos" / ".imgsearch", model)
    assert (len(index), index.records(), index.sources()) == (0, {}, [])
    assert index.root == tmp_path / "deep" / "photos"
    assert index.model.folder == index.folder / "model"
    assert index.model_digest == model_digest(model) == model_digest(index.model)


def test_a_half_made_index_is_told_apart_and_completed_with_any_model(
    tmp_path: Path, model: Model, metric_model: Model
) -> None:
    folder = tmp_path / "photos" / ".imgsearch"
    assert outcome(python(DIE_BEFORE_THE_CATALOGUE, folder, metric_model.folder))[0] == 9
    assert (folder / "model" / "metric.npy").exists()
    with pytest.raises(IndexFolderError, match="no finished index; run `imgsearch index FOLDER` again"):
        Index.open(folder)
    (metric_model.folder / "metric.npy").unlink()
    index = Index.create(folder, model)
    assert index.model.metric is None
    assert len(Index.open(folder)) == 0


def test_an_index_is_not_made_over_another(index: Index, model: Model) -> None:
    with pytest.raises(IndexFolderError, match="holds an index already"):
        Index.create(index.folder, model)


def test_an_index_is_not_made_among_other_things(tmp_path: Path, model: Model) -> None:
    (tmp_path / "holiday").mkdir()
    (tmp_path / "holiday" / "beach.jpg").write_bytes(b"sand")
    with pytest.raises(IndexFolderError, match=r"holds something else \(beach\.jpg\)"):
        Index.create(tmp_path / "holiday", model)
    assert [entry.name for entry in (tmp_path / "holiday").iterdir()] == ["beach.jpg"]


def test_a_file_in_the_way_is_named(tmp_path: Path, model: Model) -> None:
    (tmp_path / "x").write_bytes(b"")
    with pytest.raises(IndexFolderError, match=r"/x: .*exists"):
        Index.create(tmp_path / "x", model)


def test_a_lost_catalogue_is_made_again_with_the_indexs_own_model(index: Index) -> None:
    model = index.model
    (index.folder / "catalogue.sqlite").unlink()
    again = Index.create(index.folder, model)
    assert again.model_digest == model_digest(again.model) == model_digest(model)
