"""What the figures are called and what they mean, in a sentence each."""

from __future__ import annotations

import re

from imgsearch.workflows.evaluation.result import Evaluation, ModelResult

MEANINGS = {
    "recall_at_1": "Share of the queries whose nearest picture is of their class.",
    "recall_at_k": "Share of the queries with at least one picture of their class among their k nearest.",
    "cmc_at_1": "Share of the queries whose nearest picture shows the same identity.",
    "cmc_at_k": "Share of the queries with a picture of the same identity among their k nearest (cumulative matching).",
    "r_precision": "Where R pictures are to be found: the share of right ones among the R nearest.",
    "map_at_r": "Mean average precision of the R nearest, where R are to be found: 1 where all of them come first.",
    "map": "Mean over the queries of the average precision over the whole ranking.",
    "micro": "Every query counts the same, so that large classes count for more.",
    "macro": "Every class counts the same, however many pictures it has.",
    "chance": "What a random order comes to, exactly.",
    "pixels": "A trivial way to compare pictures: 16 × 16 pixels.",
    "hsv_histogram": "Another one: how often each colour occurs.",
    "roc_auc": "Chance that two pictures of a class are more similar than two of different classes.",
    "pr_auc": "Average precision over all pairs: right pairs first is 1.",
    "eer": "Error where as many different pairs are accepted as same pairs refused; less is better.",
    "fpr95": "False-accept rate where 95 % of the same pairs are accepted; less is better.",
    "tar_at_far": "Share of same pairs that are accepted where that share of different pairs is.",
    "best_accuracy": "Share of the pairs that are told right at the best threshold for these very pairs.",
    "nmi, ami": "Agreement of k-means clusters with the classes, from 0 to 1; ami is corrected for chance.",
    "effective rank": "How many directions the embeddings use; a collapsed model uses few.",
    "95 % interval": "From a bootstrap over classes: where the figure would lie with other classes of this kind.",
}


def meaning(metric: str) -> str:
    """A sentence on a metric, empty for one that is not known."""
    family = re.sub(r"(?<=far)_[\d.]+$", "", re.sub(r"(?<=_at_)\d+$", "k", metric))
    return MEANINGS.get(metric) or MEANINGS.get(family, "")


def model_name(evaluation: Evaluation, model: ModelResult) -> str:
    """As the user named it; the embedded model is said to be that."""
    return f"{model.name} (embedded)" if model.name == "base" else model.name


def first_metric(metrics: list[str]) -> str:
    """The one that a sentence can be made of: the share of queries that are right at first."""
    return next((metric for metric in metrics if metric.endswith("_at_1")), metrics[0])


def ranking_metric(metrics: list[str]) -> str:
    """The one that queries and classes are ranked by."""
    return next((metric for metric in ("map_at_r", "map") if metric in metrics), metrics[-1])
