"""Write into the README what its commands print now: after another model, or words that changed.

    python -m tests.readme_anew

Lines that `tests/test_readme.py` takes for the same stay as they are. Read what changed, also in the text around it.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.conftest import SAMPLE_DATA
from tests.test_readme import NUMBER, README, ROOT, alike, blocks, run, sessions


def anew(printed: list[str], shown: list[str]) -> list[str]:
    """What is to be shown of the lines that a command printed, where `shown` is there now."""
    if "..." in shown:
        at = shown.index("...")
        after = len(shown) - at - 1
        return [
            *anew(printed[:at], shown[:at]),
            "...",
            *(anew(printed[-after:], shown[-after:]) if after else []),
        ]
    if len(printed) != len(shown):
        return printed
    return [updated(line, before) for line, before in zip(printed, shown, strict=True)]


def updated(printed: str, shown: str) -> str:
    """The line as it was set, with the new numbers, where nothing else changed; else as it was printed."""
    if alike(printed, shown):
        return shown
    numbers = NUMBER.findall(printed)
    if NUMBER.sub("#", printed).split() != NUMBER.sub("#", shown).split():
        return printed
    parts = NUMBER.split(shown)
    return "".join(part for pair in zip(parts, [*numbers, ""], strict=True) for part in pair)


def main() -> int:
    """Run it from the command line."""
    text = README
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        shutil.copytree(SAMPLE_DATA, folder / "sample_data", ignore=shutil.ignore_patterns("*.py", "__pycache__"))
        for command, shown in sessions():
            before = "\n".join([f"$ {command}", *shown, ""])
            if text.count(before) != 1:
                print(f"shown more than once, so left alone: {command}", file=sys.stderr)
                continue
            text = text.replace(before, "\n".join([f"$ {command}", *anew(run(command, folder), shown), ""]))
        (example,) = blocks("python")
        run("imgsearch index sample_data", folder)
        done = subprocess.run([sys.executable, "-c", example], cwd=folder, capture_output=True, text=True, check=True)
        comments = [line[2:] for line in example.splitlines() if line.startswith("# ")]
        for line, before in zip(anew(done.stdout.splitlines(), comments), comments, strict=True):
            text = text.replace(f"# {before}\n", f"# {line}\n")
    (ROOT / "README.md").write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
