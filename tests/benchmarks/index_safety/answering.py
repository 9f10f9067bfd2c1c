"""A process that answers for damaged indexes, so that its death is that of one of them and nobody else's.

    python -m tests.benchmarks.index_safety.answering MATCHES QUERY...

Reads folders, a line each, and writes for each a line of JSON: for "exact" and for "ann" either {"answers": a list for
each query of [path, similarity]}, {"refused": the line that a user would read} or {"failed": a traceback}. Paths are
relative to the folder. Memory is limited to 8 GiB, so that a damaged number cannot take all that the machine has.
"""

from __future__ import annotations

import json
import os
import resource
import select
import subprocess
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from imgsearch.errors import UserError
from imgsearch.workflows.indexes import Indexes
from imgsearch.workflows.query import ask
from imgsearch.workflows.question import Answer, Question, Search
from tests.benchmarks.index_safety.command import ROOT, command, environment

METHODS = ("exact", "ann")
HANG_SECONDS = 60.0
Answers = dict[str, dict[str, Any]]


def answered(folder: Path, queries: Sequence[Path], k: int, method: str) -> dict[str, Any]:
    """What the workflow behind `imgsearch query` gives for an index, opened for this alone."""
    questions = [Question((str(query),)) for query in queries]
    try:
        answers = [
            [[match.path.relative_to(folder).as_posix(), match.similarity] for match in answer.matches]
            for answer in ask(Indexes.open([folder]), questions, Search(k, method=method))
            if isinstance(answer, Answer)
        ]
    except UserError as error:
        return {"refused": str(error)}
    except Exception:
        return {"failed": traceback.format_exc()}
    return {"answers": answers}


class Answerer:
    """Asks such a process, and starts another one when it has died or hangs."""

    def __init__(self, queries: Sequence[Path], k: int) -> None:
        self._arguments = [str(k), *map(str, queries)]
        self._process: subprocess.Popen[bytes] | None = None

    def ask(self, folder: Path) -> Answers:
        """The answers by method; {"failed": how it died} for both where it did."""
        process = self._process or self._started()
        assert process.stdin is not None and process.stdout is not None
        process.stdin.write(os.fsencode(folder) + b"\n")
        process.stdin.flush()
        ready, _, _ = select.select([process.stdout], [], [], HANG_SECONDS)
        line = process.stdout.readline() if ready else b""
        if line:
            answers: Answers = json.loads(line)
            return answers
        process.kill()
        process.wait()
        died = f"died, exit code {process.returncode}" if ready else f"hung for {HANG_SECONDS:.0f} s"
        self.close()
        return {method: {"failed": died} for method in METHODS}

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.communicate()  # its input is closed, at which it ends
            self._process = None

    def _started(self) -> subprocess.Popen[bytes]:
        whole = command(*self._arguments, module="tests.benchmarks.index_safety.answering")
        self._process = subprocess.Popen(
            whole, cwd=ROOT, env=environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        return self._process


def main() -> None:
    """Answer until there is no more to answer for."""
    resource.setrlimit(resource.RLIMIT_AS, (8 << 30, 8 << 30))
    k, queries = int(sys.argv[1]), [Path(name) for name in sys.argv[2:]]
    for line in sys.stdin.buffer:
        folder = Path(os.fsdecode(line.rstrip(b"\n")))
        print(json.dumps({method: answered(folder, queries, k, method) for method in METHODS}), flush=True)


if __name__ == "__main__":
    main()
