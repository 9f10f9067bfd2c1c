"""`imgsearch query`, end to end."""

from __future__ import annotations

import base64
import csv
import io
import json
import os
import pty
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from imgsearch import Encoder

from ..conftest import draw, imgsearch
from .helpers import Finished, contents, copied, found, refused, succeeded

QUERY = "photos/warm/0.png"
NAMES = [
    b"plain.png",
    b"a b  c.png",
    b"line\nbreak.png",
    b'"quoted", too.png',
    b"tab\there.png",
    "\N{SNOWMAN}\N{CAT FACE}.png".encode(),
    b"caf\xe9.png",
]


def test_the_answer_is_that_of_a_loop_over_all_pictures(pictures_index: Path) -> None:
    paths = [path for path in sorted(pictures_index.rglob("photos/*/*")) if not path.match(QUERY)]
    vectors = Encoder().embed([pictures_index / QUERY, *paths]).astype(np.float64)
    similarities = vectors[1:] @ vectors[0]
    lines = succeeded(imgsearch("query", QUERY, folder=pictures_index)).decode().splitlines()
    assert len(lines) == 10  # the default
    assert [float(line.split("\t")[0]) for line in lines] == pytest.approx(-np.sort(-similarities)[:10], abs=2e-4)
    for line in lines:
        similarity, path = line.split("\t")
        assert re.fullmatch(r"-?[01]\.\d{4}", similarity)
        assert float(similarity) == pytest.approx(similarities[paths.index(pictures_index / path)], abs=2e-4)


def test_the_queried_file_is_left_out_and_its_copies_come_first(pictures_index: Path, tmp_path: Path) -> None:
    folder = copied(pictures_index, tmp_path / "copy")
    for copy in ("copy.png", "cool/another.png"):
        shutil.copyfile(folder / QUERY, folder / "photos" / copy)
    (folder / "link.png").symlink_to(QUERY)
    succeeded(imgsearch("index", folder=folder))
    itself: list[str | Path] = [QUERY, folder / QUERY, "photos/../photos/warm/0.png", "link.png"]
    run = imgsearch("query", *itself, "--threshold", "1", "--json", folder=folder)  # 1 is within reach of copies
    for answer in json.loads(succeeded(run)):
        assert sorted(match["path"] for match in answer["matches"]) == ["photos/cool/another.png", "photos/copy.png"]
        assert {match["similarity"] for match in answer["matches"]} == {1.0}
    everything = found(imgsearch("query", QUERY, "-k", "999", folder=folder))
    assert len(everything) == len(set(everything)) == 13
    assert QUERY.encode() not in everything


