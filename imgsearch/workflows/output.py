"""Where a new model grows: beside its place, so that it appears whole or not at all."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from imgsearch.errors import UserError, printable
from imgsearch.model import FILES, Model, ModelInfo, write_info

_OURS = {*FILES, *(f"{name}.part" for name in FILES)}


@contextlib.contextmanager
def growing(output: Path) -> Iterator[Path]:
    """The folder OUTPUT.part, which is renamed to `output` at the end of the block.

    Where the block raises, what it has saved stays there until the next attempt.

    Raises:
        UserError: there is an `output` already, something else is in OUTPUT.part, or it cannot be made.
    """
    if output.exists():
        raise UserError(f"{printable(output)}: exists already; choose another name for the model, or remove it first")
    part = output.with_name(output.name + ".part")
    try:
        part.mkdir(parents=True, exist_ok=True)
        strangers = {entry.name for entry in part.iterdir()} - _OURS
        if not strangers:
            shutil.rmtree(part)
            part.mkdir()
    except OSError as error:
        raise UserError(
            f"{printable(part)}: cannot be made ({error.strerror}); choose another place for the model"
        ) from None
    if strangers:
        raise UserError(f"{printable(part)}: holds something else ({printable(min(strangers))}); choose another name")
    try:
        yield part
    except BaseException:
        with contextlib.suppress(OSError):
            part.rmdir()  # succeeds where nothing was saved
        raise
    part.rename(output)


def finish(part: Path, info: ModelInfo, hashes: Sequence[bytes], origin: Model | None = None) -> None:
    """Write what says that a model is whole, and which pictures it, or the `origin` it began from, was trained on."""
    seen = {content[:8] for content in hashes} | (origin.training_hashes() if origin else frozenset())
    (part / "training.bin").write_bytes(b"".join(sorted(seen)))
    write_info(part, info)
