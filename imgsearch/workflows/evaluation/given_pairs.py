"""`eval --pairs`: how well similarity tells given pairs of the same from pairs of different pictures."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from imgsearch.errors import UserError, printable
from imgsearch.metric.pairs import Pairs
from imgsearch.model import Model
from imgsearch.retrieval import Relevance
from imgsearch.retrieval.pair_counts import PairCounts, pair_similarities
from imgsearch.retrieval.pair_groups import PairGroups, given_pair_groups
from imgsearch.retrieval.verification import verification, verification_chance
from imgsearch.workflows.evaluation.cache import Cache
from imgsearch.workflows.evaluation.doubts import doubts
from imgsearch.workflows.evaluation.embed import embed
from imgsearch.workflows.evaluation.extras import Verification
from imgsearch.workflows.evaluation.measure import Rows, verified
from imgsearch.workflows.evaluation.near import near_duplicates
from imgsearch.workflows.evaluation.one_model import collapse, seen_by
from imgsearch.workflows.evaluation.result import Evaluation, ModelResult, Pictures, Queries
from imgsearch.workflows.evaluation.run import with_base
from imgsearch.workflows.pairs import read_pairs

PAIRS = "pairs"


def evaluate_pairs(folder: Path, file: Path, models: Sequence[tuple[str, Model]], cache: Cache) -> Evaluation:
    """Compare the pictures of the pairs in `file`, whose paths are relative to `folder`, by each of the models.

    Nothing is ranked: what comes of it is `verification`, and as queries there are none.

    Raises:
        UserError: the file is not in order, or names a picture that is not there; or no readable pairs of both kinds.
    """
    began = time.monotonic()
    table = read_pairs(file, folder)
    every = with_base(models)
    embedded = embed(cache, folder, table.paths, [model for _, model in every], whole=False)
    pairs = table.only(tuple(embedded.rows.tolist()))
    if pairs.same.all() or not pairs.same.any():
        kind = "different" if pairs.same.any() else "same"
        raise UserError(f"{printable(file)}: no readable pair of {kind} pictures; verification takes both kinds")
    paths = tuple(table.paths[row] for row in embedded.rows)
    labels = np.zeros(len(paths), dtype=np.int64)
    pictures = Pictures(paths, ("",) * len(paths), labels, embedded.hashes)
    results = [
        _result(name, model, rows, pictures, verified(*_counted(rows, pairs), str(file)))
        for (name, model), rows in zip(every, embedded.embeddings, strict=True)
    ]
    evaluation = Evaluation(
        protocol=PAIRS,
        folder=folder,
        gallery_folder=None,
        queries=pictures,
        gallery=pictures,
        rules=Relevance.leave_one_out(labels),
        without_match=len(paths),
        skipped=embedded.skipped,
        chance={},
        baselines={name: {} for name in embedded.features},
        beside={
            "chance": verification_chance(_counted(embedded.embeddings[0], pairs)[0]),
            **{name: verification(_counted(rows, pairs)[0]) for name, rows in embedded.features.items()},
        },
        models=tuple(results),
        asked=len(models),
        compared=(),
        near_duplicates=near_duplicates(pictures, pictures, embedded.features["pixels"], embedded.features["pixels"]),
        encoded=embedded.encoded,
        seconds=time.monotonic() - began,
    )
    lost = len(table.pairs.same) - len(pairs.same)
    broken = (f"{lost:,} of {len(table.pairs.same):,} pairs have a picture that cannot be read",) if lost else ()
    return replace(evaluation, warnings=(*broken, *doubts(evaluation)))


def _counted(rows: Rows, pairs: Pairs) -> tuple[PairCounts, PairGroups]:
    """All pairs, and by picture, as classes are not known."""
    similarities = pair_similarities(rows[pairs.first], rows[pairs.second])
    return given_pair_groups(similarities, pairs.same, np.column_stack([pairs.first, pairs.second]))


def _result(name: str, model: Model, rows: Rows, pictures: Pictures, found: Verification) -> ModelResult:
    nothing: NDArray[np.intp] = np.zeros(0, dtype=np.intp)
    return ModelResult(
        name=name,
        embeddings=rows,
        gallery_embeddings=rows,
        figures={},
        queries=Queries(nothing, {}, nothing, np.zeros(0)),
        classes=(),
        confusions=(),
        seen=seen_by(model, pictures),
        collapse=collapse(rows),
        verification=found,
    )
