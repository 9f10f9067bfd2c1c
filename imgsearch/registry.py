"""Families of interchangeable parts, by name: a table of names and where their code lives, imported on choice only."""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Iterable, Mapping
from typing import Any

from imgsearch.errors import UserError


def resolve(family: str, table: Mapping[str, str], name: str) -> Any:  # noqa: ANN401 - each family casts to its own type
    """The object that `table` ("module:attribute") holds under `name`.

    Raises:
        UserError: no such name; the message suggests the nearest one.
    """
    if name not in table:
        raise UserError(unknown(family, name, table))
    module, attribute = table[name].split(":")
    return getattr(importlib.import_module(module), attribute)


def unknown(family: str, name: str, known: Iterable[str]) -> str:
    """One line saying that `name` is none of `known`, with the nearest as the remedy."""
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    return f"unknown {family} {name!r}; " + (
        f"did you mean {near[0]!r}?" if near else f"choose one of {', '.join(names)}"
    )
