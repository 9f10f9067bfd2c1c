"""Where embeddings of evaluated folders are kept: `~/.cache/imgsearch/eval`, a folder for each folder and encoder.

Each is an index like any other, but that its pictures are named from the evaluated folder, in which nothing is written.
All of it can be deleted at any time. What was not used for longest is removed where all together is more than `LIMIT`.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from imgsearch.errors import IndexFolderError, printable
from imgsearch.index import Index
from imgsearch.index.files import remove
from imgsearch.model import Model, model_digest

LIMIT = 4 << 30
"""Bytes."""


def cache_folder() -> Path:
    """`$XDG_CACHE_HOME/imgsearch/eval`, or where this system keeps caches."""
    named = os.environ.get("XDG_CACHE_HOME", "")
    if Path(named).is_absolute():  # others are to be ignored, says the standard
        return Path(named, "imgsearch", "eval")
    home = Path("~").expanduser()
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local") / "imgsearch" / "Cache" / "eval"
    caches = home / "Library" / "Caches" if sys.platform == "darwin" else home / ".cache"
    return caches / "imgsearch" / "eval"


@contextlib.contextmanager
def open_cache(*, keep: bool = True, warn: Callable[[str], None] = lambda _: None) -> Iterator[Cache]:
    """The cache; one that is forgotten at the end of the block if it is not to `keep`, or cannot be written."""
    with tempfile.TemporaryDirectory(prefix="imgsearch-eval-", ignore_cleanup_errors=True) as temporary:
        folder = Path(temporary)
        if keep:
            try:
                folder = cache_folder()
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                tempfile.TemporaryFile(dir=folder).close()
            except OSError as error:
                warn(f"{printable(folder)}: cannot be written ({error.strerror}), so no embeddings are kept")
                folder = Path(temporary)
        cache = Cache(folder, Path(temporary))
        yield cache
        if keep:
            cache.limit(LIMIT)


class Cache:
    """Indexes by evaluated folder and encoder."""

    def __init__(self, folder: Path, temporary: Path) -> None:
        self.folder = folder
        self._temporary = temporary
        self._used: set[Path] = set()

    def place(self, evaluated: Path, what: str, *, temporary: bool = False) -> Path:
        """Where to keep `what` of an evaluated folder: the same for the same folder, however it is named."""
        real = evaluated.resolve()
        digest = hashlib.blake2b(os.fsencode(real) + b"\0" + what.encode(), digest_size=10).hexdigest()
        name = re.sub(r"[^A-Za-z0-9]+", "-", real.name)[:40].strip("-") or "folder"
        place = (self._temporary if temporary else self.folder) / f"{name}-{digest}"
        with contextlib.suppress(OSError):
            os.utime(place)
        self._used.add(place)
        return place

    def index(self, evaluated: Path, model: Model, *, temporary: bool = False) -> Index:
        """The index of an evaluated folder by this model's encoder; its linear metric may be another one."""
        folder = self.place(evaluated, encoder_digest(model), temporary=temporary)
        root = evaluated.resolve()
        try:
            return Index.open(folder, root=root)
        except IndexFolderError:  # none yet, or damaged, or of another version
            remove(folder)
        growing = self.folder / f"{folder.name}.{os.getpid()}"  # so that nobody takes a half-made one for a damaged one
        Index.create(growing, model, root=root)
        try:
            growing.rename(folder)
        except OSError:  # another process was quicker
            remove(growing)
        return Index.open(folder, root=root)

    def limit(self, most: int) -> None:
        """Remove what was not used for longest until no more than `most` bytes are left, but nothing of this use."""
        with contextlib.suppress(OSError):
            kept = [(place.stat().st_mtime, place, _size(place)) for place in self.folder.iterdir()]
            excess = sum(size for _, _, size in kept) - most
            for _, place, size in sorted(kept):
                if excess > 0 and place not in self._used:
                    remove(place)
                    excess -= size


def encoder_digest(model: Model) -> str:
    """What decides a model's own embeddings, before any linear metric."""
    return model_digest(Model(model.folder, model.info))


def _size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
