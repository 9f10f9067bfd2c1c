"""Values that a shell completes on Tab, besides the commands, options and files that it knows by itself."""

from __future__ import annotations

from collections.abc import Callable


def one_of(*values: str) -> Callable[[str], list[str]]:
    """What an option's `autocompletion` takes to offer these values."""

    def matching(incomplete: str) -> list[str]:
        return [value for value in values if value.startswith(incomplete)]

    return matching
