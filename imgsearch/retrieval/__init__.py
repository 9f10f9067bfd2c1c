"""Leave-one-out retrieval metrics: how often the nearest pictures belong to the query's class."""

from __future__ import annotations

from imgsearch.retrieval.evaluation import RetrievalScores, chance, evaluate, evaluate_queries

__all__ = ["RetrievalScores", "chance", "evaluate", "evaluate_queries"]
