"""The house keeps its order: imports point down, and each heavy library has one room."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import draw, imgsearch

PACKAGE = Path(__file__).parent.parent / "imgsearch"

LAYERS = [
    "errors",
    "registry",
    "progress",
    "retrieval",
    "metric",
    "images",
    "model",
    "encoder",
    "index",
    "training",
    "workflows",
    "api",
    "cli",
]
"""From the ground up: a module imports from its own room and the rooms before it, never from those after it."""

ROOMS = {
    "torch": {"training"},
    "torchvision": {"training"},
    "safetensors": {"training"},
    "onnx": {"training"},
    "onnxruntime": {"encoder"},
    "hnswlib": {"index"},
    "sqlite3": {"index"},
    "typer": {"cli"},
    "rich": {"cli"},
    "tqdm": {"progress"},
    "PIL": {"images", "workflows"},
    "scipy": set(),
    "sklearn": {"workflows"},
}
"""Which rooms may import a library."""

MATHS = ["metric", "retrieval"]
"""Rooms of arrays in, arrays out."""


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def room_of(file: Path) -> str:
    relative = file.relative_to(PACKAGE)
    return relative.parts[0].removesuffix(".py")


def imported(file: Path) -> Iterator[str]:
    """Dotted names of all that a file imports, inside functions and for type checking too."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("file", modules(), ids=lambda file: str(file.relative_to(PACKAGE)))
def test_imports_point_down_and_stay_in_their_rooms(file: Path) -> None:
    room = room_of(file)
    for name in imported(file):
        first, *rest = name.split(".")
        if first != "imgsearch":
            assert room in ROOMS.get(first, {room}), f"{room} must not import {name}"
        elif room not in ("__init__", "__main__") and rest[0] in LAYERS:
            assert LAYERS.index(rest[0]) <= LAYERS.index(room), f"{room} imports {name} from above"


def test_every_room_has_its_place_in_the_layers() -> None:
    assert {room_of(file) for file in modules()} - {"__init__", "__main__"} == set(LAYERS)


@pytest.mark.parametrize("room", MATHS)
def test_maths_touches_no_disk_and_prints_nothing(room: str) -> None:
    for file in sorted((PACKAGE / room).rglob("*.py")):
        assert not {"os", "io", "pathlib", "sys", "shutil", "json"} & {name.split(".")[0] for name in imported(file)}, (
            file
        )
        calls = {
            node.func.id
            for node in ast.walk(ast.parse(file.read_text()))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        }
        assert not {"print", "open", "input"} & calls, file


def test_the_only_file_that_imports_the_graph_library_is_the_graphs_own() -> None:
    importers = {file.name for file in modules() if any(name.split(".")[0] == "hnswlib" for name in imported(file))}
    assert importers == {"graph.py"}


def test_the_only_file_that_imports_scikit_learn_is_the_one_that_draws_maps_with_it() -> None:
    importers = {file.name for file in modules() if any(name.split(".")[0] == "sklearn" for name in imported(file))}
    assert importers == {"projection.py"}


def loaded_by(*arguments: str, folder: Path) -> set[str]:
    """Top-level modules in memory after the command has run, in a process of its own."""
    script = (
        "import sys\nfrom imgsearch.cli import main\n"
        f"sys.argv = ['imgsearch', *{list(arguments)!r}]\n"
        "try:\n    main()\nexcept SystemExit as end:\n    assert not end.code, end.code\n"
        "print('MODULES', *{name.split('.')[0] for name in sys.modules})"
    )
    run = subprocess.run([sys.executable, "-c", script], cwd=folder, capture_output=True, text=True, check=True)
    return set(run.stdout.splitlines()[-1].split()[1:])


HEAVY = {"torch", "torchvision", "scipy", "sklearn", "onnx"}


def test_help_loads_no_runtime_at_all(tmp_path: Path) -> None:
    assert not (HEAVY | {"onnxruntime", "hnswlib", "PIL", "sqlite3"}) & loaded_by("--help", folder=tmp_path)


def test_query_loads_neither_torch_nor_scipy_nor_the_graph_library(pictures_index: Path) -> None:
    picture = next(pictures_index.rglob("*.png"))
    loaded = loaded_by("query", str(picture), folder=pictures_index)
    assert "onnxruntime" in loaded
    assert not (HEAVY | {"hnswlib"}) & loaded


def test_duplicates_loads_no_encoder_unless_pictures_are_mirrored(tmp_path: Path) -> None:
    for name in ("one.png", "other.png"):
        draw(tmp_path / "photos" / name, 1)
    assert imgsearch("index", "photos", folder=tmp_path).returncode == 0
    assert not (HEAVY | {"onnxruntime", "hnswlib"}) & loaded_by("duplicates", folder=tmp_path)
    assert "onnxruntime" in loaded_by("duplicates", "--mirrored", folder=tmp_path)


def test_indexing_where_nothing_has_changed_loads_no_encoder_and_no_decoder(pictures_index: Path) -> None:
    assert not (HEAVY | {"onnxruntime", "PIL", "hnswlib"}) & loaded_by("index", folder=pictures_index)


def test_a_report_is_drawn_without_scikit_learn_unless_it_is_asked_for(tmp_path: Path) -> None:
    for number in range(4):
        draw(tmp_path / "labelled" / f"class{number % 2}" / f"{number}.png", number)
    loaded = loaded_by("eval", "labelled", "--report", "report.html", folder=tmp_path)
    assert "PIL" in loaded and not HEAVY & loaded
