from __future__ import annotations

import numpy as np
import pytest

from imgsearch.index.checksum import checksums

WORDS = np.random.default_rng(0).integers(0, 2**64, size=(50, 7), dtype=np.uint64)
SLOTS = np.arange(100, 150)


def naive(words: list[int], slot: int) -> int:
    """SplitMix64 and the sum, in Python's whole numbers."""
    total = 0
    for number, word in enumerate([*words, slot + 1], 1):
        factor = number * 0x9E3779B97F4A7C15 % 2**64
        factor = (factor ^ factor >> 30) * 0xBF58476D1CE4E5B9 % 2**64
        factor = (factor ^ factor >> 27) * 0x94D049BB133111EB % 2**64
        total += word * ((factor ^ factor >> 31) | 1)
    return total % 2**64


def test_it_is_the_sum_that_it_says_and_stays_it_for_ever() -> None:
    expected = [naive(row, slot) for row, slot in zip(WORDS.tolist(), SLOTS.tolist(), strict=True)]
    assert checksums(WORDS, SLOTS).tolist() == expected
    assert checksums(np.zeros((1, 2), dtype=np.uint64), np.array([0])).tolist() == [naive([0, 0], 0)]


@pytest.mark.parametrize("bit", range(64))
def test_any_flipped_bit_changes_it(bit: int) -> None:
    for place in range(WORDS.shape[1]):
        flipped = WORDS.copy()
        flipped[:, place] ^= np.uint64(1 << bit)
        assert (checksums(flipped, SLOTS) != checksums(WORDS, SLOTS)).all()


def test_words_that_swap_places_and_rows_in_other_slots_change_it() -> None:
    assert (checksums(WORDS[:, ::-1], SLOTS) != checksums(WORDS, SLOTS)).all()
    assert (checksums(WORDS, SLOTS + 1) != checksums(WORDS, SLOTS)).all()


def test_rows_of_zeros_that_were_never_written_are_not_taken_for_written() -> None:
    assert (checksums(np.zeros((1000, 129), dtype=np.uint64), np.arange(1000)) != 0).all()
