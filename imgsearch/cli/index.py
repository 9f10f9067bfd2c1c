"""`imgsearch index`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from imgsearch.cli.console import complain, say, shown
from imgsearch.errors import UserError

if TYPE_CHECKING:
    from imgsearch.index import Index
    from imgsearch.model import Model
    from imgsearch.workflows.indexing.options import Options


def index(
    folders: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="FOLDER...", help="Folders of pictures, with all below them; none: all that is indexed."
        ),
    ] = None,
    index: Annotated[
        Path | None,
        typer.Option(
            "--index",
            metavar="DIR",
            help="The index; by default $IMGSEARCH_INDEX, the nearest .imgsearch, or a new one here.",
        ),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(
            metavar="MODEL",
            help="`base`, a model folder, an .onnx file or torchvision:NAME; default: the index's own, or `base`.",
            envvar="IMGSEARCH_MODEL",
        ),
    ] = None,
    exclude: Annotated[
        list[str] | None,
        typer.Option(
            metavar="GLOB",
            help="Leave out files and folders of this name, or path from FOLDER; remembered until --exclude ''.",
        ),
    ] = None,
    files_from: Annotated[
        list[str] | None,
        typer.Option(metavar="FILE", help="Index the files listed in FILE, one a line; - is standard input."),
    ] = None,
    files0_from: Annotated[
        list[str] | None, typer.Option(metavar="FILE", help="The same, each name ended by a NUL, as of find -print0.")
    ] = None,
    prune: Annotated[
        bool | None,
        typer.Option("--prune/--no-prune", help="Also forget folders that are gone or empty / forget no picture."),
    ] = None,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Print what would be added, read again and removed; open and write nothing."),
    ] = False,
    max_pixels: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, help="Skip larger pictures; by default, those that the memory cannot hold."),
    ] = None,
    jobs: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, max=256, help="Threads that decode, and as many that encode; default: cores."),
    ] = None,
    batch_size: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, max=4096, help="Pictures encoded and not committed yet, at most."),
    ] = None,
    device: Annotated[
        Literal["auto", "cpu", "cuda"], typer.Option(help="Where to encode; auto takes CUDA where there is one.")
    ] = "auto",
    check: Annotated[
        bool, typer.Option("--check", help="Only verify every byte of the index; exit code 2 where it is damaged.")
    ] = False,
    repair: Annotated[
        bool, typer.Option("--repair", help="Verify, and make again what is damaged, from the pictures if need be.")
    ] = False,
    info: Annotated[bool, typer.Option("--info", help="Only say what is inside the index.")] = False,
    errors: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the skipped pictures and reasons to a CSV file.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the outcome as JSON.")] = False,
) -> int:
    """Index folders of pictures; run it again whenever they change, and only what changed is read."""
    if check or repair or info:
        from imgsearch.cli.inspection import inspect_index

        if folders or exclude or files_from or files0_from or dry_run or (info and (check or repair)):
            alone = "is given alone, with --index, --json and, to repair, --model"
            raise UserError(f"--{'info' if info else 'repair' if repair else 'check'} {alone}")
        return inspect_index(index, info=info, repair=repair, model=model, as_json=as_json)
    from imgsearch.cli.index_outcome import print_preview, print_report, write_errors
    from imgsearch.cli.lists import read_lists
    from imgsearch.workflows.indexing.options import Options

    files = read_lists(files_from or (), files0_from or ())
    options = Options(
        files, exclude=exclude or (), prune=prune, max_pixels=max_pixels,
        jobs=jobs, batch_size=batch_size, device=device,
    )  # fmt: skip
    if device == "cuda":
        from imgsearch.encoder import providers

        providers(device)  # before an index is made in vain
    place = _existing(index, folders or [], options, change=not dry_run)
    wanted = None if model is None else _model(model)
    if dry_run:
        from imgsearch.workflows.indexing.preview import preview

        return print_preview(preview(place, folders or [], options=options, model=wanted, warn=complain), as_json)
    opened = _created(place, wanted) if isinstance(place, Path) else place
    if wanted is None:
        from imgsearch.workflows.indexing.update import update_index

        report = update_index(opened, folders or [], options=options, warn=complain)
    else:
        from imgsearch.workflows.indexing.remodel import update_with_model

        report = update_with_model(opened, wanted, folders or [], options=options, warn=complain, tell=say)
    code = print_report(report, opened, as_json)
    if errors is not None:
        write_errors(errors, report)
    return code


def _existing(folder: Path | None, sources: list[Path], options: Options, *, change: bool) -> Index | Path:
    """The index to bring up to date, or where a new one is to be made for what is there to index."""
    from imgsearch.errors import IndexFolderError, printable
    from imgsearch.index import Index, index_to_write
    from imgsearch.index.upgrade import upgrade
    from imgsearch.workflows.indexing.scan import require_pictures

    place, exists = index_to_write(folder, Path.cwd())
    if exists:
        if change and (version := upgrade(place)) is not None:
            say(f"{printable(shown(place))}: brought from format {version} to the present one; no picture was opened")
        return Index.open(place)
    for above in (place, *place.parents):
        if above.is_file():
            raise IndexFolderError(f"{printable(above)}: a file, not a folder; name a folder for --index")
    require_pictures(sources, options)  # a slip of the pen leaves no empty index behind
    return place


def _model(name: str) -> Model:
    from imgsearch.workflows.model_cache import find_model  # and with it the encoder, which an index may do without

    return find_model(name, say)


def _created(place: Path, model: Model | None) -> Index:
    from imgsearch.index import Index
    from imgsearch.model import load_model

    return Index.create(place, model or load_model("base"))
