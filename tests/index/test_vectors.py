from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from imgsearch.errors import IndexFolderError, ModelError
from imgsearch.index.vectors import append_rows, checked_rows, lengthen, map_rows

from .helpers import unit_rows


@pytest.fixture
def file(tmp_path: Path) -> Path:
    made = tmp_path / "vectors.f32"
    made.touch()
    return made


def test_rows_come_back_to_the_bit(file: Path) -> None:
    rows = unit_rows(5, 3)
    append_rows(file, 0, rows[:2])
    append_rows(file, 2, rows[2:])
    assert np.array_equal(map_rows(file, 5, 3).values, rows)
    assert np.array_equal(map_rows(file, 4, 3).values, rows[:4])


def test_the_leftover_of_a_killed_run_is_overwritten(file: Path) -> None:
    rows = unit_rows(4, 3)
    append_rows(file, 0, rows[:3])  # only the first was committed
    append_rows(file, 1, rows[3:])
    assert np.array_equal(map_rows(file, 2, 3).values, rows[[0, 3]])


def test_an_empty_file_has_no_rows(file: Path) -> None:
    assert map_rows(file, 0, 3).values.shape == (0, 3)
    append_rows(file, 0, np.empty((0, 3), dtype=np.float32))
    assert file.stat().st_size == 0


def test_a_short_or_missing_file_is_reported_and_never_padded(file: Path) -> None:
    append_rows(file, 0, unit_rows(2, 3))
    with pytest.raises(IndexFolderError, match="cut short, 3 vectors"):
        map_rows(file, 3, 3)
    with pytest.raises(IndexFolderError, match="cut short"):
        append_rows(file, 3, unit_rows(1, 3))
    file.unlink()
    with pytest.raises(IndexFolderError, match="missing"):
        map_rows(file, 1, 3)


def test_what_is_mapped_cannot_be_written(file: Path) -> None:
    append_rows(file, 0, unit_rows(2, 3))
    with pytest.raises(ValueError, match="read-only"):
        map_rows(file, 2, 3).values[0, 0] = 1


def test_memory_that_was_given_back_is_read_again(file: Path) -> None:
    rows = unit_rows(5000, 16)
    append_rows(file, 0, rows)
    mapped = map_rows(file, 5000, 16)
    for start, stop in ((0, 1), (100, 3000), (4999, 5000), (0, 5000)):
        mapped.release(start, stop)
        assert np.array_equal(mapped.values, rows)
        mapped.require_intact(range(5000))


def test_any_single_flipped_bit_is_found_in_its_row_alone(file: Path) -> None:
    append_rows(file, 0, unit_rows(4, 3))
    whole = file.read_bytes()
    for bit in range(8 * len(whole)):
        flipped = bytearray(whole)
        flipped[bit // 8] ^= 1 << bit % 8
        file.write_bytes(flipped)
        rows = map_rows(file, 4, 3)
        broken = bit // 8 // 24
        assert np.flatnonzero(~rows.intact(0, 4)).tolist() == [broken]
        with pytest.raises(IndexFolderError, match=rf"slot {broken} is not as it was written; mend it with"):
            rows.require_intact(range(4))
        rows.require_intact(slot for slot in range(4) if slot != broken)


def test_a_row_in_the_place_of_another_or_never_written_is_found(file: Path) -> None:
    append_rows(file, 0, unit_rows(4, 3))
    whole = file.read_bytes()
    file.write_bytes(whole[24:48] + whole[:24] + bytes(24) + whole[72:])
    assert map_rows(file, 4, 3).intact(0, 4).tolist() == [False, False, False, True]


def test_a_file_cut_short_can_be_lengthened_and_what_was_lost_counts_as_broken(file: Path) -> None:
    append_rows(file, 0, unit_rows(4, 3))
    os.truncate(file, 60)
    lengthen(file, 4, 3)
    assert map_rows(file, 4, 3).intact(0, 4).tolist() == [True, True, False, False]
    lengthen(file, 2, 3)
    assert file.stat().st_size == 96


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
def test_rows_that_are_not_finite_are_refused(wrong: float) -> None:
    rows = unit_rows(3, 4)
    rows[1, 2] = wrong
    with pytest.raises(ModelError, match="NaN or infinity"):
        checked_rows(rows, 4)


def test_rows_of_another_dimension_are_refused() -> None:
    with pytest.raises(ValueError, match=r"shape \(3, 4\), expected \(n, 5\)"):
        checked_rows(unit_rows(3, 4), 5)
    with pytest.raises(ValueError, match=r"shape \(4,\)"):
        checked_rows(unit_rows(3, 4)[0], 4)
