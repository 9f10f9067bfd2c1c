"""Limited-memory BFGS (Liu and Nocedal, On the limited memory BFGS method for large scale optimization, 1989)."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Objective = Callable[[Array], tuple[float, Array]]

_MEMORY = 10  # changes remembered to estimate the curvature from
_TRIALS = 30  # of one line search
_SUFFICIENT = 1e-4  # share of the decrease that the slope promises
_FLATTER = 0.9  # share of the slope that may remain


def minimise(objective: Objective, start: Array, *, iterations: int = 100, tolerance: float = 1e-6) -> Array:
    """The array, of any shape, that the descent from `start` ends at: a local minimum, or the last of `iterations`.

    `objective` gives a value and its gradient, of the array's shape. The descent also ends where the gradient's length
    is at most `tolerance`, or an iteration lowers the value by at most `tolerance` times the greater of 1 and the
    value's size: scale the objective to about 1. No step ends higher than it began; a value that is not finite counts
    as too high. Only inner products are taken, so that rotating the problem rotates the path. The line search is the
    bisection for the weak Wolfe conditions of Lewis and Overton (2013), which an objective with kinks stands, too.
    """
    point = start.astype(np.float64)
    value, gradient = objective(point)
    changes: deque[tuple[Array, Array]] = deque(maxlen=_MEMORY)
    for _ in range(iterations):
        if np.linalg.norm(gradient) <= tolerance:
            break
        # nothing is known of the curvature at first: a tenth of the way back to the origin is a guess to bisect from
        length = (0.1 * np.linalg.norm(point) or 1.0) / np.linalg.norm(gradient)
        direction = -_times_inverse_curvature(gradient, changes) if changes else -length * gradient
        found = _line_search(objective, point, value, gradient, direction)
        if found is None:
            break
        before = value, gradient
        step, value, gradient = found
        point = point + step
        if np.vdot(step, gradient - before[1]) > 0:
            changes.append((step, gradient - before[1]))
        if before[0] - value <= tolerance * max(1.0, abs(value)):
            break
    return point


def _times_inverse_curvature(gradient: Array, changes: Iterable[tuple[Array, Array]]) -> Array:
    """The two-loop recursion: the gradient times the inverse Hessian that the changes (of point, of gradient) imply."""
    result: Array = gradient
    shares = []
    for step, bend in reversed(list(changes)):
        shares.append(np.vdot(step, result) / np.vdot(step, bend))
        result = result - shares[-1] * bend
    step, bend = list(changes)[-1]
    result = result * (np.vdot(step, bend) / np.vdot(bend, bend))
    for step, bend in changes:
        result = result + (shares.pop() - np.vdot(bend, result) / np.vdot(step, bend)) * step
    return result


def _line_search(
    objective: Objective, point: Array, value: float, gradient: Array, direction: Array
) -> tuple[Array, float, Array] | None:
    """A step along the direction with the value and the gradient after it; None where rounding leaves nothing lower."""
    slope = np.vdot(gradient, direction)
    near, far, length = 0.0, np.inf, 1.0
    found = None
    for _ in range(_TRIALS if slope < 0 else 0):
        reached, tilt = objective(point + length * direction)
        if not reached <= value + _SUFFICIENT * length * slope:  # NaN is neither lower nor higher
            far = length
        else:
            found = length * direction, reached, tilt
            if np.vdot(tilt, direction) >= _FLATTER * slope:
                break
            near = length
        length = (near + far) / 2 if far < np.inf else 2 * near
    return found
