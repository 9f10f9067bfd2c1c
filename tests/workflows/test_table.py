"""Labels from a table."""

from __future__ import annotations

from pathlib import Path

import pytest

from imgsearch.errors import UserError
from imgsearch.workflows.table import read_table


def written(folder: Path, text: str) -> Path:
    file = folder / "labels.csv"
    file.write_text(text, encoding="utf-8")
    return file


def test_paths_labels_and_what_losses_want_beside_them_are_read(tmp_path: Path) -> None:
    file = written(
        tmp_path,
        'path,label,order,camera,domain,value\na.jpg,one,1,x,photo,0.5\n"b, b.jpg",two,2,x,drawing,1e3\n'
        "sub/c.jpg,one,3,y,photo,-2\n",
    )
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
        ("path,label,order\na,x,1\nb,y,soon\n", "line 3: order is 'soon', which is not a number"),
        ("path,label,value\na,x,nan\nb,y,1\n", "line 2: value is 'nan', which is not a number"),
        ("path,label,value\na,x\nb,y,1\n", "line 2: value is None, which is not a number"),
        ("path,label,camera\na,x,1\nb,y,\n", "line 3 has no camera; complete it, or take the column out"),
        ("path,label,sequence\na,x\nb,y,2\n", "line 2 has no sequence; complete it, or take the column out"),
        ('path,label\n"a"b,x\n', "not a CSV file"),
    ],
)
def test_tables_out_of_order_are_refused_with_the_line(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(UserError, match=rf"labels\.csv: {said}"):
        read_table(written(tmp_path, text), tmp_path)


def test_a_table_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"labels\.csv: cannot be read \(No such file"):
        read_table(tmp_path / "labels.csv", tmp_path)
