"""First answers and confused classes, against loops."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imgsearch.retrieval import Relevance, answered, evaluate_queries
from imgsearch.retrieval.confusion import best_and_worst, confusions
from imgsearch.retrieval.nearest import first_answers, nearest_classes

from . import naive
from .test_evaluation import Embeddings, Labels, labelled, tied_sets
from .test_gallery import Task, answers_of, market_1501, tasks


@settings(deadline=None, max_examples=100)
@given(tasks(most=8))
def test_first_answers_equal_a_sort_by_similarity_then_row(task: Task) -> None:
    queries, gallery, columns = task
    rows, similarities = first_answers(queries, gallery, market_1501(columns), 3)
    for query, row in enumerate(queries):
        keys = {
            answer: naive.similarity_key(row.tolist(), gallery[answer].tolist())
            for answer in answers_of(query, columns)
        }
        expected = sorted(keys, key=lambda answer: (-keys[answer], answer))[:3]
        assert [found for found in rows[query].tolist() if found >= 0] == expected
        assert similarities[query][: len(expected)].tolist() == [keys[answer] / 2**20 for answer in expected]
        assert np.isnan(similarities[query][len(expected) :]).all()


@settings(deadline=None, max_examples=100)
@given(tied_sets(most=14))
def test_the_first_answer_comes_along_with_the_metrics(pictures: tuple[Embeddings, Labels]) -> None:
    embeddings, labels = pictures
    relevance = Relevance.leave_one_out(np.unique(labels, return_inverse=True)[1])
    answers = answered(embeddings, embeddings, relevance)
    rows, similarities = first_answers(embeddings, embeddings, relevance, 1)
    assert answers.first.tolist() == rows[answers.queries, 0].tolist()
    assert answers.similarity.tolist() == similarities[answers.queries, 0].tolist()


def naive_confusions(embeddings: Embeddings, labels: Labels) -> dict[tuple[int, int], float]:
    mistaken: dict[tuple[int, int], float] = {}
    for query, label in enumerate(labels.tolist()):
        others = [row for row in range(len(labels)) if row != query]
        if not any(labels[row] == label for row in others):
            continue
        keys = [naive.similarity_key(embeddings[query].tolist(), embeddings[row].tolist()) for row in others]
        nearest = [row for row, key in zip(others, keys, strict=True) if key == max(keys)]
        for row in nearest:
            if labels[row] != label:
                low, high = sorted((label, int(labels[row])))
                mistaken[low, high] = mistaken.get((low, high), 0.0) + 1 / len(nearest)
    return mistaken


@settings(deadline=None, max_examples=100)
@given(tied_sets(most=14))
def test_confusions_equal_a_loop_over_queries_and_add_up_to_what_recall_misses(
    pictures: tuple[Embeddings, Labels],
) -> None:
    embeddings, labels = pictures
    names, classes = np.unique(labels, return_inverse=True)
    relevance = Relevance.leave_one_out(classes)
    nearest = nearest_classes(embeddings, embeddings, relevance)
    found = confusions(nearest, relevance)
    pairs = {(int(names[pair.one]), int(names[pair.other])): pair.mistaken for pair in found}
    assert pairs == pytest.approx(naive_confusions(embeddings, labels))
    mistaken = [round(pair.mistaken, 9) for pair in found]
    assert mistaken == sorted(mistaken, reverse=True)
    recall = evaluate_queries(embeddings, labels, ks=(1,))[1]["recall_at_1"]
    assert sum(pair.mistaken for pair in found) == pytest.approx(np.sum(1 - recall))
    sizes = np.bincount(classes)
    for pair in found:
        asked = sum(sizes[one] for one in (pair.one, pair.other) if sizes[one] > 1)
        assert pair.share == pytest.approx(pair.mistaken / asked)


@settings(deadline=None, max_examples=60)
@given(tied_sets(most=30), st.randoms(use_true_random=False))
def test_the_order_of_files_and_the_names_of_classes_change_no_confusion(
    pictures: tuple[Embeddings, Labels], random: Random
) -> None:
    embeddings, labels = pictures
    order = random.sample(range(len(labels)), len(labels))

    def mistaken(rows: Embeddings, names: Labels) -> dict[frozenset[int], tuple[float, float]]:
        found, classes = np.unique(names, return_inverse=True)
        relevance = Relevance.leave_one_out(classes)
        pairs = confusions(nearest_classes(rows, rows, relevance), relevance)
        return {frozenset(found[[pair.one, pair.other]].tolist()): (pair.mistaken, pair.share) for pair in pairs}

    before = mistaken(embeddings, labels)
    after = mistaken(embeddings[order], 7 - labels[order])
    assert {frozenset(7 - one for one in pair): pytest.approx(both) for pair, both in before.items()} == after


def test_blocks_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    embeddings, labels = labelled(np.random.default_rng(3), 90, 8, 4)
    relevance = Relevance.leave_one_out(labels)
    whole = confusions(nearest_classes(embeddings, embeddings, relevance), relevance)
    rows = first_answers(embeddings, embeddings, relevance, 4)[0]
    monkeypatch.setattr("imgsearch.retrieval.ranking.BLOCK", 7 * 90)
    assert confusions(nearest_classes(embeddings, embeddings, relevance), relevance) == whole
    assert first_answers(embeddings, embeddings, relevance, 4)[0].tolist() == rows.tolist()


def test_distractors_are_no_class_to_be_confused_with() -> None:
    gallery = np.array([[1.0, 0.0], [0.8, 0.6], [0.0, 1.0]])
    relevance = Relevance.between(np.array([5]), np.array([0, 7, 5]), distractor=0)
    assert confusions(nearest_classes(gallery[:1], gallery, relevance), relevance) == []
    relevance = Relevance.between(np.array([5]), np.array([0, 7, 5]), junk=0)
    (pair,) = confusions(nearest_classes(gallery[:1], gallery, relevance), relevance)
    assert (pair.mistaken, pair.share) == (1, 1)


def test_some_of_the_queries_are_answered_as_among_all() -> None:
    embeddings, labels = labelled(np.random.default_rng(3), 50, 8, 4)
    relevance = Relevance.between(labels, labels, same=np.arange(50), cameras=(labels % 2, np.arange(50) % 2))
    some = np.array([7, 3, 41])
    whole = first_answers(embeddings, embeddings, relevance, 5)
    part = first_answers(embeddings[some], embeddings, relevance.of(some), 5)
    assert part[0].tolist() == whole[0][some].tolist()


def test_best_and_worst_come_in_order() -> None:
    best, worst = best_and_worst(np.array([0.5, 1.0, 0.0, 0.5, 1.0]), 3)
    assert (best.tolist(), worst.tolist()) == ([1, 4, 0], [2, 0, 3])
