"""A process that asks an index without pause and writes down what it was answered.

    python -m tests.benchmarks.index_safety.reader SECONDS METHOD ROOT POOL JOURNAL

Keeps the index open, as a long-lived program does. JOURNAL gets a line of JSON for each question: {"from", "to": times
of the system's clock, "query": number of the picture, "k", and "matches": [[path from ROOT, similarity], ...] or
"error"}.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from random import Random
from typing import Any

from imgsearch.errors import UserError
from imgsearch.workflows.indexes import Indexes
from imgsearch.workflows.query import ask
from imgsearch.workflows.question import Answer, Question, Search
from tests.benchmarks.index_safety.judge import EVERYTHING


def main() -> None:
    """Ask until the time is up."""
    seconds, method = float(sys.argv[1]), sys.argv[2]
    root, pool, journal = map(Path, sys.argv[3:])
    pictures = sorted(pool.iterdir())
    random = Random(method)
    indexes = Indexes.open([root])
    end = time.monotonic() + seconds
    with journal.open("w", encoding="utf-8") as stream:
        while (began := time.monotonic()) < end:
            query, k = random.randrange(len(pictures)), random.choice([1, 5, 20, EVERYTHING])
            entry: dict[str, Any] = {"from": began, "query": query, "k": k}
            try:
                (answer,) = ask(indexes, [Question((str(pictures[query]),))], Search(k, method=method))
                if isinstance(answer, Answer):
                    found = [(match.path.relative_to(root).as_posix(), match.similarity) for match in answer.matches]
                    entry["matches"] = found
                else:
                    entry["error"] = str(answer)
            except UserError as error:
                entry["error"] = str(error)
            stream.write(json.dumps(entry | {"to": time.monotonic()}) + "\n")


if __name__ == "__main__":
    main()
