"""What the figures are called and what they mean, in a sentence each."""

from __future__ import annotations

import re
from collections.abc import Iterable

from imgsearch.workflows.evaluation.result import Evaluation, ModelResult

METRICS = {
    "recall_at_1": "Share of the queries whose nearest picture is of their class.",
    "recall_at_k": "Share of the queries with at least one picture of their class among their k nearest.",
    "cmc_at_1": "Share of the queries whose nearest picture shows the same identity.",
    "cmc_at_k": "Share of the queries with a picture of the same identity among their k nearest (cumulative matching).",
    "r_precision": "Where R pictures are to be found: the share of right ones among the R nearest.",
    "map_at_r": "Mean average precision of the R nearest, where R are to be found: 1 where all of them come first.",
    "map": "Mean over the queries of the average precision over the whole ranking.",
    "roc_auc": "Chance that two pictures of a class are more similar than two of different classes.",
    "pr_auc": "Average precision over all pairs: 1 where the same pairs come first.",
    "eer": "Error where as many different pairs are accepted as same pairs are refused; less is better.",
    "tar_at_far_f": "Share of the same pairs that are accepted where the share f of the different ones is.",
    "fpr95": "Share of the different pairs that are accepted where 95 % of the same ones are; less is better.",
    "best_accuracy": "Share of the pairs that are told right by the threshold that is best for these very pairs.",
}
"""By metric, or by family of metrics, where k and f stand for a number."""

OTHERS = {
    "micro": "Every query counts the same, so that large classes count for more.",
    "macro": "Every class counts the same, however many pictures it has.",
    "chance": "What a random order comes to, exactly.",
    "pixels": "A trivial way to compare pictures: by their 16 × 16 pixels.",
    "hsv_histogram": "Another one: by how often each colour occurs.",
    "95 % interval": "From a bootstrap over classes: where the figure would lie with other classes of this kind.",
    "nmi, ami": "Agreement of k-means clusters with the classes; ami is 0 for what chance comes to.",
    "ann_recall": "Share of the true nearest pictures that the search graph finds.",
    "effective rank": "How many directions the embeddings use; a collapsed model uses few.",
}


def family(metric: str) -> str:
    """The name by which METRICS knows a metric."""
    if metric in METRICS:
        return metric
    return re.sub(r"(?<=_at_far_)[\d.e-]+$", "f", re.sub(r"(?<=_at_)\d+$", "k", metric))


def meaning(metric: str) -> str:
    """A sentence on a metric, empty for one that is not known."""
    return METRICS.get(family(metric), "")


def terms(metrics: Iterable[str]) -> dict[str, str]:
    """What the families of these metrics mean, and all other terms."""
    used = {family(metric) for metric in metrics}
    return {name: sentence for name, sentence in METRICS.items() if name in used} | OTHERS


def model_name(model: ModelResult) -> str:
    """As the user named it; the embedded model is said to be that."""
    return f"{model.name} (embedded)" if model.name == "base" else model.name


def first_metric(evaluation: Evaluation) -> str:
    """The one that a sentence can be made of: the share of queries that are right at first."""
    metrics = list(evaluation.model.figures)
    return next((metric for metric in metrics if metric.endswith("_at_1")), metrics[0])


def ranking_metric(evaluation: Evaluation) -> str:
    """The one that queries and classes are ranked by."""
    metrics = list(evaluation.model.figures)
    return next((metric for metric in ("map_at_r", "map") if metric in metrics), metrics[-1])
