"""`imgsearch query`: all the ways to read the answer, and to set its options once and for all."""

from __future__ import annotations

import base64
import csv
import io
import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from imgsearch.index import Index
from imgsearch.model import write_info

from ..conftest import draw, imgsearch
from .helpers import copied, found, refused, succeeded

WARM, COOL = "photos/warm/0.png", "photos/cool/1.jpg"
ODD = b"new\nclass \xe9 '\"\xf0\x9f\x90\x88"


@pytest.mark.parametrize("options", [[], ["--paths"], ["-0"], ["--csv"], ["--json"], ["--jsonl"]], ids=str)
def test_absolute_paths_lead_to_the_same_files_in_every_format(pictures_index: Path, options: list[str]) -> None:
    here = str(pictures_index.resolve()).encode()
    relative = succeeded(imgsearch("query", WARM, *options, folder=pictures_index))
    absolute = succeeded(imgsearch("query", WARM, "--absolute", *options, folder=pictures_index))
    matches = found(imgsearch("query", WARM, folder=pictures_index))
    assert len(matches) == 10
    for path in matches:
        relative = relative.replace(path, here + b"/" + path)
    assert absolute == relative


def test_csv_and_tables_may_go_without_a_header(pictures_index: Path) -> None:
    header, rest = succeeded(imgsearch("query", WARM, "--csv", folder=pictures_index)).split(b"\n", 1)
    assert header == b"query,rank,path,similarity"
    assert succeeded(imgsearch("query", WARM, "--csv", "--no-header", folder=pictures_index)) == rest
    assert not rest.startswith(b"\xef\xbb\xbf")


def test_the_neighbours_vote_on_the_class(pictures_index: Path) -> None:
    (answer,) = json.loads(succeeded(imgsearch("query", WARM, "-k", "4", "--json", folder=pictures_index)))
    votes: dict[str, float] = {}
    for match in answer["matches"]:
        name = Path(match["path"]).parent.name
        votes[name] = votes.get(name, 0.0) + match["similarity"]
    shares = {name: vote / sum(votes.values()) for name, vote in votes.items()}
    best = max(shares, key=lambda name: shares[name])

    def printed(*options: str) -> bytes:
        return succeeded(imgsearch("query", WARM, "-k", "4", "--label", *options, folder=pictures_index))

    (told,) = json.loads(printed("--json"))
    assert (told["query"], told["label"], told["matches"]) == (WARM, best, answer["matches"])
    assert told["share"] == pytest.approx(shares[best], abs=1e-5)
    assert {vote["label"]: vote["share"] for vote in told["votes"]} == pytest.approx(shares, abs=1e-5)
    assert json.loads(printed("--jsonl")) == {key: told[key] for key in ("query", "label", "share", "votes")}
    assert printed() == f"{shares[best]:.4f}\t{best}\t{WARM}\n".encode()
    assert printed("--csv") == f"query,label,share\n{WARM},{best},{told['share']:.6f}\n".encode()
    assert printed("--csv", "--no-header") == printed("--csv").split(b"\n", 1)[1]
    assert (printed("--paths"), printed("-0")) == (f"{best}\n".encode(), f"{best}\0".encode())


def test_one_picture_of_a_new_class_is_enough_and_its_name_may_be_anything(
    pictures_index: Path, tmp_path: Path
) -> None:
    folder = copied(pictures_index, tmp_path / "copy")
    draw(folder / "new.png", 4242)
    new = folder / "photos" / os.fsdecode(ODD)
    new.mkdir()
    draw(new / "first.png", 4242, (120, 90))  # the same, larger
    succeeded(imgsearch("index", folder=folder))

    def printed(*options: str) -> bytes:
        return succeeded(imgsearch("query", "new.png", "-k", "1", "--label", *options, folder=folder))

    (entry,) = json.loads(printed("--json"))
    assert base64.b64decode(entry["label_b64"]) == ODD
    assert entry["label"] == ODD.decode("utf-8", "replace")
    assert entry["share"] == 1.0
    assert printed("-0") == ODD + b"\0"
    _, row = csv.reader(io.StringIO(printed("--csv").decode("utf-8", "surrogateescape"), newline=""))
    assert os.fsencode(row[1]) == ODD


def test_no_match_has_no_label(pictures_index: Path) -> None:
    nothing = ["query", WARM, "--within", "nowhere", "--label"]
    run = imgsearch(*nothing, folder=pictures_index)
    assert (run.returncode, run.stdout) == (1, b"")
    (entry,) = json.loads(imgsearch(*nothing, "--json", folder=pictures_index).stdout)
    assert entry == {"query": WARM, "label": None, "share": 0.0, "votes": [], "matches": []}


