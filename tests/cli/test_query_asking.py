"""`imgsearch query`: all the ways to ask."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Sequence
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from imgsearch import Encoder

from ..conftest import draw, imgsearch
from .helpers import Finished, copied, found, refused, succeeded

WARM, COOL = "photos/warm/0.png", "photos/cool/1.jpg"


def embedded(folder: Path, names: Sequence[str]) -> NDArray[np.float64]:
    rows: NDArray[np.float64] = Encoder().embed([folder / name for name in names]).astype(np.float64)
    return rows


def by_hand(folder: Path, query: NDArray[np.float64], without: Sequence[str] = ()) -> list[str]:
    """All pictures of the index but some, by a product with each."""
    names = [str(path.relative_to(folder)) for path in sorted(folder.glob("photos/*/*"))]
    names = [name for name in names if name not in without]
    similarities = embedded(folder, names) @ query
    return [names[place] for place in np.argsort(-similarities, kind="stable")]


def with_input(content: bytes, *arguments: str, folder: Path) -> Finished:
    command = [sys.executable, "-W", "error", "-m", "imgsearch", *arguments]
    return subprocess.run(command, cwd=folder, input=content, capture_output=True, check=False)


def answers(run: Finished) -> dict[str, list[str]]:
    return {entry["query"]: [match["path"] for match in entry["matches"]] for entry in json.loads(run.stdout)}


def paths(run: Finished) -> list[str]:
    return [path.decode() for path in found(run)]


def test_pictures_together_are_one_query_their_mean(pictures_index: Path) -> None:
    run = imgsearch("query", WARM, COOL, "--together", "-k", "99", "--json", folder=pictures_index)
    succeeded(run)
    mean = embedded(pictures_index, [WARM, COOL]).mean(axis=0)
    expected = by_hand(pictures_index, mean, without=[WARM, COOL])
    assert answers(run) == {f"{WARM} + {COOL}": expected}
    similarities = [match["similarity"] for match in json.loads(run.stdout)[0]["matches"]]
    others = embedded(pictures_index, expected)
    assert similarities == pytest.approx(others @ mean / np.linalg.norm(mean), abs=1e-5)


def test_pictures_are_added_and_taken_away_by_their_weights(pictures_index: Path, tmp_path: Path) -> None:
    odd = tmp_path / "a:2"  # a name that looks like a weight
    shutil.copyfile(pictures_index / COOL, odd)
    third = "photos/warm/3.png"
    options = ["--plus", f"{odd}:0.5", "--plus", str(odd), "--minus", f"{third}:0.25", "-k", "99", "--json"]
    run = imgsearch("query", WARM, *options, folder=pictures_index)
    succeeded(run)
    warm, cool, minus = embedded(pictures_index, [WARM, COOL, third])
    expected = by_hand(pictures_index, warm + 1.5 * cool - 0.25 * minus, without=[WARM, third])
    assert answers(run) == {WARM: expected}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--plus", f"{COOL}:0"], "the weight must be above 0"),
        (["--minus", f"{COOL}:-1"], "the weight must be above 0"),
        (["--minus", f"{COOL}:nan"], "the weight must be above 0"),
        (["--plus", "missing.png:2"], "missing.png: no such file; give a picture file for --plus and --minus"),
        (["--plus", "-"], "standard input can only be asked for"),
        (["--minus", WARM], "nothing is left of it"),
        (["--crop", "0,0,10"], "--crop 0,0,10: not understood; write X,Y,W,H"),
        (["--crop", "0,0,0,10"], "not understood"),
        (["--crop", "70,50,20,10"], "not inside the picture, which is 80 × 60 pixels; give another --crop"),
        (["--crop", "0,0,100%,101%"], "which is 80 × 60 pixels"),
        (["--rerank", "luck"], "--rerank luck: unknown; there is k-reciprocal"),
        (["-", "--files-from", "-"], "standard input can be read once"),
        (["--files-from", "missing.txt"], "--files-from missing.txt: cannot be read"),
        (["--ann", "--within", "photos"], "--ann cannot be narrowed"),
    ],
)
def test_questions_that_make_no_sense_are_refused(pictures_index: Path, options: list[str], said: str) -> None:
    refused(imgsearch("query", WARM, *options, folder=pictures_index), said)


def test_to_ask_for_nothing_names_the_ways_to_ask(pictures_index: Path) -> None:
    refused(imgsearch("query", folder=pictures_index), "nothing to look for", "--files-from FILE")
    empty = with_input(b"", "query", "--files0-from", "-", "--json", folder=pictures_index)
    assert (empty.returncode, json.loads(empty.stdout)) == (1, [])


def test_a_picture_comes_by_standard_input_once(pictures_index: Path) -> None:
    content = (pictures_index / WARM).read_bytes()
    run = with_input(content, "query", "-", COOL, "-k", "2", "--json", folder=pictures_index)
    succeeded(run)
    assert list(answers(run)) == ["-", COOL]
    assert answers(run)["-"][0] == WARM  # bytes have no name that could be left out
    refused(with_input(b"", "query", "-", folder=pictures_index), "-: standard input is empty; pipe a picture into it")
    refused(with_input(b"These are no pixels.", "query", "-", folder=pictures_index), "-: not a picture")
    refused(with_input(content, "query", "-", "-", folder=pictures_index), "standard input can be read once")


@pytest.mark.parametrize("nul", [False, True])
def test_one_bad_line_of_many_is_reported_and_the_rest_answered(
    pictures_index: Path, tmp_path: Path, nul: bool
) -> None:
    good = [WARM, COOL, "photos/warm/5.png"] * 33
    end = "\0" if nul else "\n"
    listed = [*good[:50], "photos/miss ing.png", *good[50:]]
    option = "--files0-from" if nul else "--files-from"
    (tmp_path / "list").write_text("".join(name + end for name in listed))
    run = imgsearch("query", option, tmp_path / "list", "-k", "1", "--jsonl", folder=pictures_index)
    assert run.returncode == 2
    assert [json.loads(line)["query"] for line in run.stdout.splitlines()] == good
    told, summary = run.stderr.decode().splitlines()
    assert told == "imgsearch: photos/miss ing.png: no such file; give a picture file"
    assert summary.startswith("99 matches among 12 pictures")
    piped = with_input(
        (tmp_path / "list").read_bytes(), "query", option, "-", "-k", "1", "--jsonl", folder=pictures_index
    )
    assert (piped.returncode, piped.stdout) == (2, run.stdout)


def test_a_crop_asks_for_a_part_of_the_upright_picture(pictures_index: Path, tmp_path: Path) -> None:
    lying = Image.open(pictures_index / WARM).transpose(Image.Transpose.ROTATE_90)
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by 90° clockwise to stand upright again
    lying.save(tmp_path / "lying.png", exif=exif)
    Image.open(pictures_index / WARM).crop((20, 0, 60, 30)).save(tmp_path / "part.png")
    expected = succeeded(imgsearch("query", tmp_path / "part.png", folder=pictures_index))
    for crop in ("20,0,40,30", "25%,0%,50%,50%", "25%,0,40,50%"):
        assert succeeded(imgsearch("query", tmp_path / "lying.png", "--crop", crop, folder=pictures_index)) == expected


def test_the_queried_file_may_be_asked_for_too(pictures_index: Path) -> None:
    assert paths(imgsearch("query", WARM, "--include-self", "-k", "1", folder=pictures_index)) == [WARM]
    both = paths(imgsearch("query", WARM, COOL, "--together", "--include-self", "-k", "12", folder=pictures_index))
    assert len(both) == 12


def test_filters_leave_k_matches_of_what_they_let_through(pictures_index: Path) -> None:
    everything = paths(imgsearch("query", WARM, "-k", "99", folder=pictures_index))
    cool = [path for path in everything if path.startswith("photos/cool/")]
    odd = [path for path in everything if path[-5] in "135"]
    for options, expected in {
        ("--within", "photos/cool"): cool,
        ("--within", "cool"): cool,
        ("--within", "*/cool/*"): cool,
        ("--within", str(pictures_index / "photos" / "cool")): cool,
        ("--within", "./photos/co*"): cool,
        ("--exclude", "warm"): cool,
        ("--exclude", "photos/warm/*"): cool,
        ("--exclude", str(pictures_index / "photos" / "warm")): cool,
        ("--exclude", "photos/cool/../warm/"): cool,
        ("--within", "*.png", "--within", "*.jpg"): everything,
        ("--within", "?.jpg", "--exclude", "[024].*"): [path for path in cool if path in odd],
        ("--within", "[135].*"): odd,
    }.items():
        assert paths(imgsearch("query", WARM, "-k", "3", *options, folder=pictures_index)) == expected[:3], options
    below = imgsearch("query", "0.png", "-k", "3", "--within", "../cool", folder=pictures_index / "photos" / "warm")
    assert paths(below) == [path.replace("photos", "..") for path in cool[:3]]
    assert below.stderr.startswith(b"3 matches among 6 of 12 pictures (exact)")
    rest = imgsearch("query", "0.png", "-k", "3", "--exclude", ".", folder=pictures_index / "photos" / "warm")
    assert paths(rest) == paths(below)
    nothing = imgsearch("query", WARM, "--within", "nowhere", folder=pictures_index)
    assert (nothing.returncode, nothing.stdout) == (1, b"")
    assert nothing.stderr.startswith(b"0 matches among 0 of 12 pictures (exact)")


def test_several_indexes_of_one_model_answer_as_one(pictures_index: Path, tmp_path: Path) -> None:
    folder = copied(pictures_index, tmp_path / "copy")
    for name in ("warm", "cool"):
        succeeded(imgsearch("index", f"photos/{name}", "--index", name, folder=folder))
    three = ["--index", "warm", "--index", "cool", "--index", ".imgsearch"]  # the third has all of them once more

    def matches(query: str, *options: str) -> tuple[list[str], list[float]]:
        (answer,) = json.loads(succeeded(imgsearch("query", query, "-k", "7", "--json", *options, folder=folder)))
        return [one["path"] for one in answer["matches"]], [one["similarity"] for one in answer["matches"]]

    for query in (WARM, COOL):
        for options in ([], ["--expand", "4", "--rerank", "k-reciprocal"]):
            names, similarities = matches(query, *options)
            as_one = matches(query, *options, *three)
            assert as_one[0] == names
            assert as_one[1] == pytest.approx(similarities, abs=1e-5)  # two batches round otherwise than one


def test_indexes_of_different_models_are_refused(pictures_index: Path, lda_model: Path, tmp_path: Path) -> None:
    succeeded(imgsearch("index", pictures_index / "photos", "--index", "other", "--model", lda_model, folder=tmp_path))
    both = ["--index", str(pictures_index), "--index", "other"]
    run = imgsearch("query", pictures_index / WARM, *both, folder=tmp_path)
    refused(run, str(pictures_index / ".imgsearch"), str(tmp_path / "other"), "different models", "one by one")


def test_expansion_asks_again_with_the_first_matches(pictures_index: Path) -> None:
    query = embedded(pictures_index, [WARM])[0]
    first = embedded(pictures_index, by_hand(pictures_index, query, without=[WARM])[:3])
    asked = query + sum(np.maximum(row @ query, 0) ** 3 * row for row in first)
    run = imgsearch("query", WARM, "--expand", "3", "-k", "99", folder=pictures_index)
    assert paths(run) == by_hand(pictures_index, asked, without=[WARM])


def test_re_ranking_orders_the_same_pictures_anew_and_keeps_their_similarities(pictures_index: Path) -> None:
    def matches(*options: str) -> list[dict[str, Any]]:
        run = imgsearch("query", WARM, "-k", "99", "--json", *options, folder=pictures_index)
        return list(json.loads(succeeded(run))[0]["matches"])

    def by_path(match: dict[str, Any]) -> str:
        return str(match["path"])

    assert sorted(matches("--rerank", "k-reciprocal"), key=by_path) == sorted(matches(), key=by_path)


def test_many_queries_in_one_process_answer_like_as_many_processes(pictures_index: Path, tmp_path: Path) -> None:
    queries = [str(draw(tmp_path / f"{number}.png", 1000 + number)) for number in range(28)]
    queries += [str(path.relative_to(pictures_index)) for path in sorted(pictures_index.glob("photos/*/*"))]
    together = json.loads(succeeded(imgsearch("query", *queries, "--json", folder=pictures_index)))
    for query, answer in zip(queries, together, strict=True):
        (alone,) = json.loads(succeeded(imgsearch("query", query, "--json", folder=pictures_index)))
        assert (answer["query"], alone["query"]) == (query, query)
        assert [match["path"] for match in answer["matches"]] == [match["path"] for match in alone["matches"]]
        assert [match["similarity"] for match in answer["matches"]] == pytest.approx(
            [match["similarity"] for match in alone["matches"]], abs=1e-4
        )
    assert len(together) == 40


def test_a_picture_comes_from_the_web(pictures_index: Path) -> None:
    handler = partial(SimpleHTTPRequestHandler, directory=str(pictures_index))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            here = f"http://127.0.0.1:{server.server_address[1]}"
            urls = [f"{here}/{WARM}", f"{here}/missing.png", f"{here}/photos/", f"{here}/.imgsearch/catalogue.sqlite"]
            options = ["--plus", f"{here}/{COOL}:0.001", "-k", "2", "--json"]
            run = imgsearch("query", *urls, *options, folder=pictures_index, environment={"no_proxy": "127.0.0.1"})
        finally:
            server.shutdown()
            thread.join()
    assert run.returncode == 2
    assert answers(run)[urls[0]][0] == WARM  # what comes from the web is no file that could be left out
    assert list(answers(run)) == urls[:1]
    remedy = "give the URL of a picture, or a file"
    *told, _ = run.stderr.decode().splitlines()
    assert told == [
        f"imgsearch: {urls[1]}: the server says 404 File not found; {remedy}",
        f"imgsearch: {urls[2]}: a web page (HTML), not a picture; {remedy}",
        f"imgsearch: {urls[3]}: not a picture that Pillow can read; give a picture file",
    ]


@pytest.mark.parametrize("scheme", ["file", "ftp", "HTTPX"])
def test_other_urls_are_not_opened_and_said_to_be_none(pictures_index: Path, scheme: str) -> None:
    url = f"{scheme}://{pictures_index / WARM}"
    said = f"{url}: a URL that is neither http nor https; give one that is, or a file"
    refused(imgsearch("query", url, folder=pictures_index), said)


def test_the_web_costs_nothing_where_it_is_not_asked(pictures_index: Path) -> None:
    script = (
        "import sys\nfrom imgsearch.cli import main\n"
        f"sys.argv = ['imgsearch', 'query', {WARM!r}]\n"
        "try:\n    main()\nexcept SystemExit:\n    print(*sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", script], cwd=pictures_index, capture_output=True, text=True, check=True)
    loaded = set(run.stdout.splitlines()[-1].split())
    assert "imgsearch.images.source" in loaded
    unused = {"imgsearch.images.fetch", "urllib.request", "ssl", "http.client", "imgsearch.retrieval"}
    assert not unused & loaded
