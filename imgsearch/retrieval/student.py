"""Student's t, without SciPy."""

from __future__ import annotations

from statistics import NormalDist


def student_t(probability: float, freedom: int) -> float:
    """A quantile of Student's t, to three digits from five degrees of freedom on (Abramowitz and Stegun, 26.7.5)."""
    x = NormalDist().inv_cdf(probability)
    terms: tuple[float, ...] = (
        (x**3 + x) / 4,
        (5 * x**5 + 16 * x**3 + 3 * x) / 96,
        (3 * x**7 + 19 * x**5 + 17 * x**3 - 15 * x) / 384,
        (79 * x**9 + 776 * x**7 + 1482 * x**5 - 1920 * x**3 - 945 * x) / 92160,
    )
    for power, term in enumerate(terms, 1):
        x += term / freedom**power
    return x
