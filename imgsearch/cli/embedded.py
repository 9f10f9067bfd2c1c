"""What the pages that we write share: no network, no other file, and each picture in them once.

Where a picture is shown again, embedded.js takes it from where it was shown first. base.css has the colours.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from pathlib import Path

from imgsearch.errors import PictureError
from imgsearch.images.thumbnails import Encoded, Picture

POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'"


@dataclass(frozen=True)
class Written:
    """What became of a page: its size in bytes, how many pictures are on it, and which could not be read."""

    size: int
    pictures: int
    unread: list[PictureError]


class EmbeddedPictures:
    """Hands out pictures as `<img>`: with the content when first asked for one, and a reference to it afterwards."""

    def __init__(self, draw: Callable[[Picture], Encoded | PictureError]) -> None:
        self._draw = draw
        self._known: dict[Picture, str] = {}

    def element(self, picture: Picture, text: str) -> str:
        """The element of a picture that is described by `text`, which is HTML already."""
        if picture in self._known:
            return self._known[picture].replace("{text}", text)
        drawn = self._draw(picture)
        if isinstance(drawn, PictureError):
            reason = escape(drawn.reason).replace("{", "&#123;")
            missing = f'<span class="missing" role="img" aria-label="{{text}}: {reason}">{reason}</span>'
            self._known[picture] = missing
            return missing.replace("{text}", text)
        name, data = f"p{len(self._known)}", base64.b64encode(drawn.content).decode()
        rest = f'width="{drawn.width}" height="{drawn.height}" alt="{{text}}">'
        self._known[picture] = f'<img data-as="{name}" {rest}'
        return f'<img id="{name}" src="data:image/webp;base64,{data}" {rest}'.replace("{text}", text)


def beside(module: str, *names: str) -> str:
    """The texts of files that lie beside a module (its `__file__`), one after the other."""
    return "".join(Path(module).with_name(name).read_text(encoding="utf-8") for name in names)


def opening(title: str, style: str) -> str:
    """A page up to its `<body>`; both are HTML and CSS already."""
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta name="color-scheme" content="light dark">\n<title>{title} – imgsearch</title>\n'
        f"<style>\n{beside(__file__, 'base.css')}{style}</style>\n</head>\n<body>\n"
    )


def closing(script: str) -> str:
    """The end of a page, which runs these scripts."""
    return f'<script>\n"use strict";\n{beside(__file__, "embedded.js")}{script}</script>\n</body>\n</html>\n'
