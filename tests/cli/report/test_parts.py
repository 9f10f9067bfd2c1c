"""What the report shows, and how much of it at most, without a browser."""

from __future__ import annotations

import os
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from imgsearch.cli.report.classes import CLASSES
from imgsearch.cli.report.embedding_map import POINTS
from imgsearch.cli.report.map_drawing import HEIGHT, WIDTH, placed
from imgsearch.cli.report.page import write_report
from imgsearch.cli.report.plot import LEFT, SIDE, TOP
from imgsearch.cli.report.strips import NEIGHBOURS, OF_A_CLASS, QUERIES, choose_strips
from imgsearch.retrieval import Relevance
from imgsearch.workflows.evaluation.extras import Curve
from imgsearch.workflows.evaluation.result import Evaluation, Queries

from ...conftest import draw
from .made import evaluation, per_class, pictures, unit_rows, with_everything


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Twenty classes of four pictures."""
    folder = tmp_path_factory.mktemp("parts")
    return [draw(folder / f"class{n // 4:02}" / f"{n % 4}.png", n) for n in range(80)]


@pytest.fixture(scope="module")
def made(paths: list[Path]) -> Evaluation:
    return evaluation(paths, spread=1.2, models=("mine", "base"))


def written(made: Evaluation, file: Path, projection: str = "pca") -> str:
    write_report(file, made, projection)
    return file.read_text(encoding="utf-8")


def test_the_worst_and_the_best_queries_are_shown_and_none_twice(made: Evaluation) -> None:
    scores = made.model.queries.values["map_at_r"]
    strips = choose_strips(made)
    assert len(strips.worst) == len(strips.best) == QUERIES
    shown = [strip.query for strip in (*strips.worst, *strips.best)]
    assert len(set(shown)) == len(shown)
    assert max(strip.score for strip in strips.worst) < min(strip.score for strip in strips.best)
    assert strips.worst[0].score == scores.min() and strips.best[0].score == scores.max()
    for some in (strips.worst, strips.best):
        classes = Counter(made.queries.classes[strip.query] for strip in some)
        assert max(classes.values()) <= OF_A_CLASS
    similarity = made.model.embeddings @ made.model.embeddings.T
    np.fill_diagonal(similarity, -2)
    for strip in strips.worst:
        assert len(strip.answers) == NEIGHBOURS
        assert strip.answers == tuple(np.argsort(-similarity[strip.query], kind="stable")[:NEIGHBOURS])
        assert strip.score == scores[made.model.queries.rows.tolist().index(strip.query)]


@pytest.mark.parametrize("classes", [2, 3, 5])
def test_few_queries_are_all_shown_if_they_fit_and_never_twice(paths: list[Path], classes: int) -> None:
    few = evaluation(paths[: 4 * classes])
    strips = choose_strips(few)
    shown = [strip.query for strip in (*strips.worst, *strips.best)]
    assert len(set(shown)) == len(shown) == min(4 * classes, 8 if classes == 2 else 2 * QUERIES)


def test_curves_are_drawn_where_their_points_are(made: Evaluation, tmp_path: Path) -> None:
    page = written(made, tmp_path / "a.html")
    drawn = re.findall(r'<polyline class="curve s(\d)" points="([^"]*)"', page)
    assert [series for series, _ in drawn] == ["1", "0"] * 2  # the first model lies above the other, in both plots
    for number, model in ((1, made.models[1]), (0, made.models[0])):
        assert model.verification is not None
        for curve, place in ((model.verification.precision_recall, 1 - number), (model.verification.roc, 3 - number)):
            points = np.array([pair.split() for pair in re.findall(r"\S+ \S+", drawn[place][1])], dtype=float)
            assert np.allclose((points[:, 0] - LEFT) / SIDE, curve.x, atol=1e-3)
            assert np.allclose(1 - (points[:, 1] - TOP) / SIDE, curve.y, atol=1e-3)


def test_curves_that_are_missing_are_said_to_be(made: Evaluation, tmp_path: Path) -> None:
    verification = made.model.verification
    assert verification is not None
    none = Curve(np.zeros(0), np.zeros(0))
    empty = replace(verification, roc=none, precision_recall=none)
    page = written(replace(made, models=(replace(made.model, verification=empty),)), tmp_path / "a.html")
    assert "There is no curve to draw." in page and "<polyline" not in page


def test_all_that_was_measured_is_told(made: Evaluation, tmp_path: Path) -> None:
    page = written(with_everything(made), tmp_path / "a.html")
    for said in (
        "No difference between base and mine can be told.",
        "Only 9 classes: the intervals are rough.",
        "120 files could not be read",
        "100 files that could not be read, and 20 more",
        "finds 97 % of the true ten nearest",
        "seen (27 queries)",
        "unseen (53 queries)",
        'From a similarity of <strong class="n">0.7100</strong> on',
        "a precision of 0.9 on 5 classes, and verified on 1,234 pairs of 4 others",
        "5-way 5-shot",
        "mine, expand 3",
        "2 of 3 queries with a copy as the nearest picture",
    ):
        assert said in page, said


def test_pairs_alone_have_curves_and_a_map_and_no_ranking(made: Evaluation, tmp_path: Path) -> None:
    queries = made.model.queries
    none = queries.rows[:0]
    nothing = replace(queries, rows=none, values={}, nearest=none, similarity=queries.similarity[:0])
    model = replace(made.model, figures={}, queries=nothing, classes=(), confusions=())
    classes = replace(made.queries, classes=("",) * 80, labels=made.queries.labels * 0)
    pairs = replace(
        made, protocol="pairs", queries=classes, gallery=classes, models=(model,), chance={}, compared=(), baselines={}
    )
    page = written(pairs, tmp_path / "a.html")
    assert re.findall(r'<h2 id="(\w+)">', page) == ["trust", "pairs", "map", "terms"]


def test_a_collapsed_model_has_no_map(made: Evaluation, tmp_path: Path) -> None:
    same = np.tile(unit_rows(made.queries.labels[:1] * 0, 0.1), (80, 1))
    page = written(replace(made, models=(replace(made.model, embeddings=same),)), tmp_path / "a.html")
    assert "all points lie on one another" in page


def test_points_are_placed_in_the_drawing_with_their_distances_in_proportion() -> None:
    points = np.random.default_rng(0).normal(size=(50, 2)) * [1e-3, 5e-3]
    on_drawing = placed(points)
    assert on_drawing.min() >= 0 and (on_drawing.max(axis=0) <= [WIDTH, HEIGHT]).all()
    before, after = (np.linalg.norm(some[1:] - some[:-1], axis=1) for some in (points, on_drawing))
    assert np.allclose(after / before, after[0] / before[0], rtol=0.05)
    assert placed(np.zeros((3, 2))).tolist() == [[WIDTH / 2, HEIGHT / 2]] * 3


def test_pictures_that_are_gone_by_then_are_said_to_be(made: Evaluation, paths: list[Path], tmp_path: Path) -> None:
    gone = paths[0].rename(paths[0].with_suffix(".away"))
    try:
        report = write_report(tmp_path / "a.html", made)
    finally:
        gone.rename(paths[0])
    assert [error.path for error in report.unread] == [str(paths[0])]


def enlarged(made: Evaluation, paths: list[Path], classes: list[str]) -> Evaluation:
    """The same of very many pictures, with answers by lot."""
    random, sides, count = np.random.default_rng(0), pictures(paths, classes), len(paths)
    values = {metric: random.random(count) for metric in made.model.figures}
    queries = Queries(np.arange(count), values, random.permutation(count), random.random(count))
    told, confusions = per_class(sides, queries)
    rows, seen = unit_rows(sides.labels, 1.0), np.zeros(count, dtype=bool)
    models = [
        replace(
            model,
            embeddings=rows,
            gallery_embeddings=rows,
            queries=queries,
            classes=told,
            confusions=confusions,
            seen=seen,
        )
        for model in with_everything(made).models
    ]
    rules = Relevance.leave_one_out(sides.labels)
    return replace(with_everything(made), queries=sides, gallery=sides, rules=rules, models=tuple(models))


def test_the_file_stays_small_whatever_there_is(made: Evaluation, tmp_path: Path) -> None:
    """4,400 pictures of noise, which nothing compresses, in 1,100 classes with the longest of names."""
    random = np.random.default_rng(0)
    noise = tmp_path / "noise"
    noise.mkdir()
    for number in range(40):
        values = random.integers(0, 256, (64, 64, 3), dtype=np.uint8)
        Image.fromarray(values).resize((128, 128), Image.Resampling.NEAREST).save(noise / f"{number}.png")
    count = 4 * (CLASSES + 100)
    classes = [f"{number // 4:04} " + "\N{CAT FACE}" * 60 for number in range(count)]
    files = []
    for number in range(count):
        files.append(tmp_path / f"{number:04} {'ü' * 120}.png")
        os.link(noise / f"{number % 40}.png", files[-1])
    report = write_report(tmp_path / "a.html", enlarged(made, files, classes))
    page = (tmp_path / "a.html").read_text(encoding="utf-8")
    assert report.size == (tmp_path / "a.html").stat().st_size < 5_000_000
    assert f"The {CLASSES:,} hardest of {CLASSES + 100:,} classes" in page
    assert f"{POINTS:,} of {count:,} pictures, drawn by lot class by class" in page
    shown = Counter(re.findall(r'"of":\[([\d,]+)\]', page)[0].split(","))
    assert len(shown) == CLASSES + 100 and max(shown.values()) - min(shown.values()) <= 1
