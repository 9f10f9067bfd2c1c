"""Labels from a table."""

from __future__ import annotations

from pathlib import Path

import pytest

from imgsearch.errors import UserError
from imgsearch.workflows.table import read_table


def written(folder: Path, text: str) -> Path:
    for name in "abcd":
        (folder / name).touch()
    file = folder / "labels.csv"
    file.write_text(text, encoding="utf-8")
    return file


def test_paths_labels_and_what_losses_want_beside_them_are_read(tmp_path: Path) -> None:
    file = written(
        tmp_path,
        'path,label,order,camera,domain,value\na.jpg,one,1,x,photo,0.5\n"b, b.jpg",two,2,x,drawing,1e3\n'
        "sub/c.jpg,one,3,y,photo,-2\n",
    )
    for name in ("a.jpg", "b, b.jpg", "sub/c.jpg"):
        (tmp_path / "photos" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "photos" / name).touch()
    data = read_table(file, tmp_path / "photos")
    assert data.paths == tuple(tmp_path / "photos" / name for name in ("a.jpg", "b, b.jpg", "sub/c.jpg"))
    assert data.classes == ("one", "two", "one")
    assert data.columns == {
        "order": (1.0, 2.0, 3.0),
        "camera": (0.0, 0.0, 1.0),
        "domain": (1.0, 0.0, 1.0),
        "value": (0.5, 1000.0, -2.0),
    }


def test_a_part_of_the_classes_keeps_its_columns(tmp_path: Path) -> None:
    data = read_table(written(tmp_path, "path,label,order\na,x,1\nb,y,2\nc,x,3\nd,x,4\n"), tmp_path)
    assert data.only(frozenset("x")).columns == {"order": (1.0, 3.0, 4.0)}
    assert data.at_most(1).columns == {"order": (1.0, 2.0)}


def test_a_byte_order_mark_as_spreadsheets_write_it_is_no_part_of_a_name(tmp_path: Path) -> None:
    assert read_table(written(tmp_path, "\ufeffpath,label\na,x\nb,y\n"), tmp_path).classes == ("x", "y")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no rows in it"),
        ("path,label\n", "no rows in it"),
        ("path,label\na,x\nb,y\na,x\n", "lines 2 and 4 both name a; take one out"),
        ("file,label\na,x\n", "no column 'path'"),
        ("path,class\na,x\n", "no column 'label'"),
        ("path,label\na,x\n,y\n", "line 3 has no path or no label"),
        ("path,label\na,x\nb\n", "line 3 has no path or no label"),
        ("path,label\na,x\nb,x\n", r"only one label \(x\)"),
        ("path,label\na,x\nb,x \n", r"only one label \(x\)"),
        (
            "path;label\na;x\nb;y\n",
            "no column 'path'; the first line names the columns, as path,label; it is path;label",
        ),
        ("path,label,label\na,x,y\nb,y,x\n", "two columns are called 'label'"),
        (
            "path,label\na,x\nb, b,y\n",
            "line 3 has 3 cells and the first line 2; a path with a comma in it goes in double",
        ),
        ("path,label\na,x\n\nb,y\n./a,x\n", "lines 2 and 5 both name ./a; take one out"),
        (
            "path,label\na,x\nb,y\ngone,y\nlost,x\n",
            "2 of 4 pictures do not exist, the first in line 4: .*gone; correct the",
        ),
        ("path,label,order\na,x,1\nb,y,soon\n", "line 3: order is 'soon', which is not a number"),
        ("path,label,value\na,x,nan\nb,y,1\n", "line 2: value is 'nan', which is not a number"),
        ("path,label,value\na,x\nb,y,1\n", "line 2 has no value; complete it, or take the column out"),
        ("path,label,camera\na,x,1\nb,y,\n", "line 3 has no camera; complete it, or take the column out"),
        ("path,label,sequence\na,x\nb,y,2\n", "line 2 has no sequence; complete it, or take the column out"),
        ('path,label\n"a"b,x\n', "not a CSV file"),
    ],
)
def test_tables_out_of_order_are_refused_with_the_line(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(UserError, match=rf"labels\.csv: {said}"):
        read_table(written(tmp_path, text), tmp_path)


def test_empty_lines_and_blanks_after_a_comma_are_no_part_of_a_table(tmp_path: Path) -> None:
    data = read_table(written(tmp_path, "path, label, sequence\n\na, x, s\n,,\nb, y, s\n"), tmp_path)
    assert data.paths == (tmp_path / "a", tmp_path / "b") and data.classes == ("x", "y")
    assert data.columns == {"sequence": (0.0, 0.0)}


def test_a_path_that_is_absolute_is_taken_as_it_is(tmp_path: Path) -> None:
    file = written(tmp_path, f"path,label\n{tmp_path / 'a'},x\nb,y\n")
    assert read_table(file, tmp_path).paths == (tmp_path / "a", tmp_path / "b")


def test_a_table_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"labels\.csv: cannot be read \(No such file"):
        read_table(tmp_path / "labels.csv", tmp_path)
