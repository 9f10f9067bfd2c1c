"""The oddest names, and what the tests in a browser ask of a page."""

from __future__ import annotations

from ..chromium import Page

CLASSES = [
    b"plain",
    b"caf\xe9",
    b"</script><b>bold",
    b"line\nbreak",
    b'"quoted" & {text} \'',
    "שלום\N{CAT FACE}".encode(),
]
FILES = [b"a b.png", b"<!--<script>.png", b"new\nline.png", b"per%20cent#?.png", b"\xff\xfe.png"]


def emulate(page: Page, *, width: int = 1280, scheme: str = "light", media: str = "screen") -> None:
    page.call("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False)
    page.call("Emulation.setEmulatedMedia", media=media, features=[{"name": "prefers-color-scheme", "value": scheme}])


def texts(page: Page, selector: str) -> list[str]:
    found: list[str] = page.evaluate(f"[...document.querySelectorAll({selector!r})].map(e => e.textContent)")
    return found
