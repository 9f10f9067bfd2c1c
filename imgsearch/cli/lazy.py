"""Commands whose modules are imported when they are asked for: `query` never loads what `train` needs."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup

COMMANDS = {
    "index": ("imgsearch.cli.index:index", "Example: imgsearch index ./photos"),
    "query": (
        "imgsearch.cli.query:query",
        "Example: imgsearch query cat.jpg -k 20\n\n"
        "Example: find . -name '*.jpg' -print0 | imgsearch query --files0-from - --jsonl",
    ),
    "duplicates": (
        "imgsearch.cli.duplicates:duplicates",
        "Example: imgsearch duplicates --redundant -0 | xargs -0 ls -l",
    ),
    "eval": ("imgsearch.cli.evaluate:evaluate", "Example: imgsearch eval ./labelled --model mymodel"),
    "verify": ("imgsearch.cli.verify:verify", "Example: imgsearch verify a.jpg b.jpg && echo the same"),
    "train": ("imgsearch.cli.train:train", "Example: imgsearch train ./labelled -o mymodel"),
    "models": ("imgsearch.cli.models:models", "Example: imgsearch models --speed"),
}
"""By name, where the command is, and what its help ends with."""


class LazyGroup(TyperGroup):
    """A group that has `COMMANDS`, each made on first use."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ANN401 - click's or Typer's own, as its version has it
        """Their names, in this order in the help."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ANN401 - as above
        """The command of that name, or None."""
        if cmd_name not in COMMANDS:
            return None
        place, epilog = COMMANDS[cmd_name]
        module, _, function = place.partition(":")
        alone = typer.Typer(add_completion=False, context_settings={"help_option_names": ["-h", "--help"]})
        alone.command(cmd_name, epilog=epilog)(getattr(import_module(module), function))
        return typer.main.get_command(alone)
