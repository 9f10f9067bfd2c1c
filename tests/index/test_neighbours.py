"""Pairs of near pictures, compared with a loop."""

from __future__ import annotations

import numpy as np
import pytest

from imgsearch.errors import IndexFolderError
from imgsearch.index import Index, ModelChangedError

from .helpers import Rows, add, clustered_rows, record

COUNT = 2500  # more than are asked at a time


def naive(rows: Rows, slots: list[int], k: int, floor: float) -> set[tuple[int, int]]:
    wide = rows.astype(np.float64)
    pairs = set()
    for slot in slots:
        others = sorted((other for other in slots if other != slot), key=lambda other: -float(wide[other] @ wide[slot]))
        for other in others[:k]:
            if wide[other] @ wide[slot] >= floor:
                pairs.add((min(slot, other), max(slot, other)))
    return pairs


def test_pairs_are_those_of_a_loop_over_the_chosen_slots(index: Index) -> None:
    rows = clustered_rows(300)
    add(index, rows)
    with index.writer() as writer:
        writer.remove(["00007.jpg", "00100.jpg"])
    slots = [slot for slot in range(300) if slot % 3 and slot not in (7, 100)]
    for k, floor in ((1, -1.0), (5, -1.0), (5, 0.8), (500, 0.9)):
        found = index.near_pairs(slots, k, floor=floor)
        assert len(found) == len({tuple(pair) for pair in found.tolist()})
        assert {(one, other) for one, other in found.tolist()} == naive(rows, slots, k, floor)
    assert index.near_pairs([], 5).shape == index.near_pairs([1], 5).shape == (0, 2)


def test_many_are_asked_in_parts_and_the_graph_finds_the_same(index: Index) -> None:
    add(index, clustered_rows(COUNT))
    slots = list(range(COUNT))
    exact = {tuple(pair) for pair in index.near_pairs(slots, 3, method="exact").tolist()}
    near = {tuple(pair) for pair in index.near_pairs(slots, 3, method="ann").tolist()}
    assert {number for pair in exact for number in pair} == set(slots)
    assert len(exact & near) > 0.99 * len(exact | near)


def test_damage_and_new_slots_are_told(index: Index) -> None:
    add(index, clustered_rows(100))
    assert index.model
    file = next(index.folder.glob("vectors*.f32"))
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    with pytest.raises(IndexFolderError, match="not as it was written"):
        Index.open(index.folder).near_pairs(list(range(100)), 3)


def test_a_compaction_after_the_model_was_read_is_told(index: Index) -> None:
    add(index, clustered_rows(100))
    other = Index.open(index.folder)
    assert other.model
    with index.writer() as writer:
        writer.remove([record(f"{number:05}.jpg").path for number in range(50)])
        assert writer.compact()
    with pytest.raises(ModelChangedError):
        other.near_pairs(list(range(100)), 3)
