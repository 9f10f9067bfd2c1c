"""`imgsearch index --check`, `--repair` and `--info`."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

from imgsearch.cli.console import complain, count, say, shown

if TYPE_CHECKING:
    from imgsearch.index import Index

_UNITS = ("bytes", "kB", "MB", "GB", "TB")


def inspect_index(folder: Path | None, *, info: bool, repair: bool, model: str | None, as_json: bool) -> int:
    """Say what is inside an index, or verify all of it and mend it where that is asked for."""
    from imgsearch.index import Index

    index = Index.open(folder)
    return _print_info(index, as_json) if info else _check(index, repair=repair, model=model, as_json=as_json)


def _check(index: Index, *, repair: bool, model: str | None, as_json: bool) -> int:
    from imgsearch.errors import printable
    from imgsearch.index.check import check
    from imgsearch.model import load_model
    from imgsearch.workflows.indexing.repair import repair_index

    if repair:
        health = repair_index(index, model=None if model is None else load_model(model), tell=say)
    else:
        health = check(index.folder, index.root)
    gone = [os.path.relpath(index.absolute(path)) for path in health.gone]
    if as_json:
        facts = {"damaged": health.damaged, "pictures": health.searchable, "skipped": health.skipped}
        print(json.dumps({**facts, "gone": [printable(path) for path in gone], "ann_recall": health.ann_recall}))
    for line in health.damaged:
        complain(line)
    place = printable(shown(index.folder))
    if health.catalogue:
        complain(f"{place}: the catalogue is damaged, so that the rest could not be looked at; try --repair")
        return 2
    if health.damaged:
        remedy = "that could not be mended: name its model with --model" if repair else "mend it with --repair"
        complain(f"{place}: {count(len(health.damaged), 'damaged file')}; {remedy}")
        return 2
    found = f"{count(health.searchable, 'picture')}, {health.skipped:,} skipped"
    recall = "" if health.ann_recall is None else f"; ann_recall of the graph {health.ann_recall:.4f}"
    missing = f"; {count(len(gone), 'file')} gone since (such as {printable(gone[0])})" if gone else ""
    say(f"{place}: all is as it was written: {found}{recall}{missing}")
    return 0


def _print_info(index: Index, as_json: bool) -> int:
    from imgsearch.errors import printable
    from imgsearch.workflows.indexing.info import index_info

    info = index_info(index)
    size = sum(info.bytes_on_disk.values())
    sources = [printable(shown(index.absolute(source))) for source in info.sources]
    if as_json:
        skipped = [{"path": printable(shown(index.absolute(path))), "reason": reason} for path, reason in info.skipped]
        print(
            json.dumps(
                {
                    "index": printable(shown(info.folder)), "pictures": info.pictures, "skipped": skipped,
                    "sources": sources, "exclude": info.excluded, "model": info.model,
                    "model_digest": info.model_digest, "dimension": info.dimension, "metric": info.metric,
                    "threshold": info.threshold,
                    "graph": info.graph, "removed": info.removed, "bytes": size, "bytes_by_file": info.bytes_on_disk,
                    "updated": info.updated.isoformat(timespec="seconds"), "next_model": info.next_model,
                }
            )
        )  # fmt: skip
        return 0
    lines = {
        "index": printable(shown(info.folder)),
        "pictures": f"{info.pictures:,}",
        "skipped": f"{len(info.skipped):,}" if info.skipped else "none",
        "folders": ", ".join(sources) or "none",
        "excluded": " ".join(map(printable, info.excluded)) or "nothing",
        "model": f"{printable(info.model)}{' with a metric' if info.metric else ''}, {info.dimension} dimensions"
        + ("" if info.threshold is None else f", threshold {info.threshold:.4f}"),
        "graph": info.graph,
        "on disk": f"{_size(size)}, {_size(size // max(1, info.pictures))} a picture",
        "updated": f"{info.updated.astimezone():%Y-%m-%d %H:%M:%S}",
    }
    if info.next_model is not None:
        lines["unfinished"] = (
            f"the change to the model {printable(info.next_model)}; go on with --model, or delete next/"
        )
    for name, value in lines.items():
        print(f"{name:<11}{value}")
    for reason, number in info.reasons:
        print(f"{'':<11}{number:,} × {printable(reason)}")
    return 0


def _size(number: float) -> str:
    unit = 0
    while number >= 1000 and unit < len(_UNITS) - 1:
        number, unit = number / 1000, unit + 1
    return f"{number:.0f} {_UNITS[unit]}" if unit == 0 or number >= 100 else f"{number:.1f} {_UNITS[unit]}"
