from __future__ import annotations

from pathlib import Path

import pytest

from imgsearch.errors import UserError
from imgsearch.workflows.pairs import read_pairs


def table(folder: Path, text: str) -> Path:
    for name in ("a.png", "b.png", "c.png"):
        (folder / name).touch()
    (folder / "pairs.csv").write_text(text, encoding="utf-8")
    return folder / "pairs.csv"


def test_pairs_name_each_picture_once(tmp_path: Path) -> None:
    file = table(tmp_path, "a,b,same,remark\na.png,b.png,1,x\nb.png,c.png,no,\nb.png,a.png,true,again\n")
    pairs = read_pairs(file, tmp_path)
    assert [path.name for path in pairs.paths] == ["a.png", "b.png", "c.png"]
    assert pairs.pairs.first.tolist() == [0, 1] and pairs.pairs.second.tolist() == [1, 2]
    assert pairs.pairs.same.tolist() == [True, False]


def test_pairs_of_unreadable_pictures_drop_out(tmp_path: Path) -> None:
    pairs = read_pairs(table(tmp_path, "a,b,same\na.png,b.png,1\na.png,c.png,0\n"), tmp_path)
    kept = pairs.only((0, 2))  # b.png was no picture
    assert (kept.first.tolist(), kept.second.tolist(), kept.same.tolist()) == ([0], [1], [False])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no rows in it"),
        ("a,b\na.png,b.png\n", "no column 'same'"),
        ("a,b,same\na.png,,1\n", "line 2 has no a or no b"),
        ("a,b,same\na.png,b.png,maybe\n", "line 2: same is 'maybe'; write 1 for the same"),
        ("a,b,same\na.png,b.png\n", "line 2: same is ''"),
        ("a,b,same\na.png,a.png,1\n", "line 2 pairs a.png with itself"),
        ("a,b,same\na.png,b.png,1\nb.png,a.png,0\n", "lines 2 and 3 say the opposite of b.png and a.png"),
        ("a,b,same\na.png,gone.png,1\n", "1 of 2 pictures do not exist, the first in line 2: .*gone.png"),
        ("a,b,same\na.png,b.png,1\n./b.png,a.png,0\n", "lines 2 and 3 say the opposite"),
        ("a,b,same\na.png,./a.png,1\n", "line 2 pairs a.png with itself"),
        ("a,b,same\na.png,b.png,c.png,1\n", "line 2 has 4 cells and the first line 3"),
        ('a,b,same\na.png,"b.png,1\n', "not a CSV file"),
    ],
)
def test_a_table_out_of_order_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        read_pairs(table(tmp_path, text), tmp_path)
    with pytest.raises(UserError, match="cannot be read"):
        read_pairs(tmp_path / "none.csv", tmp_path)
