"""metric-learn, the oracle of the linear metrics, in an environment of its own: it needs a scikit-learn before 1.6."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

_REMEDY = (
    "set IMGSEARCH_METRIC_LEARN to a Python with metric-learn, such as the oracle/bin/python that is made by "
    "`python -m venv oracle` and `oracle/bin/pip install metric-learn==0.7.0 scikit-learn==1.5.2`"
)
_PROGRAM = """
import json, sys
import metric_learn
import numpy as np

name, options, folder = sys.argv[1:]
stored = np.load(folder + "/arguments.npz")
estimator = getattr(metric_learn, name)(**json.loads(options))
estimator.fit(*(stored[f"arr_{position}"] for position in range(len(stored))))
np.save(folder + "/learned.npy", estimator.get_mahalanobis_matrix())
"""


def metric_learns(name: str, *arguments: NDArray[Any], **options: float | str | None) -> NDArray[np.float64]:
    """M (d, d) that metric-learn's estimator `name`, made with `options`, learns from the `arguments` of its `fit`.

    Skips the test where there is no such environment, or fails it where IMGSEARCH_REQUIRE_ORACLES=1 asks for all.
    """
    interpreter = os.environ.get("IMGSEARCH_METRIC_LEARN")
    if not interpreter:
        if os.environ.get("IMGSEARCH_REQUIRE_ORACLES") == "1":
            pytest.fail(_REMEDY)
        pytest.skip(_REMEDY)
    with TemporaryDirectory() as folder:
        np.savez(Path(folder, "arguments.npz"), *arguments)
        command = [interpreter, "-c", _PROGRAM, name, json.dumps(options), folder]
        run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
        assert run.returncode == 0, run.stderr
        learned: NDArray[np.float64] = np.load(Path(folder, "learned.npy"))
    return learned
