"""The real command, and the command lines of the proofs themselves."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[3]


def environment() -> dict[str, str]:
    """Of a command that runs anywhere and imports what this process runs, on one thread."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("IMGSEARCH_")}
    return kept | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}


def command(*arguments: str | Path, module: str = "imgsearch") -> list[str | Path]:
    """The real command line, warnings being errors."""
    return [sys.executable, "-W", "error", "-m", module, *arguments]


def run(*arguments: str | Path, folder: Path, module: str = "imgsearch") -> subprocess.CompletedProcess[bytes]:
    """Run the command, to its end or for five."""
    whole = command(*arguments, module=module)
    return subprocess.run(whole, cwd=folder, env=environment(), capture_output=True, check=False, timeout=300)


def done(*arguments: str | Path, folder: Path) -> bytes:
    """What a command printed that has to go well."""
    finished = run(*arguments, folder=folder)
    if finished.returncode:
        raise RuntimeError(f"{arguments}: exit code {finished.returncode}: {finished.stderr.decode()}")
    return finished.stdout


def options(description: str | None, **defaults: Any) -> argparse.Namespace:
    """The options of a proof, numbers by their defaults, and `--json FILE`."""
    lines = (description or "").splitlines()
    parser = argparse.ArgumentParser(description=lines[0] if lines else None)
    for name, default in defaults.items():
        parser.add_argument(f"--{name}", type=type(default), default=default, metavar="N")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here, too")
    return parser.parse_args()


def finish(figures: Mapping[str, Any], kept: bool, file: Path | None) -> int:
    """Write the figures where that was asked for; the exit code."""
    if file is not None:
        file.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    print("as demanded" if kept else "NOT AS DEMANDED")
    return 0 if kept else 1
