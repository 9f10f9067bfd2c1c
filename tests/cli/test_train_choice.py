"""`imgsearch train FOLDER -o MODEL`: the comparison, pairs, and what is refused."""

from __future__ import annotations

import json
import os
import shutil
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from imgsearch import Encoder
from imgsearch.metric.itml import fit_pairs
from imgsearch.metric.pairs import Pairs
from imgsearch.metric.registry import PAIR_METRICS

from ..conftest import draw, imgsearch
from .helpers import refused, succeeded


@pytest.fixture(scope="module")
def chosen(tmp_path_factory: pytest.TempPathFactory, labelled: Path) -> tuple[Path, str, str]:
    """A model that the comparison made, with what it printed on stdout and on stderr."""
    folder = tmp_path_factory.mktemp("chosen")
    run = imgsearch("train", labelled, "-o", "model", folder=folder)
    return folder / "model", succeeded(run).decode(), run.stderr.decode()


def test_the_table_is_the_answer_and_the_sentence_says_why(chosen: tuple[Path, str, str]) -> None:
    _, table, conversation = chosen
    header, first, *rows = [line.split("\t") for line in table.splitlines()]
    assert header == ["", "way", "recall_at_1", "map_at_r", "95 %", "gain", "95 %", "seconds"]
    assert first[1] == "as it is" and first[5] == ""
    assert {row[1].split("^")[0] for row in rows} >= {
        "centring",
        "lda",
        "rca",
        "mahalanobis",
        "nca",
        "lmnn",
        "mmc",
        "itml",
    }
    marked = [row[1] for row in [first, *rows] if row[0] == "*"]
    assert len(marked) == 1
    verdict = "kept the model as it is: " if marked == ["as it is"] else f"chose {marked[0]}: "
    assert conversation.splitlines()[-1].startswith(f"model: {verdict}on classes with no say in it")
    assert conversation.endswith("use it with --model model\n")


def test_the_table_is_kept_with_the_model(chosen: tuple[Path, str, str]) -> None:
    model, table, _ = chosen
    training = json.loads((model / "model.json").read_text(encoding="utf-8"))["training"]
    rows = training["comparison"]["rows"]
    assert [row["name"] for row in rows] == [line.split("\t")[1] for line in table.splitlines()[1:]]
    assert [f"{row['map_at_r']:.4f}" for row in rows] == [line.split("\t")[3] for line in table.splitlines()[1:]]
    assert training["metric"] == training["comparison"]["chosen"]
    assert (model / "metric.npy").exists() == (training["metric"] is not None)
    assert training["comparison"]["pictures"] == training["data"]["pictures"] == 16
    assert Encoder(model).dimension > 0


def test_a_recipe_is_the_model_that_the_comparison_would_make(
    chosen: tuple[Path, str, str], labelled: Path, tmp_path: Path
) -> None:
    model, _, _ = chosen
    recipe = json.loads((model / "model.json").read_text())["training"]["metric"] or "rca^0.4,between^0.1"
    run = imgsearch("train", labelled, "-o", "same", "--metric", recipe, folder=tmp_path)
    assert succeeded(run) == b""
    if (model / "metric.npy").exists():
        assert (tmp_path / "same" / "metric.npy").read_bytes() == (model / "metric.npy").read_bytes()


def test_json_is_the_comparison(labelled: Path, tmp_path: Path) -> None:
    run = imgsearch("train", labelled, "-o", "model", "--metric", "auto", "--json", folder=tmp_path)
    printed = json.loads(succeeded(run))
    assert printed["rows"][0]["name"] == "as it is"
    assert printed == json.loads((tmp_path / "model" / "model.json").read_text())["training"]["comparison"]


def test_two_classes_are_too_few_to_compare_and_the_model_is_kept(labelled: Path, tmp_path: Path) -> None:
    for name in ("autumn", "birch"):
        shutil.copytree(labelled / name, tmp_path / "two" / name)
    run = imgsearch("train", "two", "-o", "model", folder=tmp_path)
    assert succeeded(run) == b""
    assert "nothing was compared: 2 classes of two pictures or more are too few" in run.stderr.decode()
    pictures = sorted(labelled.rglob("*.png"))
    np.testing.assert_array_equal(Encoder(tmp_path / "model").embed(pictures), Encoder().embed(pictures))


def test_pairs_teach_as_the_same_pairs_of_embeddings_do(labelled: Path, tmp_path: Path) -> None:
    pictures = sorted(labelled.rglob("*.png"))
    names = [os.fspath(path.relative_to(labelled)) for path in pictures]
    rows = [(a, b, pictures[a].parent == pictures[b].parent) for a, b in combinations(range(len(pictures)), 2)]
    lines = [f"{names[a]},{names[b]},{int(same)}" for a, b, same in rows]
    (tmp_path / "pairs.csv").write_text("\n".join(["a,b,same", *lines]))
    run = imgsearch("train", labelled, "--pairs", "pairs.csv", "--metric", "itml", "-o", "model", folder=tmp_path)
    succeeded(run)
    assert "fitted on 120 pairs; use it with --model model" in run.stderr.decode()
    first, second, same = (np.array(column) for column in zip(*rows, strict=True))
    base = Encoder().embed(pictures)
    expected = fit_pairs(base, Pairs(first, second, same)).transform(base)
    np.testing.assert_allclose(Encoder(tmp_path / "model").embed(pictures), expected, atol=1e-4)
    facts = json.loads((tmp_path / "model" / "model.json").read_text())["training"]["data"]
    assert (facts["pairs"], facts["pictures"]) == (120, 16)


