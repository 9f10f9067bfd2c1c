"""`imgsearch eval --report`, end to end; the page itself is in tests/cli/report."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ..conftest import imgsearch
from .helpers import contents, copied, refused, succeeded


def test_a_report_comes_beside_the_answer_which_stays_as_it_was(labelled: Path, tmp_path: Path) -> None:
    plain = succeeded(imgsearch("eval", labelled, folder=tmp_path))
    run = imgsearch("eval", labelled, "--report", "report.html", folder=tmp_path)
    assert succeeded(run) == plain
    page = tmp_path / "report.html"
    told = run.stderr.decode()
    assert f"report.html: a report with 16 pictures, {page.stat().st_size / 1e6:.2f} MB\n" in told
    assert list(tmp_path.iterdir()) == [page]
    text = page.read_text(encoding="utf-8")
    assert re.findall(r'<h2 id="(\w+)">', text)[0] == "figures" and "two principal components" in text
    (recall,) = re.findall(r'recall_at_1</h3>\n<p class="big">([\d.]+)', text)
    assert f"recall_at_1\t{recall}" in plain.decode()
    assert "http://" not in text and "https://" not in text


def test_the_map_is_drawn_by_t_sne_where_that_is_asked_for(labelled: Path, tmp_path: Path) -> None:
    pytest.importorskip("sklearn")
    one_thread = {"OMP_NUM_THREADS": "1"}  # many of them do nothing but get into each other's way on a busy machine
    command = ("eval", labelled, "--report", "report.html", "--projection", "tsne")
    succeeded(imgsearch(*command, folder=tmp_path, environment=one_thread))
    assert "By t-SNE." in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_what_cannot_be_written_or_drawn_is_refused_before_the_work(labelled: Path, tmp_path: Path) -> None:
    def says(*options: str | Path) -> str:
        return refused(imgsearch("eval", labelled, *options, folder=tmp_path))

    assert "--projection umap: is none of pca, tsne" in says("--report", "a.html", "--projection", "umap")
    assert "name the file of one with --report" in says("--projection", "tsne")
    assert "missing/a.html: cannot be written" in says("--report", "missing/a.html")
    assert "a folder" in says("--report", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_no_report_takes_the_place_of_a_picture(labelled: Path, tmp_path: Path) -> None:
    folder = copied(labelled, tmp_path / "copy")
    before = contents(folder)
    picture = next(folder.rglob("*.png"))
    refused(imgsearch("eval", folder, "--report", picture, folder=tmp_path), "is one of the pictures themselves")
    assert contents(folder) == before
