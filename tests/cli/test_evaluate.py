"""`imgsearch eval`, end to end."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from imgsearch import Encoder

from ..conftest import draw, imgsearch
from .helpers import refused, succeeded

METRICS = ["recall_at_1", "recall_at_2", "recall_at_4", "recall_at_8", "r_precision", "map_at_r", "map"]


def evaluated(*arguments: str | Path, folder: Path) -> dict[str, Any]:
    result: dict[str, Any] = json.loads(succeeded(imgsearch("eval", *arguments, "--json", folder=folder)))
    return result


def figures(result: dict[str, Any]) -> list[dict[str, float]]:
    return [result["metrics"], result["chance"], result["baselines"]["pixels"], result["baselines"]["hsv_histogram"]]


def naive_recall_at_1(vectors: np.ndarray[Any, Any], classes: list[str]) -> float:
    hits = 0
    for row, vector in enumerate(vectors):
        others = [other for other in range(len(vectors)) if other != row]
        nearest = max(others, key=lambda other: float(vectors[other].astype(float) @ vector.astype(float)))
        hits += classes[nearest] == classes[row]
    return hits / len(vectors)


def test_the_figures_are_those_of_a_loop_over_all_pairs(labelled: Path, tmp_path: Path) -> None:
    result = evaluated(labelled, folder=tmp_path)
    required = ["classes", "images", "metrics", "chance", "baselines"]
    assert [name for name in result if name in required] == required
    counted = ["classes", "images", "gallery", "queries", "seen", "skipped"]
    assert [result[name] for name in counted] == [4, 16, 16, 16, 0, 0]
    assert (result["protocol"], result["model"], result["models"], result["compared"]) == (
        "leave-one-out", "base", [], [],
    )  # fmt: skip
    for name, (low, high) in result["intervals"].items():
        assert 0 <= low <= result["metrics"][name] <= high <= 1
    assert list(result["baselines"]) == ["pixels", "hsv_histogram"]
    for values in figures(result):
        assert list(values) == METRICS
        assert all(0 <= value <= 1 for value in values.values())
        assert sorted(list(values.values())[:4]) == list(values.values())[:4]  # more looks, more hits

    paths = sorted(labelled.rglob("*.png"))
    recall = naive_recall_at_1(Encoder().embed(paths), [path.parent.name for path in paths])
    assert result["metrics"]["recall_at_1"] == pytest.approx(recall)
    assert result["chance"]["recall_at_1"] == pytest.approx(3 / 15)


@pytest.mark.parametrize(
    "options", [["--expand", "2"], ["--rerank", "k-reciprocal"], ["--expand", "2", "--rerank", "k-reciprocal"]]
)
def test_the_gain_of_asking_otherwise_is_that_of_asking_all_pictures_so(
    labelled: Path, tmp_path: Path, options: list[str]
) -> None:
    result = evaluated(labelled, *options, folder=tmp_path)
    (otherwise,) = result["asked_otherwise"].values()
    assert list(otherwise) == METRICS
    assert otherwise != result["metrics"]
    succeeded(imgsearch("index", labelled, folder=tmp_path))
    paths = sorted(labelled.rglob("*.png"))
    lines = succeeded(imgsearch("query", *paths, *options, "-k", "15", "--jsonl", folder=tmp_path)).splitlines()
    found = [json.loads(line) for line in lines]
    for k in (1, 2, 4):
        hits = {line["query"] for line in found if line["rank"] <= k and _same(line["query"], line["path"])}
        assert otherwise[f"recall_at_{k}"] == pytest.approx(len(hits) / len(paths))


def _same(one: str, other: str) -> bool:
    return Path(one).parent.name == Path(other).parent.name


def test_an_unknown_reranking_is_refused(labelled: Path, tmp_path: Path) -> None:
    refused(imgsearch("eval", labelled, "--rerank", "magic", folder=tmp_path), "--rerank magic: unknown; there is k-")


def test_without_json_the_same_figures_come_as_a_table(labelled: Path, tmp_path: Path) -> None:
    run = imgsearch("eval", labelled, folder=tmp_path)
    header, *rows = (line.split("\t") for line in succeeded(run).decode().splitlines())
    assert header == ["metric", "model", "low", "high", "macro", "pixels", "hsv_histogram", "chance"]
    result = evaluated(labelled, folder=tmp_path)
    columns = [result["metrics"], result["macro"], *result["baselines"].values(), result["chance"]]
    ranked = {row[0]: row[1:2] + row[4:] for row in rows if row[0] in METRICS}
    assert ranked == {metric: [f"{values[metric]:.4f}" for values in columns] for metric in METRICS}
    ends = {row[0]: row[2:4] for row in rows if row[0] in METRICS}
    assert ends == {name: [f"{end:.4f}" for end in result["intervals"][name]] for name in METRICS}
    others = {row[0]: row for row in rows if row[0] not in METRICS}
    assert others["roc_auc"][1] == f"{result['verification']['roc_auc']:.4f}"
    assert others["roc_auc"][-1] == "0.5000"
    assert others["ann_recall"][1] == "1.0000"
    assert re.fullmatch(rb"16 pictures of 4 classes, 0 skipped, [0-9]+ encoded, [0-9.]+ s\n", run.stderr)


def test_pictures_that_are_all_the_same_score_chance(tmp_path: Path) -> None:
    picture = draw(tmp_path / "picture.png", 1)
    for name, size in {"a": 2, "b": 3, "c": 4}.items():
        (tmp_path / "same" / name).mkdir(parents=True)
        for number in range(size):
            shutil.copyfile(picture, tmp_path / "same" / name / f"{number}.png")
    model, chance, *baselines = figures(evaluated("same", folder=tmp_path))
    for values in (model, *baselines):
        assert values == pytest.approx(chance, abs=1e-12)
    by_hand = sum(size * (size - 1) / 8 for size in (2, 3, 4)) / 9
    assert chance["recall_at_1"] == chance["r_precision"] == pytest.approx(by_hand)


def test_a_split_leaves_the_last_classes_by_name(labelled: Path, tmp_path: Path) -> None:
    for name in ("cedar", "dune"):
        shutil.copytree(labelled / name, tmp_path / "last" / name)
    last = evaluated("last", folder=tmp_path)
    assert (last["classes"], last["images"]) == (2, 8)
    for split in ("holdout:2", "holdout:0.5"):
        part = evaluated(labelled, "--split", split, folder=tmp_path)
        for name in ("classes", "images", "queries", "metrics", "macro", "chance", "baselines"):
            assert part[name] == last[name]
    refused(imgsearch("eval", labelled, "--split", "holdout:3", folder=tmp_path), "leaves 1 and 3 of 4 classes")
    refused(imgsearch("eval", labelled, "--split", "half", folder=tmp_path), "--split half: not understood")


def test_lonely_and_unreadable_pictures_are_counted(labelled: Path, tmp_path: Path) -> None:
    folder = tmp_path / "mixed"
    shutil.copytree(labelled, folder)
    draw(folder / "lonely" / "0.png", 99)
    (folder / "birch" / "text.jpg").write_text("These are no pixels.")
    (folder / "notes").mkdir()
    (folder / "notes" / "zero.png").touch()
    run = imgsearch("eval", "mixed", "--json", folder=tmp_path)
    result = json.loads(succeeded(run))
    assert (result["classes"], result["images"], result["queries"], result["skipped"]) == (5, 17, 16, 2)
    *lines, last = run.stderr.decode().splitlines()
    assert lines == [
        "imgsearch: skipped mixed/birch/text.jpg: not a picture that Pillow can read",
        "imgsearch: skipped mixed/notes/zero.png: empty file",
    ]
    assert last.startswith("17 pictures of 5 classes, 2 skipped, 17 encoded, ")


def test_pictures_seen_in_training_are_told(labelled: Path, lda_model: Path, tmp_path: Path) -> None:
    mixed = tmp_path / "mixed"
    shutil.copytree(labelled / "birch", mixed / "known")  # by content, whatever the name
    for number in range(3):
        draw(mixed / "new" / f"{number}.png", 1000 + number)
    run = imgsearch("eval", "mixed", "--model", lda_model, "--json", folder=tmp_path)
    result = json.loads(succeeded(run))
    assert (result["seen"], result["models"][0]["seen"]) == (4, 0)
    assert b"imgsearch: 4 of 7 pictures were in the training data of " in run.stderr
    assert b": the others are measured apart as unseen" in run.stderr
    apart = 4 * result["seen_metrics"]["map"] + 3 * result["unseen_metrics"]["map"]
    assert result["metrics"]["map"] == pytest.approx(apart / 7)
    whole = imgsearch("eval", "mixed/known", "--labels", _table(tmp_path), "--model", lda_model, folder=tmp_path)
    assert b"imgsearch: 4 of 4 pictures were in the training data of " in whole.stderr
    assert b": no proof for unseen ones" in whole.stderr


def _table(folder: Path) -> Path:
    """Two labels for the four pictures of `known`."""
    file = folder / "labels.csv"
    file.write_text("path,label\n" + "".join(f"{number}.png,{number % 2}\n" for number in range(4)))
    return file


def test_classes_that_are_only_called_as_known_ones_are_told(labelled: Path, lda_model: Path, tmp_path: Path) -> None:
    for number in range(3):
        draw(tmp_path / "mixed" / "birch" / f"{number}.png", 2000 + number)
        draw(tmp_path / "mixed" / "elm" / f"{number}.png", 1000 + number)
    run = imgsearch("eval", "mixed", "--model", lda_model, "--json", folder=tmp_path)
    assert json.loads(succeeded(run))["known_names"] == ["birch"]
    assert b"imgsearch: 1 class is perhaps not unseen, as " in run.stderr
    assert b"was trained on classes of the same name (birch)\n" in run.stderr


def test_folders_that_say_nothing_about_classes_are_refused(tmp_path: Path) -> None:
    for number in range(3):
        draw(tmp_path / "flat" / f"{number}.png", number)
    for name in "abc":
        draw(tmp_path / "singles" / name / "0.png", ord(name))
        (tmp_path / "broken" / name).mkdir(parents=True)
        for number in range(2):
            (tmp_path / "broken" / name / f"{number}.png").touch()
    (tmp_path / "empty").mkdir()
    for folder, said in {
        "missing": "missing: no such folder",
        "empty": "empty: no pictures in it",
        "flat": "flat: only one class ('flat')",
        "singles": "no class has two pictures",
        "broken": "none of the 6 pictures can be read; the first: broken/a/0.png: empty file",
    }.items():
        refused(imgsearch("eval", folder, folder=tmp_path), said)
    refused(imgsearch("eval", "singles", "--model", "missing", folder=tmp_path), "missing: no such model folder")