def test_what_pairs_cannot_teach_is_refused(labelled: Path, tmp_path: Path) -> None:
    (tmp_path / "pairs.csv").write_text("a,b,same\nautumn/0.png,autumn/1.png,1\nautumn/1.png,autumn/0.png,0\n")
    begin = ("train", labelled, "--pairs", "pairs.csv", "-o", "model")
    assert "lines 2 and 3 say the opposite" in refused(imgsearch(*begin, "--metric", "itml", folder=tmp_path))
    (tmp_path / "pairs.csv").write_text("a,b,same\nautumn/0.png,autumn/1.png,1\n")
    assert "give --metric with one of itml, mmc, rca" in refused(imgsearch(*begin, folder=tmp_path))
    assert "lda" in refused(imgsearch(*begin, "--metric", "lda", folder=tmp_path))
    assert "several steps need class labels" in refused(
        imgsearch(*begin, "--metric", "rca,between^0.1", folder=tmp_path)
    )
    refused(imgsearch(*begin, "--metric", "rca", "--labels", "labels.csv", folder=tmp_path), "give one of them")
    refused(imgsearch(*begin, "--metric", "rca", "--split", "holdout:2", folder=tmp_path), "leave --split away")
    refused(imgsearch(*begin, "--metric", "auto", folder=tmp_path), "--pairs has none; give one of itml, mmc, rca")
    assert not (tmp_path / "model").exists() and not (tmp_path / "model.part").exists()


def test_every_metric_that_learns_from_pairs_makes_a_model_of_them(labelled: Path, tmp_path: Path) -> None:
    pictures = sorted(labelled.rglob("*.png"))
    lines = [f"{a.relative_to(labelled)},{b.relative_to(labelled)},{int(a.parent == b.parent)}"
             for a, b in combinations(pictures, 2)]  # fmt: skip
    (tmp_path / "pairs.csv").write_text("\n".join(["a,b,same", *lines]))
    for metric in (*PAIR_METRICS, "rca^0.4"):
        name = metric.replace("^", "-")
        run = imgsearch("train", labelled, "--pairs", "pairs.csv", "--metric", metric, "-o", name, folder=tmp_path)
        assert succeeded(run) == b""
        assert np.isfinite(np.load(tmp_path / name / "metric.npy")).all()
        similarities = Encoder(tmp_path / name).embed(pictures) @ Encoder(tmp_path / name).embed(pictures).T
        assert similarities[:4, 1:4].mean() > similarities[:4, 4:].mean()


def test_labels_in_a_table_teach_what_folders_of_the_same_classes_teach(labelled: Path, tmp_path: Path) -> None:
    lines = [f"{path.relative_to(labelled)},{path.parent.name},c{n % 2},s{n % 3}"
             for n, path in enumerate(sorted(labelled.rglob("*.png")))]  # fmt: skip
    (tmp_path / "labels.csv").write_text("\n".join(["path,label,camera,sequence", *lines]))
    begin = ("train", labelled, "--metric", "rca^0.5")
    succeeded(imgsearch(*begin, "-o", "folders", folder=tmp_path))
    succeeded(imgsearch(*begin, "--labels", "labels.csv", "-o", "table", folder=tmp_path))
    by_folders, by_table = ((tmp_path / name / "metric.npy").read_bytes() for name in ("folders", "table"))
    assert by_folders == by_table
    with (tmp_path / "labels.csv").open("a") as file:
        file.write("\nautumn/99.png,autumn,c0,s0\n")
    said = refused(imgsearch("train", labelled, "--labels", "labels.csv", "-o", "model", folder=tmp_path))
    assert "labels.csv: 1 of 17 pictures do not exist, the first in line 18: " in said
    assert not (tmp_path / "model").exists() and not (tmp_path / "model.part").exists()


def test_pictures_without_classes_are_refused(tmp_path: Path) -> None:
    for number in range(4):
        draw(tmp_path / "flat" / f"{number}.png", number)
        draw(tmp_path / "lone" / "one" / "0.png", 7)
        draw(tmp_path / "lone" / "other" / "0.png", 8)
    assert "only one class" in refused(imgsearch("train", "flat", "-o", "model", folder=tmp_path))
    assert "no class has two pictures" in refused(imgsearch("train", "lone", "-o", "model", folder=tmp_path))
    (tmp_path / "model").mkdir()
    assert "exists already" in refused(imgsearch("train", "lone", "-o", "model", "--metric", "auto", folder=tmp_path))
    assert not (tmp_path / "model.part").exists()


@pytest.mark.slow
def test_a_network_learns_from_pairs(labelled: Path, tmp_path: Path) -> None:
    pictures = sorted(labelled.rglob("*.png"))
    lines = [f"{a.relative_to(labelled)},{b.relative_to(labelled)},{int(a.parent == b.parent)}"
             for a, b in combinations(pictures, 2)]  # fmt: skip
    (tmp_path / "pairs.csv").write_text("\n".join(["a,b,same", *lines]))
    begin = ("train", labelled, "--pairs", "pairs.csv", "-o", "model", "--image-size", "32", "--epochs", "2")
    run = imgsearch(*begin, "--loss", "bell_bala", folder=tmp_path)
    assert succeeded(run) == b""
    assert run.stderr.decode().startswith(
        "training on 120 pairs of 16 pictures, each 5 times an epoch; loss bell_bala, "
    )
    training = json.loads((tmp_path / "model" / "model.json").read_text())["training"]
    assert training["data"]["pairs"] == 120
    curve = (tmp_path / "model" / "learning_curve.csv").read_text().splitlines()
    first, second = (float(line.split(",")[1]) for line in curve[-2:])
    assert second < first
    shutil.rmtree(tmp_path / "model")
    assert "does not learn from pairs alone" in refused(imgsearch(*begin, "--loss", "triplet", folder=tmp_path))
