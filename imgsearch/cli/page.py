"""`--html`: the answers as one page that needs nothing else, no network and no other file.

It looks as page.css says; page.js lets arrow keys move and opens the larger view. Each picture is in it once.
"""

from __future__ import annotations

import base64
import functools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from imgsearch.cli.console import count, shown
from imgsearch.cli.replacing import replacing
from imgsearch.errors import PictureError, printable
from imgsearch.images.thumbnails import Encoded, each, encoded

if TYPE_CHECKING:
    from imgsearch.workflows.query import Answer

LARGEST, SMALLEST = 960, 160
"""Pixels on the longer side of a picture on a page with few pictures, and on one with very many."""
ALL_PIXELS = 40_000_000
"""Of all pictures on a page together, as long as that leaves them larger than SMALLEST."""

POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'"


@dataclass(frozen=True)
class Written:
    """What became of a page: its size in bytes, how many pictures are on it, and which could not be read."""

    size: int
    pictures: int
    unread: list[PictureError]


def write_page(file: Path, answers: Sequence[Answer]) -> Written:
    """Write the page of these answers, whole or not at all.

    Raises:
        UserError: it cannot be written.
    """
    paths = list(dict.fromkeys(path for answer in answers for path in _paths(answer)))
    side = max(SMALLEST, min(LARGEST, math.isqrt(ALL_PIXELS // len(paths))))
    unread: dict[str, PictureError] = {}
    pictures = each(functools.partial(encoded, side=side), paths, unread)
    size = 0
    with replacing(file, "--html") as stream:
        for part in _parts(answers, _Pictures(pictures)):
            size += stream.write(part.encode())
    return Written(size, len(paths), list(unread.values()))


class _Pictures:
    """Hands out pictures as `<img>`: with the content when first asked for one, and a reference to it afterwards."""

    def __init__(self, source: Iterator[Encoded | PictureError]) -> None:
        self._source = source
        self._known: dict[Path, str] = {}

    def element(self, path: Path, text: str) -> str:
        """The element of a picture that is described by `text`, which is HTML already."""
        if path in self._known:
            return self._known[path].format(text=text)
        picture = next(self._source)
        if isinstance(picture, PictureError):
            reason = escape(picture.reason).replace("{", "{{").replace("}", "}}")
            missing = '<span class="missing" role="img" aria-label="{text}: ' + f'{reason}">{reason}</span>'
            self._known[path] = missing
            return missing.format(text=text)
        name, data = f"p{len(self._known)}", base64.b64encode(picture.content).decode()
        rest = f'width="{picture.width}" height="{picture.height}" alt="{{text}}">'
        self._known[path] = f'<img data-as="{name}" {rest}'
        return f'<img id="{name}" src="data:image/webp;base64,{data}" {rest}'.format(text=text)


def _paths(answer: Answer) -> Iterator[Path]:
    """Absolute, since a query may be named otherwise where it is a match."""
    yield answer.query.absolute()
    yield from (match.path for match in answer.matches)


def _parts(answers: Sequence[Answer], pictures: _Pictures) -> Iterator[str]:
    names = [escape(printable(shown(answer.query))) for answer in answers]
    several = len(answers) > 1
    title = count(len(answers), "query", "queries") if several else names[0]
    style, script = (Path(__file__).with_name(name).read_text(encoding="utf-8") for name in ("page.css", "page.js"))
    yield (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta name="color-scheme" content="light dark">\n<title>{title} – imgsearch</title>\n'
        f"<style>\n{style}</style>\n</head>\n<body>\n"
        f"<header><h1>{'Pictures like these' if several else 'Pictures like this one'}</h1>\n"
        '<p class="help">Arrow keys move, Enter opens a larger view, Escape closes it.</p></header>\n'
    )
    if several:
        links = "".join(f'<li><a href="#q{number}"><bdi>{name}</bdi></a></li>\n' for number, name in enumerate(names))
        yield f'<nav aria-label="Queries"><details><summary>{title}</summary>\n<ol>\n{links}</ol></details></nav>\n'
    yield "<main>\n"
    for number, (answer, name) in enumerate(zip(answers, names, strict=True)):
        yield f'<section aria-labelledby="q{number}">\n<h2 id="q{number}"><bdi>{name}</bdi></h2>\n'
        yield '<div class="answer">\n'
        yield f'<div class="query">{_figure(answer.query, "query", pictures)}</div>\n'
        yield '<ol class="matches">\n' if answer.matches else '<p class="none">No match.</p>\n'
        for rank, match in enumerate(answer.matches, 1):
            yield f"<li>{_figure(match.path, f'{match.similarity:.4f}', pictures, rank)}</li>\n"
        yield "</ol>\n</div>\n</section>\n" if answer.matches else "</div>\n</section>\n"
    yield f"</main>\n{VIEWER}<script>\n{script}</script>\n</body>\n</html>\n"


def _figure(path: Path, what: str, pictures: _Pictures, rank: int | None = None) -> str:
    name, last = (escape(printable(text)) for text in (shown(path), path.name))
    text = f"{name}, similarity {what}" if rank else f"query {name}"
    number = f"{rank}. " if rank else ""
    return (
        f'<figure><a class="picture" href="{escape(path.absolute().as_uri())}">'
        f"{pictures.element(path.absolute(), text)}</a>"
        f'<figcaption><b><span class="rank">{number}</span>{what}</b> <bdi class="name">{last}</bdi>'
        f'<bdi class="path">{name.replace("/", "/<wbr>")}</bdi></figcaption></figure>'
    )


VIEWER = """<dialog id="viewer" aria-label="Larger view">
<form method="dialog"><button class="close" aria-label="Close">✕</button></form>
<div class="stage"><button class="step" data-step="-1" aria-label="Previous picture">‹</button>
<img alt="">
<button class="step" data-step="1" aria-label="Next picture">›</button></div>
<p><b class="what"></b> <a class="file"></a></p>
</dialog>
"""
