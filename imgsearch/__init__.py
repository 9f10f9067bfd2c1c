"""Content-based image retrieval with a notion of similarity that its user can train."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from imgsearch.api.encoder import Encoder
    from imgsearch.api.index import Index
    from imgsearch.errors import PictureError, UserError
    from imgsearch.index import Match
    from imgsearch.workflows.duplicates import Duplicates
    from imgsearch.workflows.evaluation.result import Evaluation
    from imgsearch.workflows.indexing.report import IndexReport
    from imgsearch.workflows.question import Answer

__version__ = "0.1.0"
__all__ = [
    "Answer",
    "Duplicates",
    "Encoder",
    "Evaluation",
    "Index",
    "IndexReport",
    "Match",
    "PictureError",
    "UserError",
    "__version__",
]

_PLACES = {
    "Answer": "workflows.question",
    "Duplicates": "workflows.duplicates",
    "Encoder": "api.encoder",
    "Evaluation": "workflows.evaluation.result",
    "Index": "api.index",
    "IndexReport": "workflows.indexing.report",
    "Match": "index",
    "PictureError": "errors",
    "UserError": "errors",
}


def __getattr__(name: str) -> object:
    """Import the public classes on first use (PEP 562): `imgsearch --help` loads no runtime that it does not need."""
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_PLACES[name]}"), name)
