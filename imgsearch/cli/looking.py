"""The options of `imgsearch query` for looking at the answer: `--html`, `--open`, `--sheet` and `--show`."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from imgsearch.cli.console import SHOWN, complain, count, say, shown
from imgsearch.cli.formats import Format
from imgsearch.errors import PictureError, UserError, printable

if TYPE_CHECKING:
    from imgsearch.workflows.question import Answer

LOOKING = "How to look at it"

HtmlOption = Annotated[
    Path | None,
    typer.Option(
        "--html", metavar="FILE", help="Write one page to look at, with all pictures in it.", rich_help_panel=LOOKING
    ),
]
OpenOption = Annotated[
    bool,
    typer.Option(
        "--open", help="Open it in the browser; without --html it is a temporary file.", rich_help_panel=LOOKING
    ),
]
SheetOption = Annotated[
    Path | None,
    typer.Option(
        "--sheet", metavar="FILE.png", help="Draw a contact sheet, in any format by suffix.", rich_help_panel=LOOKING
    ),
]
ShowOption = Annotated[
    bool,
    typer.Option(
        "--show", help="Show the pictures in the terminal, numbered like the table below.", rich_help_panel=LOOKING
    ),
]


def looked_at(
    answers: Iterable[Answer], chosen: Format, *, html: Path | None, open_page: bool, sheet: Path | None, show: bool
) -> Iterable[Answer]:
    """The answers as they come, unchanged; on their way they are shown, and after the last one page and sheet written.

    Raises:
        UserError: at once, if something cannot be shown or written.
    """
    if not (html or open_page or sheet or show):
        return answers
    if sheet:
        from imgsearch.images.save import require_writable_format

        require_writable_format(sheet)
    if show:
        from imgsearch.cli.terminal import require_terminal

        require_terminal(chosen)
    for file, option in ((html, "--html"), (sheet, "--sheet")):
        if file is not None:
            if str(file) == "-":
                raise UserError(
                    f"{option} -: standard output is for the answer; name a file, or ./- for one of that name"
                )
            from imgsearch.cli.replacing import require_writable

            require_writable(file, option)
    return _looking(answers, html, open_page, sheet, show)


def _looking(
    answers: Iterable[Answer], html: Path | None, open_page: bool, sheet: Path | None, show: bool
) -> Iterator[Answer]:
    kept: list[Answer] = []
    for answer in answers:
        if show:
            from imgsearch.cli.terminal import show_answer

            report_unshown(show_answer(answer))
        kept.append(answer)
        yield answer
    if not kept:
        return
    if sheet is not None:
        from imgsearch.cli.sheet import write_sheet

        _require_no_picture(sheet, "--sheet", kept)
        report_unshown(write_sheet(sheet, kept))
    if html is not None or open_page:
        _page(html, open_page, kept)


def _page(html: Path | None, open_page: bool, answers: list[Answer]) -> None:
    from imgsearch.cli.page import write_page

    if html is None:
        import tempfile

        handle, name = tempfile.mkstemp(prefix="imgsearch-", suffix=".html")
        os.close(handle)
        file = Path(name)
    else:
        _require_no_picture(html, "--html", answers)
        file = html
    written = write_page(file, answers)
    report_unshown(written.unread)
    where = shown(file) if html else str(file)
    say(f"{printable(where)}: a page with {count(written.pictures, 'picture')}, {written.size / 1e6:.2f} MB")
    if open_page:
        import webbrowser

        if not webbrowser.open(file.absolute().as_uri()):
            complain(f"no browser could be started; open {printable(where)} yourself")


def report_unshown(errors: Iterable[PictureError]) -> None:
    """Name the pictures that are gone or broken since they were indexed, the first few of them."""
    listed = list(errors)
    for error in listed[:SHOWN]:
        complain(f"{printable(shown(error.path))}: {error.reason}; a placeholder is shown instead")
    if len(listed) > SHOWN:
        complain(f"{count(len(listed) - SHOWN, 'more placeholder')}")


def _require_no_picture(file: Path, option: str, answers: list[Answer]) -> None:
    """Refuse to write over a picture that is asked for or found."""
    asked = {file for answer in answers for file in answer.question.files}
    pictures = asked | {match.path for answer in answers for match in answer.matches}
    if os.path.realpath(file) in map(os.path.realpath, pictures):
        raise UserError(f"{printable(file)}: is one of the pictures themselves; name another file for {option}")
