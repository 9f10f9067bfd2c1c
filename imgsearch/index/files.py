"""Which files of an index folder count, and how an index changes its model at one stroke.

    model, model-3                    a copy of the model
    vectors.f32, vectors-2.f32        the encoder's own embeddings
    projected.f32, projected-3.f32    the same as they are compared, where the model has a linear metric

The catalogue says by two numbers which of them count, one for the vectors and one for the rest; 0 stands for the bare
names, which are those of every new index. A writer that changes the model, see `imgsearch.index.remodel`,

1. writes the files of the next number beside those that count, and waits until they are on the disk;
2. commits the numbers, the model's digest, the dimension that is searched, no graph, and, after another encoder, all
   pictures with their slots: one transaction of SQLite;
3. removes the files that count no more.

So whoever opens the index finds the whole old or the whole new state, and a writer killed in between leaves but files
that do not count, which the next one removes. A reader that has begun goes on with the files that it has open or
mapped. Before it answers, it looks at the numbers once more: where they have changed it raises `ModelChangedError`,
since its query was embedded by the old model, and whoever asks embeds it again.
"""

from __future__ import annotations

import contextlib
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from imgsearch.errors import IndexFolderError, printable

BESIDE = "next"
"""Inside an index folder: a second index that is to take its place, see `imgsearch.index.beside`."""
_NUMBERED = re.compile(r"model(-[1-9]\d*)?|(vectors|projected)(-[1-9]\d*)?\.f32")


class ModelChangedError(IndexFolderError):
    """Another process has given the index another model since this one read the old."""

    def __init__(self, folder: Path) -> None:
        remedy = "run the same command again (in Python: refresh() the index, embed the query anew)"
        super().__init__(f"{printable(folder)}: was given another model meanwhile; {remedy}")


@dataclass(frozen=True)
class Files:
    """The files of an index folder that count, by their numbers."""

    folder: Path
    model_number: int = 0
    vectors_number: int = 0

    @property
    def model(self) -> Path:
        """The copy of the model, a folder."""
        return self.folder / _named("model", self.model_number)

    @property
    def vectors(self) -> Path:
        """The encoder's own embeddings, rows by slot."""
        return self.folder / _named("vectors", self.vectors_number, ".f32")

    @property
    def projected(self) -> Path:
        """The rows as they are compared; there is none where the model has no linear metric."""
        return self.folder / _named("projected", self.model_number, ".f32")

    def after(self, *, new_vectors: bool) -> Files:
        """The files of an index that gets another model, by numbers that none of its files ever had."""
        number = 1 + max(self.model_number, self.vectors_number)
        return Files(self.folder, number, number if new_vectors else self.vectors_number)


def is_ours(name: str) -> bool:
    """Whether a file of this name is, or was, one of an index's numbered files."""
    return _NUMBERED.fullmatch(name) is not None


def remove_leftovers(files: Files) -> None:
    """Remove what does not count (any more); for one who holds the lock. What cannot be removed waits for the next."""
    counting = {files.model, files.vectors, files.projected}
    with contextlib.suppress(OSError):
        for entry in list(files.folder.iterdir()):
            if is_ours(entry.name) and entry not in counting:
                remove(entry)


def remove(path: Path) -> None:
    """Remove a file or a folder with all in it, if it can be."""
    with contextlib.suppress(OSError):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def _named(name: str, number: int, suffix: str = "") -> str:
    return f"{name}-{number}{suffix}" if number else f"{name}{suffix}"
