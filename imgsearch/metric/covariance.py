"""Covariance matrices shrunk towards a multiple of the identity, so that few pictures in many dimensions suffice."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from imgsearch.errors import UserError

Shrinkage = float | Literal["auto"]


def shrunk_covariance(centred: NDArray[np.float64], shrinkage: Shrinkage) -> NDArray[np.float64]:
    """(1−s)·S + s·(tr S / d)·I (d, d), where S = XᵀX / n of centred rows X (n, d) and s is `shrinkage`.

    "auto" takes Ledoit and Wolf's s. UserError for an s outside 0 … 1. For a given s this is scikit-learn's
    `shrunk_covariance`, for "auto" its `ledoit_wolf`.
    """
    if shrinkage == "auto":
        shrinkage = ledoit_wolf_shrinkage(centred)
    elif not 0 <= shrinkage <= 1:
        raise UserError(f"shrinkage {shrinkage} is out of range: choose 'auto' or a number from 0 to 1")
    covariance = _covariance(centred)
    return (1 - shrinkage) * covariance + shrinkage * _towards(covariance)


def ledoit_wolf_shrinkage(centred: NDArray[np.float64]) -> float:
    """The s in 0 … 1 with the least expected squared error of (1−s)·S + s·(tr S / d)·I, from centred rows (n, d).

    Ledoit and Wolf, A well-conditioned estimator for large-dimensional covariance matrices (2004): the estimated
    variance of S over its squared distance from the multiple of the identity. Rotating the rows leaves it unchanged.
    """
    covariance = _covariance(centred)
    distance = float(np.sum((covariance - _towards(covariance)) ** 2))
    fourth_moment = float(np.mean(np.sum(centred**2, axis=1) ** 2))
    variance = max(0.0, fourth_moment - float(np.sum(covariance**2))) / len(centred)
    return min(1.0, variance / distance) if distance > 0 else 0.0


def _covariance(centred: NDArray[np.float64]) -> NDArray[np.float64]:
    covariance: NDArray[np.float64] = centred.T @ centred / len(centred)
    return covariance


def _towards(covariance: NDArray[np.float64]) -> NDArray[np.float64]:
    dimension = len(covariance)
    return np.eye(dimension) * float(np.trace(covariance) / dimension)
