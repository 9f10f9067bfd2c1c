from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from imgsearch.errors import UserError
from imgsearch.retrieval import chance, evaluate


@pytest.mark.parametrize(
    ("embeddings", "labels", "message"),
    [
        (np.eye(3), np.array([0, 0]), "3 embeddings but 2 labels"),
        (np.array([[1, 0], [np.nan, 0]]), np.array([0, 0]), "embedding 1 .* not finite"),
        (np.array([[1, 0], [np.inf, 0]]), np.array([0, 0]), "embedding 1 .* not finite"),
        (np.eye(1), np.array([0]), r"no class has two pictures \(1 in all\)"),
        (np.zeros((0, 4)), np.array([], dtype=int), r"no class has two pictures \(0 in all\)"),
        (np.eye(3), np.array([4, 5, 6]), r"no class has two pictures \(3 in all\)"),
        (2 * np.eye(2), np.array([0, 0]), "embedding 0 .* length 2"),
    ],
)
def test_a_users_mistake_is_one_clear_line(
    embeddings: NDArray[np.float64], labels: NDArray[np.intp], message: str
) -> None:
    with pytest.raises(UserError, match=message) as raised:
        evaluate(embeddings.astype(np.float32), labels)
    assert "\n" not in str(raised.value)


def test_a_callers_mistake_is_no_user_error() -> None:
    embeddings = np.eye(2, dtype=np.float32)
    fractions: Any = np.array([0.0, 0.0])
    with pytest.raises(TypeError, match="integers"):
        evaluate(embeddings, fractions)
    with pytest.raises(TypeError, match="matrix"):
        evaluate(embeddings[0], np.array([0, 0]))
    with pytest.raises(ValueError, match="at least 1"):
        evaluate(embeddings, np.array([0, 0]), ks=(0, 1))


def test_chance_needs_a_pair() -> None:
    with pytest.raises(UserError, match="no class has two pictures"):
        chance(np.array([1, 2, 3]))
