"""What an embedded model is held against: the same network untrained, and the version before it."""

from __future__ import annotations

import subprocess
from pathlib import Path

from imgsearch.model import BASE, FILES, Model, ModelInfo, load_model, write_info

REPOSITORY = Path(__file__).parents[3]


def untrained(model: Model, folder: Path) -> Model | None:
    """The network of a model with random weights, exported to `folder`; None where its parts are not known."""
    from imgsearch.training.embedder import Embedder, new_embedder
    from imgsearch.training.export import export

    try:
        network: Embedder = new_embedder(**model.info.architecture)
    except TypeError:  # of somebody else's making
        return None
    folder.mkdir(parents=True)
    export(network, folder, model.info.input_size)
    write_info(folder, ModelInfo("untrained", model.info.architecture, model.info.input_size, network.dimension))
    return load_model(folder)


def previous(folder: Path) -> Model | None:
    """The embedded model of the newest commit that has another one than there is now, taken out to `folder`."""
    inside = BASE.relative_to(REPOSITORY).as_posix()
    graph = f"{inside}/encoder.onnx"
    now = _git("hash-object", BASE / "encoder.onnx")
    for commit in (_git("log", "--format=%H", "--", inside) or b"").decode().split():
        then = _git("rev-parse", "--quiet", "--verify", f"{commit}:{graph}")
        if then is None or then == now:
            continue
        folder.mkdir(parents=True)
        for name in FILES:
            content = _git("show", f"{commit}:{inside}/{name}")
            if content is not None:
                (folder / name).write_bytes(content)
        return load_model(folder)
    return None


def _git(*arguments: str | Path) -> bytes | None:
    """What git says, or None where it fails or is missing."""
    try:
        run = subprocess.run(["git", "-C", REPOSITORY, *arguments], capture_output=True, check=False)
    except OSError:
        return None
    return run.stdout if run.returncode == 0 else None