@pytest.fixture(scope="module")
def odd_names(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copies of one picture under names that are hard to print, indexed."""
    folder = tmp_path_factory.mktemp("odd")
    picture = draw(folder / "picture.png", 1)
    (folder / "photos").mkdir()
    for name in NAMES:
        shutil.copyfile(picture, folder / "photos" / os.fsdecode(name))
    succeeded(imgsearch("index", "photos", folder=folder))
    return folder


def from_json(entry: dict[str, str], name: str = "path") -> bytes:
    if f"{name}_b64" in entry:
        path = base64.b64decode(entry[f"{name}_b64"])
        assert entry[name] == path.decode("utf-8", "replace")
        return path
    return entry[name].encode()


def test_every_format_gives_back_the_same_files_whatever_their_names(odd_names: Path) -> None:
    expected = sorted(b"photos/" + name for name in NAMES)
    queries = [b"picture.png", b"photos/caf\xe9.png"]

    def printed(*options: str) -> bytes:
        return succeeded(imgsearch("query", *queries, *options, folder=odd_names))

    answers = json.loads(printed("--json"))
    assert [from_json(answer, "query") for answer in answers] == queries
    assert [set(answer) for answer in answers] == [{"query", "matches"}, {"query", "query_b64", "matches"}]
    assert {frozenset(match) - {"path_b64"} for answer in answers for match in answer["matches"]} == {
        frozenset({"path", "similarity"})
    }
    everything = [from_json(match) for answer in answers for match in answer["matches"]]
    assert sorted(everything[:7]) == expected
    assert sorted(everything[7:]) == [path for path in expected if path != queries[1]]

    lines = [json.loads(line) for line in printed("--jsonl").decode().split("\n")[:-1]]
    assert {frozenset(line) - {"path_b64", "query_b64"} for line in lines} == {
        frozenset({"query", "rank", "path", "similarity"})
    }
    assert [from_json(line) for line in lines] == everything
    assert [from_json(line, "query") for line in lines] == [queries[0]] * 7 + [queries[1]] * 6
    assert [line["rank"] for line in lines] == [1, 2, 3, 4, 5, 6, 7, 1, 2, 3, 4, 5, 6]
    assert {line["similarity"] for line in lines} == {1.0}

    text = io.StringIO(printed("--csv").decode("utf-8", "surrogateescape"), newline="")
    header, *rows = csv.reader(text)
    assert header == ["query", "rank", "path", "similarity"]
    assert [(os.fsencode(query), int(rank), os.fsencode(path)) for query, rank, path, _ in rows] == [
        (from_json(line, "query"), line["rank"], from_json(line)) for line in lines
    ]

    for option in ("-0", "--print0"):
        assert printed(option).split(b"\0") == [*everything, b""]
    assert printed("--paths") == b"".join(path + b"\n" for path in everything)
    assert printed() == b"".join(b"1.0000\t" + path + b"\n" for path in everything)


def test_matches_can_be_piped_into_xargs(odd_names: Path) -> None:
    command = f'"{sys.executable}" -m imgsearch query picture.png -0 -k 50 | xargs -0 cat | wc -c'
    run = subprocess.run(["bash", "-c", command], cwd=odd_names, capture_output=True, check=True)
    assert int(run.stdout) == len(NAMES) * (odd_names / "picture.png").stat().st_size


def test_several_queries_are_answered_in_order_and_bad_ones_stop_no_other(pictures_index: Path, tmp_path: Path) -> None:
    (tmp_path / "text.jpg").write_text("These are no pixels.")
    (tmp_path / "empty.png").touch()
    bad = [tmp_path / "missing.jpg", tmp_path / "text.jpg", tmp_path, tmp_path / "empty.png"]
    good = ["photos/warm/3.png", "photos/cool/1.jpg", "photos/warm/0.png"]
    mixed: list[str | Path] = [good[0], bad[0], bad[1], good[1], bad[2], good[2], bad[3]]
    run = imgsearch("query", *mixed, "-k", "2", "--json", folder=pictures_index)
    assert run.returncode == 2
    answers = json.loads(run.stdout)
    assert [answer["query"] for answer in answers] == good
    reasons = ["no such file", "not a picture that Pillow can read", "a folder, not a picture", "empty file"]
    said = [f"imgsearch: {path}: {reason}; give a picture file" for path, reason in zip(bad, reasons, strict=True)]
    assert run.stderr.decode().splitlines()[:4] == said
    (alone,) = json.loads(succeeded(imgsearch("query", good[1], "-k", "2", "--json", folder=pictures_index)))
    assert [match["path"] for match in alone["matches"]] == [match["path"] for match in answers[1]["matches"]]
    for path in bad[:2]:
        refused(imgsearch("query", path, folder=pictures_index), str(path), "give a picture file")


def test_exact_and_ann_agree(pictures_index: Path, tmp_path: Path) -> None:
    folder = copied(pictures_index, tmp_path / "copy")
    query = draw(tmp_path / "query.png", 7)
    before = contents(folder)
    exact = imgsearch("query", query, QUERY, "-k", "12", "--exact", "--jsonl", folder=folder)
    assert contents(folder) == before
    assert exact.stderr.count(b"(exact)") == 1
    ann = imgsearch("query", query, QUERY, "-k", "12", "--ann", "--jsonl", folder=folder)
    assert ann.stderr.count(b"(ann)") == 1
    one, other = ([json.loads(line) for line in succeeded(run).splitlines()] for run in (exact, ann))
    assert len(one) == 23
    assert [(line["query"], line["rank"]) for line in one] == [(line["query"], line["rank"]) for line in other]
    assert [line["similarity"] for line in one] == pytest.approx([line["similarity"] for line in other], abs=1e-5)
    assert {(line["query"], line["path"]) for line in one} == {(line["query"], line["path"]) for line in other}


def test_explain_says_which_way_was_taken_and_why(pictures_index: Path) -> None:
    said = imgsearch("query", QUERY, "--explain", folder=pictures_index).stderr.decode()
    assert f".imgsearch: exact: 1 query over 12 × {Encoder().dimension} numbers" in said
    assert "forecast: exact scan 0.0" in said and "building a graph and searching it" in said
    assert (
        "exact: asked for" in imgsearch("query", QUERY, "--explain", "--exact", folder=pictures_index).stderr.decode()
    )
    within = imgsearch("query", QUERY, "--explain", "--within", "photos/warm", folder=pictures_index).stderr.decode()
    assert "exact: 6 of 12 pictures pass the filter" in within


def test_a_threshold_that_nothing_reaches_gives_exit_code_1(pictures_index: Path, tmp_path: Path) -> None:
    query = draw(tmp_path / "query.png", 7)
    for options, nothing in {"": b"", "--json": None}.items():
        run = imgsearch("query", query, "--threshold", "1", *options.split(), folder=pictures_index)
        assert (run.returncode, run.stderr.count(b"\n")) == (1, 1)
        assert run.stderr.startswith(b"0 matches among 12 pictures")
        if nothing is None:
            assert json.loads(run.stdout) == [{"query": str(query), "matches": []}]
        else:
            assert run.stdout == nothing
    everything = json.loads(succeeded(imgsearch("query", query, "-k", "12", "--json", folder=pictures_index)))
    similarities = [match["similarity"] for match in everything[0]["matches"]]
    cut = (similarities[3] + similarities[4]) / 2
    assert len(found(imgsearch("query", query, "--threshold", f"{cut:.9f}", folder=pictures_index))) == 4
    assert len(found(imgsearch("query", query, "-k", "9" * 20, "--threshold=-1", folder=pictures_index))) == 12


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["-k", "0"], "'-k'"),
        (["-k", "many"], "'-k'"),
        (["--threshold", "2"], "--threshold 2: out of range"),
        (["--threshold=-1.01"], "--threshold -1.01: out of range"),
        (["--threshold", "nan"], "--threshold nan: out of range"),
        (["--exact", "--ann"], "--exact and --ann exclude each other"),
        (["--json", "--jsonl"], "--json and --jsonl exclude each other"),
        (["-0", "--csv"], "--csv and --print0 exclude each other"),
        (["--index", "photos"], "photos: no index there; run `imgsearch index FOLDER` first"),
        (["--colour"], "--colour"),
    ],
)
def test_options_that_make_no_sense_are_refused(pictures_index: Path, options: list[str], said: str) -> None:
    refused(imgsearch("query", QUERY, *options, folder=pictures_index), said)


def test_the_index_is_found_from_below_and_paths_are_relative_to_here(pictures_index: Path, tmp_path: Path) -> None:
    here = imgsearch("query", QUERY, folder=pictures_index)
    below = imgsearch("query", "0.png", folder=pictures_index / "photos" / "warm")
    assert [os.path.relpath(path, b"photos/warm") for path in found(here)] == found(below)
    named = {"IMGSEARCH_INDEX": str(pictures_index / ".imgsearch")}
    away = imgsearch("query", pictures_index / QUERY, folder=tmp_path, environment=named)
    chosen = imgsearch("query", pictures_index / QUERY, "--index", pictures_index, folder=tmp_path)
    assert found(away) == found(chosen)
    resolved = [(tmp_path / os.fsdecode(path)).resolve() for path in found(away)]
    assert resolved == [(pictures_index / os.fsdecode(path)).resolve() for path in found(here)]
    lost = imgsearch("query", pictures_index / QUERY, folder=tmp_path)
    refused(lost, "no index in this folder or above it; run `imgsearch index FOLDER` first")


def test_folder_and_index_move_together(pictures_index: Path, tmp_path: Path) -> None:
    moved = copied(pictures_index, tmp_path / "another place" / "folder")
    assert found(imgsearch("query", QUERY, folder=moved)) == found(imgsearch("query", QUERY, folder=pictures_index))
    counts = json.loads(succeeded(imgsearch("index", "--json", folder=moved)))
    assert (counts["unchanged"], counts["added"], counts["updated"], counts["removed"]) == (12, 0, 0, 0)


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_a_reader_that_has_enough_is_no_error(pictures_index: Path, options: list[str]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-W", "error", "-m", "imgsearch", "query", QUERY, *options]
    run = subprocess.run(command, cwd=pictures_index, stdout=writer, stderr=subprocess.PIPE, check=False)
    os.close(writer)
    assert (run.returncode, run.stderr) == (0, b"")


def test_head_may_take_the_first_line_of_many(pictures_index: Path) -> None:
    imgsearch_command = f'"{sys.executable}" -W error -m imgsearch'
    many = f"{QUERY} " * 200 + "-k 12 --jsonl"  # more than a pipe holds
    command = f"set -o pipefail; {imgsearch_command} query {many} | head -n 1"
    run = subprocess.run(["bash", "-c", command], cwd=pictures_index, capture_output=True, check=False)
    assert (run.returncode, run.stderr) == (0, b"")
    assert json.loads(run.stdout)["rank"] == 1


def on_a_terminal(*arguments: str | bytes, folder: Path, environment: dict[str, str]) -> Finished:
    """The real command with its standard output on a terminal of 60 columns."""
    outside, inside = pty.openpty()
    variables = {name: value for name, value in os.environ.items() if name not in {"NO_COLOR", "FORCE_COLOR"}}
    command = [sys.executable, "-W", "error", "-m", "imgsearch", *arguments]
    with subprocess.Popen(
        command,
        cwd=folder,
        env={**variables, "TERM": "xterm-256color", "COLUMNS": "60", **environment},
        stdout=inside,
        stderr=subprocess.PIPE,
    ) as process:
        os.close(inside)
        seen = b""
        try:
            while part := os.read(outside, 65536):
                seen += part
        except OSError:  # how Linux says that the terminal was closed
            pass
        os.close(outside)
        err = process.communicate()[1]
    return Finished(command, process.returncode, seen.replace(b"\r\n", b"\n"), err)


def test_a_terminal_gets_a_table_that_no_name_can_garble(odd_names: Path) -> None:
    run = on_a_terminal("query", "picture.png", folder=odd_names, environment={"NO_COLOR": "1"})
    text = succeeded(run).decode()
    plain = re.sub(r"\x1b\[[\d;]*m", "", text)
    header, *rows = plain.splitlines()
    assert header.split() == ["rank", "similarity", "path"]
    assert [row.split()[:2] for row in rows] == [[str(rank), "1.0000"] for rank in range(1, 8)]
    assert {row.split(maxsplit=2)[2].rstrip() for row in rows} >= {r"photos/line\nbreak.png", r"photos/caf\xe9.png"}
    assert all(character.isprintable() or character == "\n" for character in plain)
    parameters = {int(code) for codes in re.findall(r"\x1b\[([\d;]*)m", text) for code in codes.split(";") if code}
    assert parameters <= {0, 1, 2}  # bold and dim, but no colour

    dumb = on_a_terminal("query", "picture.png", "missing.png", folder=odd_names, environment={"TERM": "dumb"})
    assert dumb.returncode == 2
    assert b"\x1b" not in dumb.stdout
    assert dumb.stdout.decode().splitlines()[0].rstrip() == "picture.png"  # of several queries each is named
