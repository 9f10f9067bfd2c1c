"""Families of interchangeable parts, by name: a table of names and where their code lives, imported on choice only."""

from __future__ import annotations

import ast
import contextlib
import difflib
import importlib
import importlib.util
import inspect
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
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


def build(
    family: str, table: Mapping[str, str], name: str, options: Mapping[str, Any], supplied: Mapping[str, Any]
) -> Any:  # noqa: ANN401 - each family casts to its own type
    """Make the part called `name`, given those of the `supplied` values that it has a parameter for, and `options`.

    Raises:
        UserError: no such name, an option that it does not have, or a value that it cannot take.
    """
    kind = resolve(family, table, name)
    parameters = inspect.signature(kind).parameters
    own = {key: str(item.annotation) for key, item in parameters.items() if key not in supplied}
    for option, value in options.items():
        if option not in own:
            has = unknown("option", option, own) if own else f"unknown option {option!r}; it has none"
            raise UserError(f"{family} {name}: {has}")
        if not _fits(value, own[option]):
            raise UserError(f"{family} {name}: {option}={value} is not a possible value; it takes {own[option]}")
    return kind(**{key: value for key, value in supplied.items() if key in parameters}, **options)


def _fits(value: object, annotation: str) -> bool:
    """Whether a parameter annotated like "float | None" can have this value; a whole number is a float, too."""
    kinds = annotation.replace(" ", "").split("|")
    name = "None" if value is None else type(value).__name__
    return value == value and (name in kinds or (name == "int" and "float" in kinds))  # noqa: PLR0124 - not NaN


@dataclass(frozen=True)
class Description:
    """What a part's source says of it."""

    summary: str
    """What it is or computes: the first paragraph of its own docstring."""
    source: str
    """What it is called and where it comes from: the first paragraph of its module's docstring."""
    options: dict[str, Any]
    """Defaults by name."""
    facts: dict[str, Any]
    """Constants of its class, such as the miner that a loss takes; where one is another class, that class's name."""


def describe(table: Mapping[str, str], name: str) -> Description:
    """Read what is said of a part from its source, without importing it and the libraries that it needs."""
    module, attribute = table[name].split(":")
    tree, node = _definition(module, attribute)
    options, facts = _read(tree, node)
    own, of_module = (ast.get_docstring(item) or "" for item in (node, tree))
    return Description(_first(own), _first(of_module), options, facts)


def _definition(module: str, attribute: str) -> tuple[ast.Module, ast.ClassDef | ast.FunctionDef]:
    """A module's source and the function or class of that name in it."""
    spec = importlib.util.find_spec(module)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(module)
    tree = ast.parse(Path(spec.origin).read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, (ast.ClassDef, ast.FunctionDef)) and node.name == attribute:
            return tree, node
    raise AttributeError(f"{module} defines no {attribute}")


def _read(tree: ast.Module, node: ast.ClassDef | ast.FunctionDef) -> tuple[dict[str, Any], dict[str, Any]]:
    """Defaults and constants of a function or class, those of the class that it derives from included."""
    if isinstance(node, ast.FunctionDef):
        return _defaults(node), {}
    options: dict[str, Any] = {}
    facts: dict[str, Any] = {}
    for base in node.bases:
        if isinstance(base, ast.Name) and (found := _base(tree, base.id)) is not None:
            options, facts = _read(*found)
    for item in node.body:
        if isinstance(item, ast.FunctionDef) and item.name == "__init__":
            options = _defaults(item)
            continue
        target = item.targets[0] if isinstance(item, ast.Assign) else getattr(item, "target", None)
        if isinstance(item, (ast.Assign, ast.AnnAssign)) and isinstance(target, ast.Name) and item.value is not None:
            if isinstance(item.value, ast.Name):
                facts[target.id] = item.value.id
            with contextlib.suppress(ValueError):  # no constant
                facts[target.id] = ast.literal_eval(item.value)
    return options, facts


def _base(tree: ast.Module, name: str) -> tuple[ast.Module, ast.ClassDef | ast.FunctionDef] | None:
    """Where a base class is defined: in the same file, or in a file of this package; None for all others."""
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and node.name == name:
            return tree, node
        if isinstance(node, ast.ImportFrom) and name in {alias.name for alias in node.names}:
            module = node.module or ""
            return _definition(module, name) if module.startswith("imgsearch.") else None
    return None


def _first(docstring: str) -> str:
    """Its first paragraph, on one line."""
    return " ".join(docstring.partition("\n\n")[0].split())


def _defaults(node: ast.FunctionDef) -> dict[str, Any]:
    arguments = node.args
    named = arguments.args[len(arguments.args) - len(arguments.defaults) :]
    pairs = [
        *zip(named, arguments.defaults, strict=True),
        *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True),
    ]
    return {argument.arg: ast.literal_eval(value) for argument, value in pairs if value is not None}


def unknown(family: str, name: str, known: Iterable[str]) -> str:
    """One line saying that `name` is none of `known`, with the nearest as the remedy."""
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    return f"unknown {family} {name!r}; " + (
        f"did you mean {near[0]!r}?" if near else f"choose one of {', '.join(names)}"
    )
