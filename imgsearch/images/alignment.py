"""How well two pictures agree once one is laid over the other: what tells copies from pictures of the same thing.

A copy may be resized, stretched, cropped, compressed, blurred, grey, brighter or darker. So one picture is fitted to
the other by a scale and a shift along each axis, with a gain and an offset in brightness, from coarse to fine (Lucas
and Kanade, "An iterative image registration technique with an application to stereo vision", 1981). Then slopes of the
grey values are compared, as a whole and tile by tile: pictures of one thing have light and dark in the same places,
but not the same edges, and two forms may differ by one number. Last, the colours, where both have some.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from imgsearch.images.overlay import Floats, cosine, fit, overlay, smaller
from imgsearch.images.thumbnail import Thumbnail

_COARSE, _FINE = 16, 32
_STEPS = {_COARSE: 8, _FINE: 5, 64: 4}
"""Side of a level → steps of its fit."""
_STARTS = np.array(
    [(scale, x, scale, y) for scale in (1, 0.87, 1.15) for x, y in itertools.product((0, -0.06, 0.06), repeat=2)],
    dtype=np.float32,
)
_HOPELESS_START, _HOPELESS = 0.5, 0.7
"""Correlations of coarse grey values, before and after the fit, below which nothing was a copy: most pairs end here."""
_TILES = 4
_TILE_ALLOWANCE = 0.25
"""By how much less than the whole the worst tile may agree: compression does most harm where there is little to see."""
_WEAK_TILE = 0.25
"""Tiles of less than this share of the mean squared slope say nothing."""
_COLOURED = 8.0
"""Length of (Cb, Cr) from which on a place counts as coloured; a copy may be grey, so only these are compared."""
_PLACES_AT_LEAST = 4
_SAME_COLOURS = 0.5
"""Cosine of the colours below which they are different ones."""
_AT_ONCE = 64


def agreement(fixed: Sequence[Thumbnail], moving: Sequence[Thumbnail]) -> NDArray[np.float64]:
    """How well the pictures of each pair agree, (m,), from -1 to 1; copies come close to 1. The order is no matter.

    Pairs are compared as finely as the smaller picture allows. Pictures without structure agree with nothing.
    """
    found = np.full(len(fixed), -1.0)
    finest = np.array([min(pair[0].detail, pair[1].detail) for pair in zip(fixed, moving, strict=True)], dtype=int)
    for side in np.unique(finest):
        chosen = np.flatnonzero(finest == side)
        for start in range(0, len(chosen), _AT_ONCE):
            part = chosen[start : start + _AT_ONCE]
            one, other = ([pictures[number] for number in part] for pictures in (fixed, moving))
            # The fit may get stuck one way and not the other
            found[part] = np.maximum(_one_way(one, other, int(side)), _one_way(other, one, int(side)))
    return found


def _one_way(fixed: Sequence[Thumbnail], moving: Sequence[Thumbnail], side: int) -> NDArray[np.float64]:
    found = np.full(len(fixed), -1.0)
    one, other = (np.stack([picture.grey for picture in pictures]).astype(np.float32) for pictures in (fixed, moving))
    coarse, coarse_other = smaller(one, _COARSE), smaller(other, _COARSE)
    alike = np.stack([_grey_correlation(coarse, coarse_other, start[None]) for start in _STARTS])
    hopeful = np.flatnonzero(alike.max(axis=0) >= _HOPELESS_START)
    coarse, coarse_other = coarse[hopeful], coarse_other[hopeful]
    placed = fit(coarse, coarse_other, _STARTS[alike.argmax(axis=0)[hopeful]], _STEPS[_COARSE])
    still = _grey_correlation(coarse, coarse_other, placed) >= _HOPELESS
    hopeful, placed = hopeful[still], placed[still]
    if not len(hopeful):
        return found
    one, other = one[hopeful], other[hopeful]
    for level in (_FINE, side) if side > _FINE else (_FINE,):
        finer = smaller(one, level), smaller(other, level)
        placed = fit(*finer, placed, _STEPS[level])
    found[hopeful] = _slope_agreement(*finer, placed)
    chroma, other_chroma = (np.stack([picture.chroma for picture in pictures])[hopeful] for pictures in (fixed, moving))
    found[hopeful[~_same_colours(chroma, other_chroma, placed)]] = -1.0
    return found


def _grey_correlation(fixed: Floats, moving: Floats, placed: Floats) -> Floats:
    laid, inside = overlay(moving, placed)
    return cosine(*(_centred(picture, inside) for picture in (fixed, laid)))


def _slope_agreement(fixed: Floats, moving: Floats, placed: Floats) -> Floats:
    laid, inside = overlay(moving, placed)
    whole = inside[:, :-2, 1:-1] * inside[:, 2:, 1:-1] * inside[:, 1:-1, :-2] * inside[:, 1:-1, 2:]
    one, other = (
        np.stack(
            [
                _centred(picture[:, 1:-1, 2:] - picture[:, 1:-1, :-2], whole),
                _centred(picture[:, 2:, 1:-1] - picture[:, :-2, 1:-1], whole),
            ]
        )
        for picture in (fixed, laid)
    )
    products, ones, others = (_tile_sums((a * b).sum(axis=0)) for a, b in ((one, other), (one, one), (other, other)))
    gain = np.sqrt(others.sum(1, keepdims=True) / np.maximum(ones.sum(1, keepdims=True), 1e-6))
    both = gain * ones + others / np.maximum(gain, 1e-6)  # whatever the gain, equal tiles agree fully
    tiles = np.where(both < _WEAK_TILE * both.mean(1, keepdims=True), 1, 2 * products / np.maximum(both, 1e-6))
    agreeing: Floats = np.minimum(2 * products.sum(1) / np.maximum(both.sum(1), 1e-6), tiles.min(1) + _TILE_ALLOWANCE)
    return agreeing


def _same_colours(fixed: Floats, moving: Floats, placed: Floats) -> NDArray[np.bool_]:
    """Whether the colours (m, 2, side, side) agree in the places where both pictures have some."""
    side = fixed.shape[-1]
    laid, inside = overlay(moving.reshape(-1, side, side), np.repeat(placed, 2, axis=0))
    one, other = fixed * inside.reshape(fixed.shape), (laid * inside).reshape(fixed.shape)
    coloured = np.minimum(np.square(one).sum(1), np.square(other).sum(1)) >= _COLOURED**2
    few = coloured.sum((1, 2)) < _PLACES_AT_LEAST
    return np.asarray(few | (cosine(one * coloured[:, None], other * coloured[:, None]) >= _SAME_COLOURS))


def _centred(values: Floats, inside: Floats) -> Floats:
    mean = (values * inside).sum((1, 2), keepdims=True) / np.maximum(inside.sum((1, 2), keepdims=True), 1)
    centred: Floats = (values - mean) * inside
    return centred


def _tile_sums(values: Floats) -> Floats:
    side = values.shape[1]
    edges = np.linspace(0, side, _TILES + 1).astype(int)[:-1]
    sums: Floats = np.add.reduceat(np.add.reduceat(values, edges, axis=1), edges, axis=2).reshape(len(values), -1)
    return sums
