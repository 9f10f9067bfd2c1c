"""`--html`: the answers as one page that needs nothing else, no network and no other file.

It looks as page.css says; page.js lets arrow keys move and opens the larger view, which leads to the file itself.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from imgsearch.cli.console import count, shown
from imgsearch.cli.embedded import EmbeddedPictures, Written, beside, closing, opening
from imgsearch.cli.replacing import replacing
from imgsearch.errors import PictureError, printable
from imgsearch.images.source import is_file, is_url
from imgsearch.images.thumbnails import Picture, each, encoded

if TYPE_CHECKING:
    from imgsearch.index import Match
    from imgsearch.workflows.question import Answer

LARGEST, SMALLEST = 960, 160
"""Pixels on the longer side of a picture on a page with few pictures, and on one with very many."""
ALL_PIXELS = 40_000_000
"""Of all pictures on a page together, as long as that leaves them larger than SMALLEST."""


def write_page(file: Path, answers: Sequence[Answer]) -> Written:
    """Write the page of these answers, whole or not at all.

    Raises:
        UserError: it cannot be written.
    """
    shown_once = list(dict.fromkeys(picture for answer in answers for picture in _pictures(answer)))
    side = max(SMALLEST, min(LARGEST, math.isqrt(ALL_PIXELS // len(shown_once))))
    unread: dict[str, PictureError] = {}
    pictures = each(functools.partial(encoded, side=side), shown_once, unread)
    size = 0
    with replacing(file, "--html") as stream:
        for part in _parts(answers, EmbeddedPictures(lambda _: next(pictures))):
            size += stream.write(part.encode())
    return Written(size, len(shown_once), list(unread.values()))


def _pictures(answer: Answer) -> Iterator[Picture]:
    yield answer.picture
    yield from (match.path for match in answer.matches)


def _parts(answers: Sequence[Answer], pictures: EmbeddedPictures) -> Iterator[str]:
    names = [escape(printable(answer.query)) for answer in answers]
    several = len(answers) > 1
    title = count(len(answers), "query", "queries") if several else names[0]
    yield opening(title, beside(__file__, "page.css"))
    yield (
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
        yield f'<div class="query">{_question(answer, pictures)}</div>\n'
        yield '<ol class="matches">\n' if answer.matches else '<p class="none">No match.</p>\n'
        for rank, match in enumerate(answer.matches, 1):
            yield f"<li>{_match(match, rank, pictures)}</li>\n"
        yield "</ol>\n</div>\n</section>\n" if answer.matches else "</div>\n</section>\n"
    yield f"</main>\n{VIEWER}{closing(beside(__file__, 'page.js'))}"


def _question(answer: Answer, pictures: EmbeddedPictures) -> str:
    first = answer.question.pictures[0]
    href = Path(first).absolute().as_uri() if is_file(first) else first if is_url(first) else "#"
    name = escape(printable(answer.query))
    picture = pictures.element(answer.picture, f"query {name}")
    last = name if len(answer.question.pictures) > 1 else escape(printable(Path(first).name))
    return _figure(href, picture, "query", last, name)


def _match(match: Match, rank: int, pictures: EmbeddedPictures) -> str:
    name, last, similarity = escape(printable(shown(match.path))), escape(printable(match.path.name)), match.similarity
    picture = pictures.element(match.path, f"{name}, similarity {similarity:.4f}")
    return _figure(match.path.as_uri(), picture, f'<span class="rank">{rank}. </span>{similarity:.4f}', last, name)


def _figure(href: str, picture: str, what: str, name: str, path: str) -> str:
    """A picture that leads to its file; all but `href` is HTML."""
    return (
        f'<figure><a class="picture" href="{escape(href)}">{picture}</a>'
        f'<figcaption><b>{what}</b> <bdi class="name">{name}</bdi>'
        f'<bdi class="path">{path.replace("/", "/<wbr>")}</bdi></figcaption></figure>'
    )


VIEWER = """<dialog id="viewer" aria-label="Larger view">
<form method="dialog"><button class="close" aria-label="Close">✕</button></form>
<div class="stage"><button class="step" data-step="-1" aria-label="Previous picture">‹</button>
<a class="file" tabindex="-1" title="Open the file itself"><img alt=""></a>
<button class="step" data-step="1" aria-label="Next picture">›</button></div>
<p><b class="what"></b> <a class="file"></a></p>
</dialog>
"""
