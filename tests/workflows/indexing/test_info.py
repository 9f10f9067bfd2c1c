from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path

import numpy as np

from imgsearch.index import Index, Record
from imgsearch.model import load_model
from imgsearch.workflows.indexing.info import index_info
from imgsearch.workflows.indexing.update import update_index

from ...conftest import draw


def test_an_index_says_what_is_in_it(tmp_path: Path) -> None:
    for number in range(3):
        draw(tmp_path / "a" / f"{number}.png", number)
    for name in ("x", "y"):
        (tmp_path / "a" / f"{name}.jpg").write_text("no picture")
    (tmp_path / "a" / "z.jpg").touch()
    index = Index.create(tmp_path / ".imgsearch", load_model("base"))
    update_index(index, [tmp_path / "a"])
    with index.writer() as writer:
        writer.exclude(["*.tmp"])
        writer.remove(["a/1.png"])
    info = index_info(index)
    assert (info.pictures, info.removed, info.sources, info.excluded) == (2, 1, ["a"], ["*.tmp"])
    assert [path for path, _ in info.skipped] == ["a/x.jpg", "a/y.jpg", "a/z.jpg"]
    assert info.reasons == [("not a picture that Pillow can read", 2), ("empty file", 1)]
    assert (info.model, info.dimension, info.metric, info.next_model) == ("base", 256, False, None)
    assert info.graph.startswith("none")
    files = {file.name: file.stat().st_size for file in index.folder.iterdir() if file.is_file()}
    folder = sum(file.stat().st_size for file in (index.folder / "model").iterdir())
    assert info.bytes_on_disk == files | {"model": folder}
    assert timedelta() <= datetime.now(tz=timezone.utc) - info.updated < timedelta(minutes=5)
    index.build_graph()
    assert index_info(index).graph == "up to date"
    with index.writer() as writer:
        writer.add([Record("b.png", 1, 1, bytes(16))], np.eye(1, 256))
    assert index_info(index).graph == "1 newer picture is compared by itself"
