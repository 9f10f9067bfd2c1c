"""Where a new model grows: beside its place, so that it appears whole or not at all."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from imgsearch.errors import UserError, printable
from imgsearch.model import FILES, Model, ModelInfo, write_info

CHECKPOINT = "checkpoint.safetensors"
"""The state of a run that is not finished: in MODEL.part, or in a model that was made after Ctrl-C."""
CURVE = ("learning_curve.csv", "learning_curve.png")

_WORK = (*FILES, CHECKPOINT, *CURVE)
_OURS = {*_WORK, *(f"{name}.part" for name in _WORK)}


@contextlib.contextmanager
def growing(output: Path, *, resume: bool = False) -> Iterator[Path]:
    """The folder OUTPUT.part, which is renamed to `output` at the end of the block.

    Where the block raises, what it has saved stays there. With `resume` the folder is given with what a run saved
    before it was stopped; without, such a run is never overwritten.

    Raises:
        UserError: there is an `output` already, something else or an unfinished run is in OUTPUT.part, or it cannot be
            made.
    """
    part = _made(output, resume)
    try:
        yield part
    except BaseException:
        with contextlib.suppress(OSError):
            part.rmdir()  # succeeds where nothing was saved
        raise
    part.rename(output)


def require_free(output: Path) -> None:
    """Raise what `growing` would, before long work whose result is meant for `output`."""
    _made(output, resume=False).rmdir()


def _made(output: Path, resume: bool) -> Path:
    part, shown = output.with_name(output.name + ".part"), printable(output)
    try:
        if resume and (output / CHECKPOINT).is_file() and not part.exists():
            output.rename(part)  # made after Ctrl-C
        if output.exists():
            remedy = "it is finished" if resume else "choose another name for the model, or remove it first"
            raise UserError(f"{shown}: exists already; {remedy}")
        part.mkdir(parents=True, exist_ok=True)
        strangers = {entry.name for entry in part.iterdir()} - _OURS
        if strangers:
            raise UserError(
                f"{printable(part)}: holds something else ({printable(min(strangers))}); choose another name"
            )
        if not resume:
            if (part / CHECKPOINT).is_file():
                raise UserError(
                    f"{printable(part)}: a training run that was not finished; go on with --resume, "
                    "or remove that folder to begin again"
                )
            shutil.rmtree(part)
            part.mkdir()
    except OSError as error:
        raise UserError(
            f"{printable(part)}: cannot be made ({error.strerror}); choose another place for the model"
        ) from None
    return part


def finish(
    part: Path, info: ModelInfo, hashes: Sequence[bytes], origins: Sequence[Model] = (), classes: Collection[str] = ()
) -> None:
    """Write what says that a model is whole, and which pictures and classes it, or its `origins`, were trained on.

    Its origins are all models whose knowledge is in it: what it went on from, and what taught it.
    """
    seen = {content[:8] for content in hashes}.union(*(origin.training_hashes() for origin in origins))
    (part / "training.bin").write_bytes(b"".join(sorted(seen)))
    names = {printable(name) for name in classes}.union(*(origin.training_classes() for origin in origins))
    write_info(part, replace(info, training={**info.training, "class_names": sorted(names)}))