def test_the_threshold_may_be_the_models_own(pictures_index: Path, tmp_path: Path) -> None:
    refused(
        imgsearch("query", WARM, "--threshold", "auto", folder=pictures_index),
        "--threshold auto: the model base has no calibrated threshold; calibrate it by `imgsearch eval",
    )
    everything = json.loads(succeeded(imgsearch("query", WARM, "--json", folder=pictures_index)))[0]["matches"]
    cut = (everything[2]["similarity"] + everything[3]["similarity"]) / 2
    folder = tmp_path / "photos"
    shutil.copytree(pictures_index / "photos", folder)
    base = Index.open(pictures_index).model
    model = tmp_path / "model"
    shutil.copytree(base.folder, model)
    write_info(model, replace(base.info, threshold=cut))
    succeeded(imgsearch("index", "photos", "--model", model, folder=tmp_path))
    auto = imgsearch("query", WARM, "--threshold", "auto", folder=tmp_path)
    assert len(found(auto)) == 3
    write_info(model, replace(base.info, threshold=7.5))
    succeeded(imgsearch("index", "photos", "--model", model, "--index", "other", folder=tmp_path))
    wrong = imgsearch("query", WARM, "--threshold", "auto", "--index", "other", folder=tmp_path)
    refused(wrong, "has no calibrated threshold")


def test_the_environment_sets_defaults_that_options_overrule(pictures_index: Path, tmp_path: Path) -> None:
    def matches(*options: str, **environment: str) -> int:
        run = imgsearch("query", WARM, *options, folder=pictures_index, environment=environment)
        assert run.returncode in (0, 1)
        return len(run.stdout.splitlines())

    assert matches(IMGSEARCH_K="3") == 3
    assert matches("-k", "4", IMGSEARCH_K="3") == 4
    assert matches(IMGSEARCH_K="") == 10
    assert matches(IMGSEARCH_THRESHOLD="1") == 0
    assert matches("--threshold=-1", IMGSEARCH_THRESHOLD="1") == 10
    wrong = imgsearch("query", WARM, folder=pictures_index, environment={"IMGSEARCH_K": "many"})
    refused(wrong, "IMGSEARCH_K")
    for command in (["index", str(pictures_index / "photos")], ["eval", str(pictures_index / "photos")]):
        run = imgsearch(*command, folder=tmp_path, environment={"IMGSEARCH_MODEL": "nowhere"})
        refused(run, "nowhere: no such model folder")


def test_what_is_printed_is_utf8_whatever_the_locale(pictures_index: Path, tmp_path: Path) -> None:
    folder = copied(pictures_index, tmp_path / "copy")
    (folder / "photos" / "warm").rename(folder / "photos" / "wärme\N{CAT FACE}")
    succeeded(imgsearch("index", folder=folder))
    for locale in ("C", "POSIX", "C.UTF-8"):
        for option in ("--json", "--csv", "--paths", "--label"):
            environment = {"LC_ALL": locale, "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
            run = imgsearch("query", COOL, "-k", "20", option, folder=folder, environment=environment)
            if option != "--label":
                assert "wärme\N{CAT FACE}" in succeeded(run).decode("utf-8"), (locale, option)
            assert not succeeded(run).startswith(b"\xef\xbb\xbf")


def test_odd_names_survive_pipelines_on_both_sides(tmp_path: Path) -> None:
    names = [b"a b.png", b"line\nbreak.png", b"'\"quotes.png", "\N{CAT FACE}.png".encode(), b"caf\xe9.png"]
    picture = draw(tmp_path / "picture.png", 1)
    (tmp_path / "photos").mkdir()
    for name in names:
        shutil.copyfile(picture, tmp_path / "photos" / os.fsdecode(name))
    succeeded(imgsearch("index", "photos", folder=tmp_path))

    def piped(command: str) -> bytes:
        ours = f'set -o pipefail; imgsearch() {{ "{sys.executable}" -m imgsearch "$@"; }}; export LC_ALL=C; '
        return subprocess.run(["bash", "-c", ours + command], cwd=tmp_path, capture_output=True, check=True).stdout

    listed = piped("imgsearch query picture.png -0 -k 50 | xargs -0 ls")
    assert listed == b"".join(b"photos/" + name + b"\n" for name in sorted(names))
    asked = piped("find photos -type f -print0 | imgsearch query --files0-from - -k 1 --jsonl")
    entries = [json.loads(line) for line in asked.splitlines()]
    queries = [base64.b64decode(entry.get("query_b64", "")) or entry["query"].encode() for entry in entries]
    assert sorted(queries) == sorted(b"photos/" + name for name in names)
