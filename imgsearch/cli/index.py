"""`imgsearch index`."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from imgsearch.cli.console import complain, count, report_skipped, say, shown

if TYPE_CHECKING:
    from imgsearch.index import Index
    from imgsearch.workflows.index import IndexReport


def index(
    folders: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="FOLDER...", help="Folders of pictures, with all below them; none: those of the last time."
        ),
    ] = None,
    index: Annotated[
        Path | None,
        typer.Option("--index", metavar="DIR", help="The index; by default the nearest .imgsearch, or a new one here."),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(
            metavar="MODEL", help="`base` or a model folder; by default an index keeps its model, a new one has `base`."
        ),
    ] = None,
    prune: Annotated[
        bool, typer.Option("--prune", help="Also forget folders that are gone or empty, and their pictures.")
    ] = False,
    errors: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the skipped pictures and reasons to a CSV file.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the counts as JSON.")] = False,
) -> int:
    """Index folders of pictures; run it again whenever they change, and only what changed is read."""
    from imgsearch.errors import printable
    from imgsearch.index.beside import unfinished
    from imgsearch.model import load_model
    from imgsearch.workflows.index import update_index
    from imgsearch.workflows.remodel import update_with_model

    opened = _open_or_create(index, model, folders or [])
    if model is None:
        report = update_index(opened, folders or [], prune=prune, warn=complain)
    else:
        report = update_with_model(opened, load_model(model), folders or [], prune=prune, warn=complain, tell=say)
    report_skipped(report.skipped)
    if errors is not None:
        _write_errors(errors, report)
    place = printable(shown(report.index))
    counts = {name: getattr(report, name) for name in ("added", "updated", "removed", "unchanged")}
    if as_json:
        skipped = len(report.skipped)
        more = {"skipped": skipped, "reprojected": report.reprojected, "seconds": round(report.seconds, 3)}
        print(json.dumps({**counts, **more, "index": place}))
    changes = ", ".join(f"{number:,} {name}" for name, number in counts.items())
    skips = f", {len(report.skipped):,} skipped" if report.skipped else ""
    say(f"{place}: {changes}{skips}; {count(report.pictures, 'picture')} in the index, {report.seconds:.1f} s")
    if report.interrupted:
        complain("stopped; what was done is kept, and the same command goes on from there")
        return 130
    if (beside := unfinished(opened)) is not None:
        named = f"{printable(shown(beside.folder))}: the change to the model {printable(beside.model.info.name)}"
        complain(f"{named} is not finished; go on with --model, or delete that folder")
    return 0


def _open_or_create(folder: Path | None, model: str | None, sources: list[Path]) -> Index:
    from imgsearch.errors import IndexFolderError, printable
    from imgsearch.index import Index, index_to_write
    from imgsearch.model import load_model
    from imgsearch.workflows.scan import require_pictures

    place, exists = index_to_write(folder, Path.cwd())
    if not exists:
        for above in (place, *place.parents):
            if above.is_file():
                raise IndexFolderError(f"{printable(above)}: a file, not a folder; name a folder for --index")
        require_pictures(sources)  # a slip of the pen leaves no empty index behind
        return Index.create(place, load_model(model or "base"))
    return Index.open(place)


def _write_errors(file: Path, report: IndexReport) -> None:
    from imgsearch.errors import UserError, printable

    try:
        with file.open("w", encoding="utf-8", errors="surrogateescape", newline="") as stream:
            writer = csv.writer(stream)
            writer.writerow(["path", "reason"])
            writer.writerows([shown(error.path), error.reason] for error in report.skipped)
    except OSError as error:
        raise UserError(
            f"{printable(file)}: cannot be written ({error.strerror}); name another file for --errors"
        ) from None
