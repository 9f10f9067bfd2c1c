"""Content-based image retrieval with a notion of similarity that its user can train."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from imgsearch.encoder import Encoder
    from imgsearch.index import Index

__version__ = "0.1.0"
__all__ = ["Encoder", "Index", "__version__"]


def __getattr__(name: str) -> object:
    """Import the public classes on first use (PEP 562): `imgsearch --help` loads no runtime that it does not need."""
    if name == "Encoder":
        from imgsearch.encoder import Encoder

        return Encoder
    if name == "Index":
        from imgsearch.index import Index

        return Index
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
