from __future__ import annotations

import os
from pathlib import Path

import pytest

from imgsearch.cli.console import shown_file


def test_a_file_is_shown_as_relpath_spells_it_from_wherever_one_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    files = [tmp_path / "x.jpg", tmp_path / "a" / "y.jpg", tmp_path / "a" / "b" / "z z.jpg", Path("/far/away.jpg")]
    files += [Path("/root.jpg"), tmp_path / "c" / os.fsdecode(b"caf\xe9.jpg")]
    for here in (tmp_path, tmp_path / "a", tmp_path / "a" / "b"):
        monkeypatch.chdir(here)
        assert [shown_file(file) for file in files] == [os.path.relpath(file) for file in files]
