"""How often the nearest pictures belong to the query's class: retrieval metrics and what to compare them with."""

from __future__ import annotations

from imgsearch.retrieval.evaluation import (
    Answers,
    RetrievalScores,
    answered,
    chance,
    chance_queries,
    evaluate,
    evaluate_gallery_queries,
    evaluate_queries,
    means,
)
from imgsearch.retrieval.relevance import Relevance

__all__ = [
    "Answers",
    "Relevance",
    "RetrievalScores",
    "answered",
    "chance",
    "chance_queries",
    "evaluate",
    "evaluate_gallery_queries",
    "evaluate_queries",
    "means",
]
