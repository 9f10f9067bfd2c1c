"""Pictures in the page: small, each once, with what they are in words and a link to the file."""

from __future__ import annotations

import os
from collections.abc import Iterable
from functools import partial
from html import escape
from pathlib import Path
from urllib.parse import quote

from imgsearch.cli.embedded import EmbeddedPictures
from imgsearch.cli.report import markup
from imgsearch.errors import PictureError
from imgsearch.images.thumbnails import Encoded, Picture, each, encoded
from imgsearch.progress import progress

SIDE, MOST_BYTES = 160, 6_000
"""Of each picture: pixels on its longer side, and bytes, for which it is made smaller still."""

SIGNS = {"query": "", "right": "✓ ", "wrong": "✗ "}
"""What a picture is, in its frame and before its name: not by colour alone."""


class Tiles:
    """Hands out pictures as figures."""

    def __init__(self, paths: Iterable[Path], page: Path, unread: dict[str, PictureError]) -> None:
        """Read them all; `page` is the file that links start from, and `unread` takes those that cannot be read."""
        wanted = list(dict.fromkeys(paths))
        draw = partial(encoded, side=SIDE, most_bytes=MOST_BYTES)
        pictures = each(draw, progress(wanted, description="drawing pictures"), unread)
        drawn: dict[Picture, Encoded | PictureError] = dict(zip(wanted, pictures, strict=True))
        self._pictures = EmbeddedPictures(drawn.__getitem__)
        self._folder = page.absolute().parent
        self.paths = frozenset(wanted)

    def tile(self, path: Path, what: str, class_name: str, kind: str) -> str:
        """A picture of a class, `what` it is here (HTML), and whether it is a query, right or wrong."""
        file = markup.said(path.name, 60)
        picture = self._pictures.element(path, f"{what}, {kind}: {markup.said(class_name, 40)}, file {file}")
        name = markup.name(class_name or path.name, 40)
        return (
            f'<figure class="tile {kind}"><a href="{self._link(path)}" title="{file}">{picture}</a>'
            f"<figcaption>{SIGNS[kind]}{name}<small>{what}</small></figcaption></figure>"
        )

    def _link(self, path: Path) -> str:
        """To the file, as seen from the page, so that both can move together."""
        try:
            relative = os.path.relpath(path, self._folder)
        except ValueError:  # another drive
            return escape(path.absolute().as_uri())
        return escape(quote(os.fsencode(relative).replace(os.fsencode(os.sep), b"/")))
