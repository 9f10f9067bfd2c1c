"""What training can be made of, by family; read from the registries and sources, without torch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from imgsearch.metric.registry import LINEAR_METRICS, PAIR_METRICS
from imgsearch.registry import describe
from imgsearch.training.backbones import BACKBONES
from imgsearch.training.losses import LOSSES
from imgsearch.training.miners import MINERS
from imgsearch.training.poolings import POOLINGS
from imgsearch.training.samplers import SAMPLERS

FAMILIES: dict[str, Mapping[str, str]] = {
    "losses": LOSSES,
    "miners": MINERS,
    "samplers": SAMPLERS,
    "poolings": POOLINGS,
    "backbones": BACKBONES,
    "metrics": LINEAR_METRICS,
}
SUPPLIED = {"seed"}
"""Parameters with a default that are no options: another option of the command decides them."""
BROUGHT = ("miner", "sampler", "inputs")


def all_parts() -> dict[str, dict[str, dict[str, Any]]]:
    """family → name → summary, source and options; for a loss the miner, sampler and inputs that it brings; for losses
    and metrics, whether they learn from pairs."""
    return {family: {name: _part(table, name) for name in table} for family, table in FAMILIES.items()}


def _part(table: Mapping[str, str], name: str) -> dict[str, Any]:
    found = describe(table, name)
    settable = table not in (BACKBONES, LINEAR_METRICS)
    options = {key: value for key, value in found.options.items() if settable and key not in SUPPLIED}
    part: dict[str, Any] = {"summary": found.summary, "source": found.source, "options": options}
    if table is LOSSES:
        part |= {"sampler": "m_per_class", "inputs": []} | {
            key: found.facts[key] for key in BROUGHT if key in found.facts
        }
        part["pairs"] = found.facts.get("kind") == "Pairs" and not part["inputs"]
    elif table is LINEAR_METRICS:
        part["pairs"] = name in PAIR_METRICS
    return part
