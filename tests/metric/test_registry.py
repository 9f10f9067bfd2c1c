from __future__ import annotations

import subprocess
import sys

import pytest

from imgsearch.errors import UserError
from imgsearch.metric import lda
from imgsearch.metric.registry import LINEAR_METRICS, linear_metric


def test_a_name_stands_for_its_fit() -> None:
    assert linear_metric("lda") is lda.fit


def test_an_unknown_name_suggests_the_nearest() -> None:
    with pytest.raises(UserError, match=r"linear metric 'ldaa'.*'lda'"):
        linear_metric("ldaa")


def test_the_table_is_read_without_importing_what_it_names() -> None:
    program = "import sys, imgsearch.metric.registry; print(*sorted(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert "imgsearch.metric.registry" in loaded
    assert not {entry.split(":")[0] for entry in LINEAR_METRICS.values()} & set(loaded)
    assert not {"torch", "scipy", "sklearn", "PIL"} & set(loaded)
