"""Stored paths of many files."""

from __future__ import annotations

from pathlib import Path

from imgsearch.index.paths import stored_path

_ANY = "imgsearch has no such file"


class StoredNames:
    """`stored_path` at an index's root for many files, at the price of working out each folder once."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._folders: dict[str, str] = {}

    def of(self, folder: str, name: str, *, is_link: bool) -> str:
        """The stored path of the file `name` in `folder`; where a symbolic link leads may matter, so say if it is."""
        if is_link:
            return stored_path(Path(folder, name), self._root)
        prefix = self._folders.get(folder)
        if prefix is None:
            prefix = self._folders[folder] = stored_path(Path(folder, _ANY), self._root)[: -len(_ANY)]
        return prefix + name
