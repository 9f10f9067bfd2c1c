from __future__ import annotations

import numpy as np
import pytest

from imgsearch.index import Index
from imgsearch.index.check import check

from .helpers import DIMENSION, names, records, unit_rows

COUNT = 100_000


@pytest.mark.slow
def test_a_hundred_thousand_vectors_come_in_batches_and_go_again(index: Index) -> None:
    rows = unit_rows(COUNT)
    with index.writer() as writer:
        for start in range(0, COUNT, 2000):
            writer.add(records(2000, first=start), rows[start : start + 2000])
    queries = unit_rows(20, seed=7)

    def naive(living: np.ndarray[tuple[int], np.dtype[np.int64]]) -> list[list[str]]:
        best = living[np.argsort(-(queries.astype(float) @ rows[living].T.astype(float)), axis=1)[:, :10]]
        return [[f"{number:05}.jpg" for number in line] for line in best.tolist()]

    assert [names(found) for found in index.search(queries, 10)] == naive(np.arange(COUNT))
    gone = np.random.default_rng(3).permutation(COUNT)[:30_000]
    with index.writer() as writer:
        writer.remove(f"{number:05}.jpg" for number in gone.tolist())
        assert writer.compact()
    assert (index.folder / "vectors-1.f32").stat().st_size == 70_000 * (DIMENSION + 2) * 4
    assert [names(found) for found in index.search(queries, 10)] == naive(np.setdiff1d(np.arange(COUNT), gone))
    health = check(index.folder, index.root)
    assert (health.damaged, health.searchable) == ([], 70_000)
