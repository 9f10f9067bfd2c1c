"""`imgsearch train --list`, and `--set NAME=VALUE`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from imgsearch.errors import UserError
from imgsearch.registry import unknown

OWNERS = ("loss", "miner", "sampler", "pooling", "views", "teacher")
"""The parts that have options; those of the loss without its name. Views: how pictures are varied."""


def parse_settings(settings: Sequence[str]) -> dict[str, dict[str, Any]]:
    """`margin=0.1` and `miner.margin=0.2` → {"loss_options": {"margin": 0.1}, "miner_options": {"margin": 0.2}}.

    Raises:
        UserError: not of that form, an owner that there is not, or an option given twice.
    """
    parsed: dict[str, dict[str, Any]] = {}
    for setting in settings:
        name, equals, text = setting.partition("=")
        owner, dot, option = name.partition(".")
        if not dot:
            owner, option = "loss", name
        if not equals or not option or not text:
            raise UserError(f"--set {setting}: not understood; write --set margin=0.1 or --set miner.margin=0.1")
        if owner not in OWNERS:
            raise UserError(f"--set {setting}: {unknown('part', owner, OWNERS)}")
        options = parsed.setdefault(f"{owner}_options", {})
        if option in options:
            raise UserError(f"--set {setting}: {option} is set twice; give it once")
        options[option] = _value(text)
    return parsed


def _value(text: str) -> float | int | bool | str | None:
    """A number, true, false or none; anything else is a word."""
    words: dict[str, bool | None] = {"true": True, "false": False, "none": None}
    if text.lower() in words:
        return words[text.lower()]
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def list_parts(as_json: bool) -> None:
    """Print all parts that training can be made of: a block a family, or JSON."""
    from imgsearch.workflows.parts import all_parts

    families = all_parts()
    if as_json:
        print(json.dumps(families, indent=2, ensure_ascii=False))
        return
    width = max(len(name) for parts in families.values() for name in parts)
    for family, parts in families.items():
        print(f"{family}:")
        for name, part in parts.items():
            print(f"  {name:<{width}}  {part['source']}")
            for line in _details(part):
                print(f"  {'':<{width}}    {line}")


def _details(part: Mapping[str, Any]) -> list[str]:
    options = ", ".join(f"{name}={_shown(value)}" for name, value in part["options"].items())
    brings = [f"{name} {part[name]}" for name in ("miner", "sampler") if part.get(name)]
    lines = [part["summary"]] if part["summary"] else []
    lines += [f"options: {options}"] if options else []
    lines += [f"brings: {', '.join(brings)}"] if brings else []
    lines += ["learns from --pairs, too"] if part.get("pairs") else []
    return lines + ([f"needs the columns: {', '.join(part['inputs'])}"] if part.get("inputs") else [])


def _shown(value: object) -> str:
    return (
        {True: "true", False: "false", None: "none"}[value] if value is None or isinstance(value, bool) else str(value)
    )
