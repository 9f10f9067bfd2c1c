"""`imgsearch eval` by other protocols than leave-one-out, held against loops over what the encoder says."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from imgsearch import Encoder

from ..conftest import draw, imgsearch
from .helpers import refused, succeeded


def evaluated(*arguments: str | Path, folder: Path) -> dict[str, Any]:
    result: dict[str, Any] = json.loads(succeeded(imgsearch("eval", *arguments, "--json", folder=folder)))
    return result


def similarities(queries: Sequence[Path], gallery: Sequence[Path]) -> NDArray[np.float64]:
    asked, found = (Encoder().embed(paths).astype(np.float64) for paths in (queries, gallery))
    return np.asarray(asked @ found.T)


def average_precision(hits: Sequence[bool]) -> float:
    """Of answers in their order."""
    precisions = [sum(hits[: place + 1]) / (place + 1) for place, hit in enumerate(hits) if hit]
    return sum(precisions) / len(precisions)


def test_queries_are_held_against_a_gallery_of_their_own(labelled: Path, tmp_path: Path) -> None:
    queries, gallery = tmp_path / "queries", tmp_path / "gallery"
    for name in ("autumn", "birch", "cedar"):
        (queries / name).mkdir(parents=True)
        shutil.copy(labelled / name / "0.png", queries / name)
    shutil.copytree(labelled, gallery, ignore=shutil.ignore_patterns("0.png"))
    shutil.rmtree(gallery / "cedar")  # nothing to find for one query
    result = evaluated("queries", "--gallery", "gallery", folder=tmp_path)
    counts = [result[name] for name in ("protocol", "classes", "images", "gallery", "queries")]
    assert counts == ["query-gallery", 3, 3, 9, 2]
    asked, found = sorted(queries.rglob("*.png"))[:2], sorted(gallery.rglob("*.png"))
    precisions, firsts = [], []
    for query, row in zip(asked, similarities(asked, found), strict=True):
        hits = [found[place].parent.name == query.parent.name for place in np.argsort(-row)]
        precisions.append(average_precision(hits))
        firsts.append(hits[0])
    assert result["metrics"]["map"] == pytest.approx(np.mean(precisions))
    assert result["metrics"]["recall_at_1"] == pytest.approx(np.mean(firsts))
    assert result["chance"]["recall_at_1"] == pytest.approx(3 / 9)
    assert result["ann_recall"] == 1
    assert result["near_duplicates"]["pictures"] == 0


def reidentification(folder: Path) -> list[tuple[str, str, str]]:
    """Pictures of four people by two cameras, with junk, in a flat folder: path, label, camera."""
    rows = []
    for person in range(4):
        for number in range(4):
            name = f"{person}-{number}.png"
            draw(folder / name, 10 * person + number)
            rows.append((name, str(person), f"c{number % 2}"))
    for number in range(3):
        draw(folder / f"junk-{number}.png", 900 + number)
        rows.append((f"junk-{number}.png", "-1", f"c{number % 2}"))
    return rows


def table(folder: Path, header: str, rows: Sequence[Sequence[str]]) -> Path:
    file = folder / "table.csv"
    file.write_text("\n".join([header, *(",".join(row) for row in rows)]) + "\n", encoding="utf-8")
    return file


def test_re_identification_leaves_out_the_own_camera_and_junk(tmp_path: Path) -> None:
    folder = tmp_path / "people"
    rows = reidentification(folder)
    file = table(tmp_path, "path,label,camera", rows)
    result = evaluated("people", "--labels", file, folder=tmp_path)
    paths = [folder / name for name, _, _ in rows]
    precisions = []
    firsts = dict.fromkeys((1, 5, 10), 0)
    people = 16
    for query, line in enumerate(similarities(paths[:people], paths)):
        _, person, camera = rows[query]
        order = [other for other in np.argsort(-line).tolist() if other != query and rows[other][1] != "-1"]
        hits = [rows[other][1] == person for other in order if rows[other][1:] != (person, camera)]
        precisions.append(average_precision(hits))
        for k in firsts:
            firsts[k] += any(hits[:k])
    assert (result["protocol"], result["images"], result["queries"]) == ("re-identification", 19, 16)
    assert result["metrics"] == pytest.approx(
        {**{f"cmc_at_{k}": count / people for k, count in firsts.items()}, "map": np.mean(precisions)}
    )
    assert result["chance"]["cmc_at_1"] == pytest.approx(2 / 14)
    sequences = evaluated("people", "--labels", table(tmp_path, "path,label,sequence", rows), folder=tmp_path)
    assert sequences["metrics"] == result["metrics"]


def test_the_gallery_of_a_table_is_what_lies_below_a_folder(tmp_path: Path) -> None:
    rows = [("q/" + name, person, camera) for name, person, camera in reidentification(tmp_path / "all" / "q")]
    (tmp_path / "all" / "g").mkdir()
    for place, (name, person, camera) in enumerate(rows):
        if camera == "c1":
            rows[place] = (name.replace("q/", "g/"), person, camera)
            (tmp_path / "all" / name).rename(tmp_path / "all" / rows[place][0])
    file = table(tmp_path, "path,label,camera", rows)
    result = evaluated("all", "--labels", file, "--gallery", "all/g", folder=tmp_path)
    assert (result["protocol"], result["images"], result["gallery"], result["queries"]) == (
        "re-identification", 10, 9, 8,
    )  # fmt: skip
    asked = [tmp_path / "all" / row[0] for row in rows if row[2] == "c0" and row[1] != "-1"]
    found = [(tmp_path / "all" / row[0], row[1]) for row in rows if row[2] == "c1" and row[1] != "-1"]
    precisions = [
        average_precision([found[place][1] == query.name[0] for place in np.argsort(-line)])
        for query, line in zip(asked, similarities(asked, [path for path, _ in found]), strict=True)
    ]
    assert result["metrics"]["map"] == pytest.approx(np.mean(precisions))


def test_few_shot_episodes_tell_their_classes_and_more_shots_help(labelled: Path, tmp_path: Path) -> None:
    result = evaluated(labelled, "--episodes", "200", "--way", "3", "--shot", "1,3", folder=tmp_path)
    one, three = result["few_shot"]
    assert [one["name"], three["name"]] == ["3_way_1_shot", "3_way_3_shot"]
    assert (one["episodes"], one["chance"]) == (200, pytest.approx(1 / 3))
    for shot in (one, three):
        assert shot["interval"][0] <= shot["accuracy"] <= shot["interval"][1]
    assert result["beside"]["chance"]["3_way_1_shot"] == pytest.approx(1 / 3)
    assert set(result["beside"]["pixels"]) >= {"roc_auc", "3_way_1_shot", "3_way_3_shot"}
    again = evaluated(labelled, "--episodes", "200", "--way", "3", "--shot", "1,3", folder=tmp_path)
    assert again["few_shot"] == result["few_shot"]
    other = evaluated(labelled, "--episodes", "200", "--way", "3", "--seed", "1", "--shot", "1", folder=tmp_path)
    assert other["few_shot"][0]["episodes_interval"] != one["episodes_interval"]  # accuracies may meet by chance
    many = ("--way", "5", "--no-cache")
    refused(imgsearch("eval", labelled, *many, folder=tmp_path), f"{labelled}: more shots than pictures: 5-way 1-shot")
    refused(imgsearch("eval", labelled, "--way", "2", "--shot", "4", folder=tmp_path), "more shots than pictures")
    refused(imgsearch("eval", labelled, "--shot", "one", folder=tmp_path), "--shot one: not understood; write --shot 1")


def test_given_pairs_are_told_apart_by_similarity(labelled: Path, tmp_path: Path) -> None:
    names = [f"{name}/{number}.png" for name in ("autumn", "birch") for number in range(4)]
    pairs = [(one, other) for place, one in enumerate(names) for other in names[:place]]
    rows = [(one, other, str(int(one[0] == other[0]))) for one, other in pairs]
    file = table(tmp_path, "a,b,same", rows)
    result = evaluated(labelled, "--pairs", file, folder=tmp_path)
    cosines = similarities(*([[labelled / name for name in names]] * 2))
    same = [cosines[names.index(one), names.index(other)] for one, other in pairs if one[0] == other[0]]
    different = [cosines[names.index(one), names.index(other)] for one, other in pairs if one[0] != other[0]]
    area = np.mean([[(a > b) + (a == b) / 2 for b in different] for a in same])
    assert result["metrics"]["roc_auc"] == pytest.approx(area)
    assert (result["protocol"], result["verification"]["pairs"], result["verification"]["same"]) == ("pairs", 28, 12)
    assert result["chance"]["roc_auc"] == 0.5
    assert set(result["baselines"]) == {"pixels", "hsv_histogram"}
    run = imgsearch("eval", labelled, "--pairs", file, folder=tmp_path)
    assert succeeded(run).decode().splitlines()[0] == "metric\tmodel\tlow\thigh\tpixels\thsv_histogram\tchance"
    assert b"28 pairs of 8 pictures, 0 skipped" in run.stderr


def test_pairs_out_of_order_are_refused(labelled: Path, tmp_path: Path) -> None:
    def pairs(*rows: tuple[str, str, str]) -> Path:
        return table(tmp_path, "a,b,same", rows)

    good = ("autumn/0.png", "birch/0.png", "0")
    missing = pairs(good, ("autumn/0.png", "autumn/99.png", "1"))
    line = refused(
        imgsearch("eval", labelled, "--pairs", missing, folder=tmp_path), "do not exist, the first in line 3"
    )
    assert "table.csv" in line and "autumn/99.png" in line
    only = pairs(good, ("autumn/1.png", "birch/0.png", "0"))
    refused(imgsearch("eval", labelled, "--pairs", only, folder=tmp_path), "no readable pair of same pictures")
    both = ("--pairs", only, "--gallery", labelled)
    refused(imgsearch("eval", labelled, *both, folder=tmp_path), "--pairs and --gallery exclude each other")
    shutil.copytree(labelled, tmp_path / "copy")
    (tmp_path / "copy" / "autumn" / "3.png").write_bytes(b"")
    some = pairs(good, ("autumn/1.png", "autumn/0.png", "1"), ("autumn/3.png", "autumn/0.png", "1"))
    run = imgsearch("eval", "copy", "--pairs", some, "--json", folder=tmp_path)
    assert json.loads(succeeded(run))["verification"]["pairs"] == 2
    assert b"imgsearch: 1 of 3 pairs have a picture that cannot be read\n" in run.stderr
    assert b"imgsearch: skipped copy/autumn/3.png: empty file\n" in run.stderr


def test_several_models_are_compared_in_a_plain_sentence(labelled: Path, lda_model: Path, tmp_path: Path) -> None:
    run = imgsearch("eval", labelled, "--model", "base", "--model", lda_model, "--json", folder=tmp_path)
    result = json.loads(succeeded(run))
    (compared,) = result["compared"]
    (other,) = result["models"]
    assert (compared["model"], compared["baseline"], compared["metric"]) == (str(lda_model), "base", "map_at_r")
    difference = other["metrics"]["map_at_r"] - result["metrics"]["map_at_r"]
    assert compared["difference"] == pytest.approx(difference)
    assert compared["interval"][0] <= difference <= compared["interval"][1]
    assert compared["sentence"].startswith(f"{lda_model} is better than base: map_at_r +0.")
    text = succeeded(imgsearch("eval", labelled, "--model", "base", "--model", lda_model, folder=tmp_path)).decode()
    header = text.splitlines()[0].split("\t")
    assert header == ["metric", "base", "low", "high", "macro", str(lda_model), "low", "high", "macro",
                      "pixels", "hsv_histogram", "chance"]  # fmt: skip
    assert text.splitlines()[-2:] == ["", compared["sentence"]]


def test_the_embedded_model_is_measured_beside_any_other(labelled: Path, lda_model: Path, tmp_path: Path) -> None:
    alone = evaluated(labelled, folder=tmp_path)
    result = evaluated(labelled, "--model", lda_model, folder=tmp_path)
    (base,) = result["models"]
    assert (base["model"], base["metrics"]) == ("base", alone["metrics"])
    (compared,) = result["compared"]
    assert (compared["model"], compared["baseline"]) == (str(lda_model), "base")
    shutil.copytree(lda_model, tmp_path / "same")
    same = evaluated(labelled, "--model", lda_model, "--model", "same", folder=tmp_path)
    assert same["compared"][0]["difference"] == 0
    assert same["compared"][0]["sentence"].startswith(f"no difference can be told between same and {lda_model}: ")
    twice = ("--model", lda_model, "--model", lda_model)
    refused(imgsearch("eval", labelled, *twice, folder=tmp_path), "given twice")


def test_every_query_has_its_line_in_a_csv_file(labelled: Path, lda_model: Path, tmp_path: Path) -> None:
    shutil.copytree(labelled, tmp_path / "pictures")
    result = evaluated("pictures", "--model", lda_model, "--csv", "queries.csv", folder=tmp_path)
    with (tmp_path / "queries.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert list(rows[0]) == ["model", "path", "class", "nearest", "nearest_class", "similarity", "seen",
                             *result["metrics"]]  # fmt: skip
    own = [row for row in rows if row["model"] == str(lda_model)]
    assert [row["path"] for row in own] == [str(path.relative_to(tmp_path)) for path in sorted(
        (tmp_path / "pictures").rglob("*.png"))]  # fmt: skip
    for metric, value in result["metrics"].items():
        assert np.mean([float(row[metric]) for row in own]) == pytest.approx(value, abs=1e-6)
    assert {row["seen"] for row in own} == {"1"}
    base = [row for row in rows if row["model"] == "base"]
    assert {row["seen"] for row in base} == {"0"}
    for row in base[:3]:
        paths = [tmp_path / other["path"] for other in base]
        line = similarities([tmp_path / row["path"]], paths)[0]
        line[[path == tmp_path / row["path"] for path in paths]] = -1
        assert row["nearest"] == str(paths[int(line.argmax())].relative_to(tmp_path))
        assert float(row["similarity"]) == pytest.approx(line.max(), abs=1e-5)
        assert row["nearest_class"] == Path(row["nearest"]).parent.name
    refused(imgsearch("eval", "pictures", "--csv", "no/where.csv", folder=tmp_path), "no/where.csv: cannot be written")


def test_a_second_time_nothing_is_encoded_unless_the_cache_is_left_away(labelled: Path, tmp_path: Path) -> None:
    shutil.copytree(labelled, tmp_path / "pictures")
    first = evaluated("pictures", folder=tmp_path)
    assert first["encoded"] == 16
    second = evaluated("pictures", folder=tmp_path)
    assert second["encoded"] == 0
    draw(tmp_path / "pictures" / "dune" / "new.png", 77)
    assert evaluated("pictures", folder=tmp_path)["encoded"] == 1
    assert evaluated("pictures", "--no-cache", folder=tmp_path)["encoded"] == 17
    unchanging = [name for name in first if name not in ("encoded", "seconds")]
    assert {name: second[name] for name in unchanging} == {name: first[name] for name in unchanging}


def test_files_on_both_sides_are_refused(labelled: Path, tmp_path: Path) -> None:
    refused(
        imgsearch("eval", labelled, "--gallery", labelled, folder=tmp_path), "is a query and in the gallery, and so"
    )


def test_the_model_may_be_that_of_an_index(labelled: Path, lda_model: Path, tmp_path: Path) -> None:
    succeeded(imgsearch("index", labelled, "--model", lda_model, folder=tmp_path))
    own = evaluated(labelled, "--index", ".imgsearch", folder=tmp_path)
    assert own["metrics"] == evaluated(labelled, "--model", lda_model, folder=tmp_path)["metrics"]
    both = ("--index", ".imgsearch", "--model", "base")
    refused(imgsearch("eval", labelled, *both, folder=tmp_path), "--model and --index exclude each other")
