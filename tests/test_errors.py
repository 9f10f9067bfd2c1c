"""Errors in one line, whatever the file is called."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imgsearch.errors import IndexFolderError, ModelError, PictureError, UserError, printable


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("plain name.png", "plain name.png"),
        ("line\nbreak\r\ttab", r"line\nbreak\r\ttab"),
        ("\x1b[31mred", r"\x1b[31mred"),
        ("\N{CAT FACE} café", "\N{CAT FACE} café"),
        ("right\N{RIGHT-TO-LEFT OVERRIDE}left", r"right\u202eleft"),
        (os.fsdecode(b"caf\xe9"), r"caf\xe9"),
        (Path("a") / "b", os.path.join("a", "b")),  # noqa: PTH118 - what the system writes
        ("", ""),
    ],
)
def test_names_are_shown_in_one_line(name: object, shown: str) -> None:
    assert printable(name) == shown


@given(st.binary())
def test_any_name_becomes_one_printable_line_of_utf_8_and_stays_it(name: bytes) -> None:
    shown = printable(name.decode("utf-8", "surrogateescape"))
    assert shown.isprintable()
    assert shown.encode("utf-8").decode() == shown
    assert printable(shown) == shown


def test_a_picture_error_names_the_file_and_keeps_the_bare_reason() -> None:
    error = PictureError("a\nb.jpg", "empty file")
    assert (str(error), error.path, error.reason) == (r"a\nb.jpg: empty file", "a\nb.jpg", "empty file")


def test_every_error_that_a_user_can_mend_is_one_family() -> None:
    assert all(issubclass(kind, UserError) for kind in (PictureError, IndexFolderError, ModelError))
    assert not issubclass(UserError, OSError | ValueError)
