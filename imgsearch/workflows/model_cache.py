"""torchvision's networks as model folders in the user's cache: exported once, used ever after."""

from __future__ import annotations

import os
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path

from imgsearch.errors import ModelError, UserError, printable
from imgsearch.model import Model, load_model

TORCHVISION = "torchvision:"
PACKAGES = ("torch", "torchvision", "safetensors", "onnx", "onnxscript")
"""What the `train` extra installs, by the names of the modules."""

_PART = ".part"
_ABANDONED = 24 * 3600
"""Seconds after which a half-made folder is that of a process that was killed."""


def find_model(name: str | os.PathLike[str], say: Callable[[str], None] = lambda _: None) -> Model:
    """What `--model` names: "base", a model folder, an .onnx file, or "torchvision:NAME[@WEIGHTS]".

    The last one is downloaded and exported where it is not in the cache yet, and `say` is told so.

    Raises:
        ModelError: it is missing, damaged or of a newer format.
        UserError: torchvision has no such network or weights, cannot be asked, or the weights cannot be had.
    """
    text = os.fspath(name)
    if text.startswith(TORCHVISION):
        return torchvision_model(text, say)
    if not text.lower().endswith(".onnx"):
        return load_model(name)
    from imgsearch.encoder.onnx_file import open_model  # a tenth of a second

    return open_model(name)


def cache_folder() -> Path:
    """Where models are kept: $IMGSEARCH_CACHE, else `imgsearch` in the system's place for what can be made again."""
    if own := os.environ.get("IMGSEARCH_CACHE"):
        return Path(own)
    usual = os.environ.get("LOCALAPPDATA" if sys.platform == "win32" else "XDG_CACHE_HOME", "")
    return (Path(usual) if Path(usual).is_absolute() else Path.home() / ".cache") / "imgsearch"


def cached_models() -> list[Path]:
    """The model folders of torchvision's networks in the cache."""
    place = cache_folder() / "torchvision"
    return sorted(folder for folder in place.glob("*@*") if folder.suffix != _PART and folder.is_dir())


def torchvision_model(name: str, say: Callable[[str], None] = lambda _: None) -> Model:
    """torchvision's network "torchvision:NAME[@WEIGHTS]" from the cache, brought there first where it is not.

    Raises:
        UserError: see `find_model`.
    """
    network, _, wanted = name.removeprefix(TORCHVISION).partition("@")
    if (found := _cached(network, wanted)) is not None:
        return found
    require_extra(name)
    from imgsearch.training.torchvision_encoder import export_torchvision
    from imgsearch.training.torchvision_weights import find_weights
    from imgsearch.workflows.trained import versions

    weights = find_weights(network, wanted or None)
    if (found := _cached(network, weights.name)) is not None:
        return found
    folder = cache_folder() / "torchvision" / f"{network}@{weights.name}"
    say(f"{TORCHVISION}{folder.name}: not in the cache yet; fetching its weights and exporting it")
    with _whole(folder) as part:
        made_with = versions("imgsearch", "torch", "torchvision", "onnxruntime")
        export_torchvision(network, weights, part, {"versions": made_with})
    model = load_model(folder)
    say(f"{printable(folder)}: {model.info.dimension} dimensions, {model.encoder_file.stat().st_size / 1e6:.1f} MB")
    return model


def require_extra(purpose: str, otherwise: str = "") -> None:
    """Raise a UserError with the remedy unless the `train` extra is installed."""
    missing = [name for name in PACKAGES if find_spec(name) is None]
    if missing:
        raise UserError(f"{purpose} needs {', '.join(missing)}: pip install 'imgsearch[train]'{otherwise}")


def _cached(network: str, wanted: str) -> Model | None:
    """A network of the cache with these weights, or, if none are named, with those that torchvision takes then."""
    if not re.fullmatch(r"\w+", network) or not re.fullmatch(r"\w*", wanted):
        return None
    explicit = wanted not in {"", "DEFAULT"}
    for folder in reversed(cached_models()):
        if folder.name.partition("@")[0] == network:
            with suppress(ModelError):  # of an earlier version, or damaged: it is made again
                model = load_model(folder)
                if folder.name == f"{network}@{wanted}" or (not explicit and model.info.training.get("default")):
                    return model
    return None


@contextmanager
def _whole(folder: Path) -> Iterator[Path]:
    """A folder beside to write to, which takes its place at the end, unless another process was there before."""
    from imgsearch.index.model_copy import flush

    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        for other in folder.parent.glob(f"*{_PART}"):
            with suppress(FileNotFoundError):  # another process removes it as well
                if time.time() - other.stat().st_mtime > _ABANDONED:
                    shutil.rmtree(other, ignore_errors=True)
        part = Path(tempfile.mkdtemp(_PART, f"{folder.name}-", folder.parent))
        try:
            yield part
            for file in part.iterdir():
                flush(file)
            part.chmod(0o755)  # of the user alone until now
            _put(part, folder)
        finally:
            shutil.rmtree(part, ignore_errors=True)
    except OSError as error:
        raise UserError(
            f"{printable(folder)}: cannot be written ({error.strerror or error}); make room, "
            "or name another folder by IMGSEARCH_CACHE"
        ) from None


def _put(part: Path, folder: Path) -> None:
    if folder.exists():
        try:
            load_model(folder)
            return  # another process has made the same
        except ModelError:
            broken = Path(tempfile.mkdtemp(_PART, f"{folder.name}-", folder.parent))
            with suppress(FileNotFoundError):
                folder.replace(broken / "broken")
            shutil.rmtree(broken, ignore_errors=True)
    try:
        part.rename(folder)
    except OSError:
        load_model(folder)  # made by another process just now, or there is something wrong with the place
