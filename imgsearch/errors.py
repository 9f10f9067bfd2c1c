"""Errors that a user can mend: one sentence with the file and the remedy, and exit code 2.

    UserError
    ├── PictureError      one picture cannot be read; folders of pictures go on without it
    ├── IndexFolderError  no index, a damaged one, or one that this version cannot read
    │   ├── ModelChangedError  an index was given another model meanwhile (in `imgsearch.index`)
    │   └── IndexBusyError     another process is changing it (in `imgsearch.index.lock`)
    └── ModelError        no model, a damaged one, or one that this version cannot read

Everything else that is raised is a bug and keeps its traceback.
"""

from __future__ import annotations


class UserError(Exception):
    """What is wrong, with which file, and what to do about it, in one line."""


class PictureError(UserError):
    """A picture that cannot be read; `reason` is the bare cause, the message names the file as well.

    `remedy` is for whoever was asked for this very picture; folders of pictures go on without it.
    """

    def __init__(self, path: str, reason: str, remedy: str = "give a picture file") -> None:
        super().__init__(f"{printable(path)}: {reason}")
        self.path = path
        self.reason = reason
        self.remedy = remedy


class IndexFolderError(UserError):
    """An index folder that is missing, damaged, locked, or of another format version."""


class ModelError(UserError):
    """A model folder that is missing, damaged, or of another format version."""


def printable(path: object) -> str:
    """A path as one line of valid UTF-8: line breaks escaped, undecodable bytes shown as `\\xNN`."""
    text = str(path).encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode() for character in text
    )
