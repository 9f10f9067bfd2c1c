"""`imgsearch verify`."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from imgsearch.cli.formats import named
from imgsearch.errors import IndexFolderError, UserError

if TYPE_CHECKING:
    from imgsearch.model import Model
    from imgsearch.workflows.verify import Verdict


def verify(
    one: Annotated[str, typer.Argument(metavar="A", help="A picture file, a URL, or - for standard input.")],
    other: Annotated[str, typer.Argument(metavar="B", help="Another one.")],
    model: Annotated[
        str | None,
        typer.Option(
            metavar="MODEL",
            help="`base` or a model folder; by default that of the nearest index, without one `base`. "
            "[env var: IMGSEARCH_MODEL]",
        ),
    ] = None,
    index: Annotated[
        Path | None, typer.Option("--index", metavar="DIR", help="Take the model, and its threshold, of this index.")
    ] = None,
    threshold: Annotated[
        float | None,
        typer.Option(
            metavar="FLOAT", help="The least similarity of the same, from -1 to 1; by default as it was calibrated."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the answer as JSON.")] = False,
) -> int:
    """Say whether two pictures show the same thing, by similarity; exit code 0 where they do, 1 where they do not.

    The threshold is what `imgsearch eval --calibrate … --save-threshold` has kept.
    """
    if threshold is not None and not -1.0 <= threshold <= 1.0:
        raise UserError(f"--threshold {threshold:g}: out of range; similarity runs from -1 to 1")
    if one == other == "-":
        raise UserError("-: standard input can be read once; give - once")
    from imgsearch.workflows.verify import verify as verified

    verdict = verified(_model(model, index), one, other, threshold)
    if as_json:
        print(json.dumps(_as_dictionary(verdict, one, other), ensure_ascii=False))
    elif sys.stdout.isatty():
        print(_sentence(verdict))
    else:
        error = "" if verdict.expected_error is None else f"{verdict.expected_error:.4f}"
        limit = f"{verdict.threshold.similarity:.4f}"
        print("\t".join(["same" if verdict.same else "different", f"{verdict.similarity:.4f}", limit, error]))
    return 0 if verdict.same else 1


def _model(name: str | None, index: Path | None) -> Model:
    """The model that is named, or that of the index that is meant."""
    from imgsearch.cli.console import say
    from imgsearch.index import Index, find_index
    from imgsearch.model import load_model
    from imgsearch.workflows.model_cache import find_model

    if name is not None and index is not None:
        raise UserError("--model and --index exclude each other: an index has its own model; give one of them")
    if index is not None:
        return Index.open(index).model
    name = name or os.environ.get("IMGSEARCH_MODEL")
    if name:
        return find_model(name, say)
    try:
        find_index(None, Path.cwd())
    except IndexFolderError:
        if os.environ.get("IMGSEARCH_INDEX"):
            raise
        return load_model("base")
    return Index.open().model


def _sentence(verdict: Verdict) -> str:
    """For people."""
    said = "same" if verdict.same else "different"
    found = f"{said}: similarity {verdict.similarity:.4f}, threshold {verdict.threshold.similarity:.4f}"
    if verdict.expected_error is None:
        return f"{found}, expected error not measured"
    others = "of different pairs are taken for the same" if verdict.same else "of the same are taken for different"
    return f"{found}, expected error {verdict.expected_error:.1%} ({others})"


def _as_dictionary(verdict: Verdict, one: str, other: str) -> dict[str, object]:
    return {
        **named("a", one),
        **named("b", other),
        "same": verdict.same,
        "similarity": verdict.similarity,
        "threshold": verdict.threshold.similarity,
        "expected_error": verdict.expected_error,
        "expected": verdict.threshold.expected or None,
    }
