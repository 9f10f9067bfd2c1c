from __future__ import annotations

import pytest

from imgsearch.training.losses import LOSSES
from tests.benchmarks.step_time import COMPARISONS, Comparison, available, make_batch, measure, our_step, their_step


@pytest.mark.filterwarnings("ignore:Using a non-tuple sequence")  # in their histogram loss
@pytest.mark.parametrize("comparison", available(COMPARISONS)[0], ids=lambda comparison: comparison.name)
def test_both_sides_of_every_comparison_take_a_step_with_a_gradient(comparison: Comparison) -> None:
    batch = make_batch(classes=6, images=3, dimension=16)
    for step in (our_step(comparison, batch), their_step(comparison, batch)):
        step()
        assert batch.rows.grad is not None and batch.rows.grad.any()


def test_what_is_not_registered_is_skipped_by_name() -> None:
    strange = Comparison("no such loss", COMPARISONS[0].theirs)
    ready, missing = available([*COMPARISONS, strange])
    assert missing[-1] == "no such loss" and all(one.loss in LOSSES for one in ready)


def test_the_ratio_is_ours_over_theirs() -> None:
    timing = measure(COMPARISONS[0], make_batch(classes=4, images=2, dimension=8), repeats=3)
    assert timing.ratio == pytest.approx(timing.ours / timing.theirs) and timing.ours > 0
