"""`index --exclude GLOB`: what is left out of an index."""

from __future__ import annotations

import fnmatch
import os
import re
from collections.abc import Iterable, Sequence


def revised(remembered: Sequence[str], given: Sequence[str]) -> list[str]:
    """The patterns from now on: those remembered and those given, each once; an empty one forgets all before it."""
    globs = list(remembered)
    for glob in given:
        if glob == "":
            globs.clear()
        elif glob not in globs:
            globs.append(glob)
    return globs


class Excluded:
    """Patterns of the shell: `*` any characters, '/' too, `?` one, `[abc]` one of these.

    A pattern means a file or folder by its name, or by its whole path from the source folder; a '/' at its end is
    ignored, and capitals count.
    """

    def __init__(self, globs: Iterable[str]) -> None:
        written = [glob.replace(os.sep, "/").rstrip("/") or glob for glob in globs]
        self._matches = re.compile("|".join(map(fnmatch.translate, written))).match if written else None

    def __bool__(self) -> bool:
        return self._matches is not None

    def __call__(self, path: str) -> bool:
        """Whether the file or folder at `path`, from the source folder with '/' between its parts, is left out."""
        if self._matches is None:
            return False
        return bool(self._matches(path) or self._matches(path.rpartition("/")[2]))

    def covers(self, path: str) -> bool:
        """Whether it, or any folder on the way to it, is left out."""
        parts = [part for part in path.split("/") if part not in {".", ".."}]
        return self._matches is not None and any(self("/".join(parts[:end])) for end in range(1, len(parts) + 1))
