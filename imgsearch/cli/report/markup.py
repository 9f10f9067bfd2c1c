"""Pieces of HTML. Whatever comes from outside, names above all, goes through `said`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

from imgsearch.errors import printable

NOTHING = '<td class="n none">–</td>'


def said(text: object, most: int = 80) -> str:
    """Any text as one line of HTML, of at most about `most` characters: what is too long loses its middle."""
    line = printable(text)
    if len(line) > most:
        line = f"{line[: most // 2]}…{line[-most // 2 :]}"
    return escape(line)


def name(text: object, most: int = 80) -> str:
    """The same for a name, which may be in a script that runs from right to left."""
    return f"<bdi>{said(text, most)}</bdi>"


@dataclass(frozen=True)
class Section:
    """A part of the page: what links to it call it, its heading, and its body, all of them HTML."""

    identifier: str
    short: str
    title: str
    parts: tuple[str, ...]
    """One below the other; empty ones are left out, and a section of nothing else, too."""

    @property
    def html(self) -> str:
        """The whole part."""
        body = "\n".join(filter(None, self.parts))
        heading = f'<h2 id="{self.identifier}">{self.title}</h2>'
        return f'<section aria-labelledby="{self.identifier}">\n{heading}\n{body}\n</section>\n'


def number(value: float | None, digits: int = 4, html: str = "") -> str:
    """A cell with a number, and more HTML below it; a dash where there is none."""
    if value is None:
        return NOTHING
    return f'<td class="n">{value:.{digits}f}{html}</td>'


def whole(value: int) -> str:
    """A cell with a whole number."""
    return f'<td class="n">{value:,}</td>'


def text(html: str) -> str:
    """A cell with a text that is HTML already."""
    return f"<td>{html}</td>"


def words(sentence: str) -> str:
    """A cell with a sentence that the terms at the end of the page have, too; a phone leaves it out."""
    return f'<td class="words">{sentence}</td>'


def percent(value: float) -> str:
    """A share as people say it."""
    return f"{100 * value:.3g} %" if value < 0.9995 or value == 1 else "99.9 %"


def between(interval: tuple[float, float] | None, digits: int = 3, sign: str = "") -> str:
    """An interval in small print below a number."""
    if interval is None:
        return ""
    return f'<span class="interval">{interval[0]:{sign}.{digits}f} to {interval[1]:{sign}.{digits}f}</span>'


def table(
    identifier: str,
    caption: str,
    head: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    kind: str = "",
    sorted_by: tuple[int, str] | None = None,
) -> str:
    """A table whose caption and head are HTML; the first cell of a row is the row's own name, the others are cells.

    It scrolls sideways by itself where it is wider than the page. With `sorted_by`, a column and "ascending" or
    "descending", its heads become buttons.
    """
    body = list(rows)
    heads = []
    for place, title in enumerate(head):
        order = f' aria-sort="{sorted_by[1]}"' if sorted_by and sorted_by[0] == place else ""
        side = next((f' class="{kind}"' for kind in ("n", "words") if place and _any(body, place, kind)), "")
        heads.append(f'<th scope="col"{side}{order}>{title}</th>')
    lines = [f'<tr><th scope="row">{first}</th>{"".join(cells)}</tr>' for first, *cells in body]
    classes = " ".join(filter(None, [kind, "sortable" if sorted_by else ""]))
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-labelledby="{identifier}">\n'
        f'<table class="{classes}">\n<caption id="{identifier}">{caption}</caption>\n'
        f"<thead><tr>{''.join(heads)}</tr></thead>\n<tbody>\n" + "\n".join(lines) + "\n</tbody>\n</table>\n</div>"
    )


def _any(rows: Iterable[Sequence[str]], place: int, kind: str) -> bool:
    """Whether a column has cells of that kind."""
    return any(row[place].startswith(f'<td class="{kind}') for row in rows)
