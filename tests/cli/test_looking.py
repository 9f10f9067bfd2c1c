"""`imgsearch query` with `--html`, `--open`, `--sheet` and `--show`, end to end; the page itself is in test_page.py."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import shutil
import struct
import subprocess
import sys
import termios
from pathlib import Path

import pytest
from PIL import Image

from ..conftest import imgsearch
from .helpers import contents, copied, refused, succeeded

QUERY = "photos/warm/0.png"


def test_page_and_sheet_come_beside_the_answer_which_stays_as_it_was(pictures_index: Path, tmp_path: Path) -> None:
    page, sheet = tmp_path / "page.html", tmp_path / "sheet.png"
    for options in ([], ["--json"], ["-0"], ["--csv"]):
        plain = succeeded(imgsearch("query", QUERY, "-k", "3", *options, folder=pictures_index))
        run = imgsearch("query", QUERY, "-k", "3", *options, "--html", page, "--sheet", sheet, folder=pictures_index)
        assert succeeded(run) == plain
        size = page.stat().st_size / 1e6
        assert f"page.html: a page with 4 pictures, {size:.2f} MB\n" in run.stderr.decode()
        with Image.open(sheet) as image:
            assert image.width > 4 * 200
        page.unlink()
        sheet.unlink()
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_whole_file_is_shown_as_it_was_asked_for(pictures_index: Path, tmp_path: Path) -> None:
    content = (pictures_index / QUERY).read_bytes()
    command: list[str | Path] = [
        sys.executable,
        "-m",
        "imgsearch",
        "query",
        "-",
        "-k",
        "2",
        "--html",
        tmp_path / "a.html",
    ]
    subprocess.run(command, input=content, cwd=pictures_index, check=True, capture_output=True)
    piped = (tmp_path / "a.html").read_text(encoding="utf-8")
    assert '<a class="picture" href="#">' in piped and 'alt="query -"' in piped
    options: list[str | Path] = [
        "--together",
        "--crop",
        "50%,0,50%,50%",
        "--html",
        tmp_path / "b.html",
        "--sheet",
        tmp_path / "b.png",
    ]
    succeeded(imgsearch("query", QUERY, "photos/cool/1.jpg", "-k", "2", *options, folder=pictures_index))
    both = (tmp_path / "b.html").read_text(encoding="utf-8")
    assert 'width="80" height="30" alt="query photos/warm/0.png + photos/cool/1.jpg"' in both  # two halves of 40 × 30
    with Image.open(tmp_path / "b.png") as image:
        assert image.width == 3 * 200 + 6 * 16


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--html", "nowhere/page.html"], "page.html: cannot be written (No such file or directory)"),
        (["--html", "."], ".: cannot be written (a folder); name another file for --html"),
        (["--html", "-"], "--html -: standard output is for the answer; name a file"),
        (["--sheet", "nowhere/sheet.png"], "sheet.png: cannot be written (No such file or directory)"),
        (["--sheet", "sheet.txt"], "sheet.txt: .txt is no format that pictures are written in; name a .png"),
        (["--sheet", "sheet"], "sheet: has no suffix; name a .png, .jpg or .webp file"),
        (["--show"], "--show: standard output is not a terminal; leave it away, set IMGSEARCH_GRAPHICS=blocks"),
        (["--show", "--json"], "--show and --json exclude each other"),
    ],
)
def test_what_cannot_be_shown_or_written_is_refused_at_once(
    pictures_index: Path, tmp_path: Path, options: list[str], said: str
) -> None:
    run = imgsearch("query", pictures_index / QUERY, "--index", pictures_index, *options, folder=tmp_path)
    refused(run, said)
    assert list(tmp_path.iterdir()) == []


def test_no_picture_is_ever_written_over(pictures_index: Path, tmp_path: Path) -> None:
    folder = copied(pictures_index, tmp_path / "copy")
    (folder / "link.png").symlink_to("photos/warm/1.png")
    before = contents(folder)
    for option, file in {"--sheet": QUERY, "--html": "link.png"}.items():
        run = imgsearch("query", QUERY, "-k", "12", option, file, folder=folder)
        assert run.returncode == 2
        assert f"is one of the pictures themselves; name another file for {option}" in run.stderr.decode()
    assert contents(folder) == before


def test_an_earlier_page_stays_where_a_new_one_fails_or_nothing_could_be_asked(
    pictures_index: Path, tmp_path: Path
) -> None:
    page = tmp_path / "page.html"
    page.write_text("earlier")
    missing = imgsearch("query", "missing.png", "--html", page, folder=pictures_index)
    refused(missing, "missing.png: no such file")
    assert [path.read_text() for path in tmp_path.iterdir()] == ["earlier"]
    assert imgsearch("query", QUERY, "--html", os.devnull, folder=pictures_index).returncode == 0
    assert not Path(os.devnull).is_file()


def test_pictures_that_are_gone_or_broken_meanwhile_leave_their_place_empty(
    pictures_index: Path, tmp_path: Path
) -> None:
    folder = copied(pictures_index, tmp_path / "copy")
    (folder / "photos/warm/1.png").unlink()
    (folder / "photos/cool/1.jpg").write_text("no picture")
    run = imgsearch("query", QUERY, "-k", "12", "--html", "page.html", "--sheet", "s.jpg", folder=folder)
    assert len(succeeded(run).splitlines()) == 11
    said = run.stderr.decode()
    for line in ("warm/1.png: no such file;", "cool/1.jpg: not a picture that Pillow can read;"):
        assert said.count(f"{line} a placeholder is shown instead\n") == 2
    page = (folder / "page.html").read_text()
    assert (page.count('class="missing"'), page.count("<img ")) == (2, 11)  # ten pictures, and the larger view


def test_no_match_is_shown_as_such(pictures_index: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    options: list[str | Path] = ["--threshold", "1", "--html", page, "--sheet", tmp_path / "sheet.png"]
    run = imgsearch("query", QUERY, *options, folder=pictures_index)
    assert (run.returncode, run.stdout) == (1, b"")
    assert "No match." in page.read_text()
    assert "a page with 1 picture," in run.stderr.decode()


def test_a_thousand_queries_fit_on_one_page_with_each_picture_once(pictures_index: Path, tmp_path: Path) -> None:
    queries = [f"photos/{name}" for name in ("warm/0.png", "warm/1.png", "cool/0.jpg", "cool/1.jpg")] * 250
    page, sheet = tmp_path / "page.html", tmp_path / "sheet.png"
    run = imgsearch("query", *queries, "-k", "10", "--html", page, folder=pictures_index)
    assert len(succeeded(run).splitlines()) == 10_000
    text = page.read_text()
    assert (text.count("<section "), text.count("<figure>"), text.count("data:image/webp")) == (1000, 11_000, 12)
    run = imgsearch("query", *queries, "--sheet", sheet, folder=pictures_index)
    assert run.returncode == 2
    assert "pixels are too many; ask for fewer matches, or use --html" in run.stderr.decode()


@pytest.mark.parametrize("named", [True, False])
def test_open_hands_the_page_to_the_browser(pictures_index: Path, tmp_path: Path, named: bool) -> None:
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\nprintf %s "$1" > "{tmp_path}/url"\n')
    browser.chmod(0o755)
    environment = {"BROWSER": str(browser), "TMPDIR": str(tmp_path)}
    options: list[str | Path] = ["--html", tmp_path / "a b.html"] if named else []
    run = imgsearch("query", QUERY, "--open", *options, folder=pictures_index, environment=environment)
    assert len(succeeded(run).splitlines()) == 10
    (page,) = tmp_path.glob("*.html")
    assert (page.name == "a b.html") is named
    assert (tmp_path / "url").read_text() == page.as_uri()
    assert page.read_text().startswith("<!doctype html>")
    assert f"{page.name}: a page with 11 pictures" in run.stderr.decode()


def test_show_needs_no_terminal_where_the_protocol_is_named(pictures_index: Path) -> None:
    plain = succeeded(imgsearch("query", QUERY, folder=pictures_index))
    for protocol, mark in {
        "blocks": b"\xe2\x96\x80",
        "kitty": b"\x1b_G",
        "iterm2": b"\x1b]1337",
        "sixel": b"\x1bP",
    }.items():
        environment = {"IMGSEARCH_GRAPHICS": protocol, "COLUMNS": "80"}
        shown = succeeded(imgsearch("query", QUERY, "--show", folder=pictures_index, environment=environment))
        assert shown.endswith(plain)
        assert mark in shown
        for rank, line in enumerate(plain.splitlines(), 1):
            assert b"%d  %s" % (rank, line.split(b"\t")[0]) in shown
    odd = imgsearch("query", QUERY, "--show", folder=pictures_index, environment={"IMGSEARCH_GRAPHICS": "paper"})
    refused(odd, "$IMGSEARCH_GRAPHICS: paper is none of kitty, iterm2, sixel, blocks")


def test_show_writes_no_escape_codes_to_a_dumb_terminal(pictures_index: Path) -> None:
    run = imgsearch("query", QUERY, "--show", folder=pictures_index, environment={"TERM": "dumb"})
    refused(
        run, "--show: a terminal with TERM=dumb shows no pictures; use --html or --sheet, or set IMGSEARCH_GRAPHICS"
    )


def test_show_leaves_a_box_for_a_picture_that_is_gone(pictures_index: Path, tmp_path: Path) -> None:
    folder = copied(pictures_index, tmp_path / "copy")
    (folder / "photos/warm/1.png").unlink()
    environment = {"IMGSEARCH_GRAPHICS": "blocks"}
    run = imgsearch("query", QUERY, "-k", "12", "--show", folder=folder, environment=environment)
    assert succeeded(run).decode().count("cannot be read") == 1
    assert b"1.png: no such file; a placeholder is shown instead\n" in run.stderr


ANSWERS = {
    b"\x1b_Gi=31;OK\x1b\\\x1b[6;20;10t\x1b[?62c": b"\x1b_Ga=T,",
    b"\x1b[?62;4c": b'\x1bP0;1;0q"1;1;',
    b"\x1b[?6c": "▀".encode(),
}


@pytest.mark.parametrize(("answers", "drawn"), ANSWERS.items())
def test_show_asks_the_terminal_what_it_speaks(pictures_index: Path, answers: bytes, drawn: bytes) -> None:
    outside, inside = pty.openpty()
    fcntl.ioctl(inside, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    code = (
        "import fcntl, os, sys, termios; os.setsid(); fcntl.ioctl(1, termios.TIOCSCTTY, 0);"
        "os.execv(sys.executable, [sys.executable, '-W', 'error', '-m', 'imgsearch', *sys.argv[1:]])"
    )
    command = [sys.executable, "-c", code, "query", QUERY, "-k", "2", "--show"]
    environment = {**os.environ, "TERM": "xterm-256color"}
    environment.pop("TERM_PROGRAM", None)
    with subprocess.Popen(command, cwd=pictures_index, env=environment, stdin=inside, stdout=inside) as process:
        os.close(inside)
        seen = b""
        try:
            while part := os.read(outside, 65536):
                seen += part
                if b"\x1b[c" in part:
                    os.write(outside, answers)
        except OSError:  # how Linux says that the terminal was closed
            pass
        os.close(outside)
    assert process.returncode == 0
    assert drawn in seen
    assert answers not in seen  # which an echo would have printed
    assert re.search(rb"1  0\.\d{4} +2  0\.\d{4}", seen)
    assert b"similarity" in seen


@pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")
def test_pictures_show_in_tmux(pictures_index: Path, tmp_path: Path) -> None:
    tmux = ["tmux", "-S", str(tmp_path / "socket"), "-f", os.devnull]
    command = f"'{sys.executable}' -m imgsearch query {QUERY} -k 3 --show; echo; echo finished; sleep 60"
    environment = {**os.environ, "COLORTERM": "truecolor"}
    start = [*tmux, "new-session", "-d", "-x", "90", "-y", "40", command]
    subprocess.run(start, cwd=pictures_index, env=environment, check=True)
    try:
        screen = ""
        for _ in range(300):
            grab = subprocess.run([*tmux, "capture-pane", "-p"], capture_output=True, text=True, check=True)
            if "finished" in (screen := grab.stdout):
                break
            subprocess.run(["sleep", "0.2"], check=True)
    finally:
        subprocess.run([*tmux, "kill-server"], check=True)
    rows = screen.splitlines()
    table = rows[23:25]
    assert rows[0] == "  ".join(["▀" * 24] * 3)
    assert rows[9].split() == ["query", *(part for row in table for part in row.split()[:2])]
    assert [row.split()[2].split("/")[0] for row in table] == ["photos"] * 2


def test_a_plain_query_loads_nothing_that_is_for_looking(pictures_index: Path) -> None:
    script = (
        "import sys\nfrom imgsearch.cli import main\n"
        f"sys.argv = ['imgsearch', 'query', {QUERY!r}]\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\nprint(*sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", script], cwd=pictures_index, capture_output=True, text=True, check=True)
    loaded = set(run.stdout.splitlines()[-1].split())
    ours = {f"imgsearch.cli.{name}" for name in ("page", "sheet", "terminal", "capabilities", "replacing")}
    assert "imgsearch.cli.looking" in loaded
    assert not loaded & {
        *ours,
        "imgsearch.images.thumbnails",
        "imgsearch.images.graphics",
        "webbrowser",
        "PIL.ImageFont",
    }
