"""torchvision's networks in the cache: made once, whole or not at all, by whichever process comes first."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from torchvision.models import _api as downloads

from imgsearch.errors import UserError
from imgsearch.model import Model, ModelInfo, load_model, write_info
from imgsearch.training import torchvision_encoder
from imgsearch.workflows import model_cache
from imgsearch.workflows.model_cache import cache_folder, cached_models, find_model
from tests.training.tiny import TINY, publish

NAME = f"torchvision:{TINY}"


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache, and weights as if they had been downloaded."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.setenv("IMGSEARCH_CACHE", str(tmp_path / "cache"))
    publish(tmp_path / "torch", "tiny-one.pth", seed=1)
    publish(tmp_path / "torch", "tiny-two.pth", seed=2)
    return tmp_path / "cache"


Exported = list[str]


@pytest.fixture
def exported(cache: Path, monkeypatch: pytest.MonkeyPatch) -> Exported:
    """The names of what is exported, which is quick here: a graph that is none."""
    names: list[str] = []

    def export(name: str, weights: Any, folder: Path, about: dict[str, Any]) -> None:
        names.append(f"{name}@{weights.name}")
        (folder / "encoder.onnx").write_bytes(b"a graph")
        default = weights.name == "V2"
        write_info(folder, ModelInfo(names[-1], {}, 32, 5, training={"default": default, **about}))

    monkeypatch.setattr(torchvision_encoder, "export_torchvision", export)
    return names


def test_a_network_is_exported_once_and_used_ever_after(exported: Exported, cache: Path) -> None:
    said: list[str] = []
    first = find_model(NAME, said.append)
    assert first.folder == cache / "torchvision" / f"{TINY}@V2" == cached_models()[0]
    assert [line.split(":")[0] for line in said] == ["torchvision", str(first.folder)]
    for same in (NAME, f"{NAME}@V2", f"{NAME}@DEFAULT"):
        assert find_model(same, said.append) == first
    assert (exported, len(said)) == ([f"{TINY}@V2"], 2)
    other = find_model(f"{NAME}@V1")
    assert other.folder.name == f"{TINY}@V1" and find_model(NAME) == first
    assert exported == [f"{TINY}@V2", f"{TINY}@V1"] and len(cached_models()) == 2
    assert not list(cache.rglob("*.part"))


def test_what_is_in_the_cache_needs_no_torch(exported: Exported, monkeypatch: pytest.MonkeyPatch) -> None:
    find_model(NAME)
    monkeypatch.setattr(model_cache, "find_spec", lambda name: None)
    assert find_model(NAME).info.dimension == 5
    with pytest.raises(UserError, match=rf"{NAME}@V1 needs torch, torchvision, .*: pip install 'imgsearch\[train\]'$"):
        find_model(f"{NAME}@V1")


def test_a_damaged_one_is_made_again(exported: Exported, cache: Path) -> None:
    folder = find_model(NAME).folder
    (folder / "model.json").write_text("{")
    assert find_model(NAME).info.dimension == 5
    (folder / "encoder.onnx").unlink()
    assert find_model(f"{NAME}@V2").encoder_file.is_file()
    assert len(exported) == 3 and [path.name for path in folder.parent.iterdir()] == [f"{TINY}@V2"]


def test_nothing_is_left_of_an_export_that_fails(
    exported: Exported, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(error: BaseException) -> Callable[..., None]:
        def export(name: str, weights: Any, folder: Path, about: object) -> None:
            (folder / "encoder.onnx").write_bytes(b"half a gr")
            raise error

        return export

    for error, seen in [
        (KeyboardInterrupt(), KeyboardInterrupt),
        (UserError("no network"), UserError),
        (OSError(28, "No space left on device"), UserError),
    ]:
        monkeypatch.setattr(torchvision_encoder, "export_torchvision", fail(error))
        with pytest.raises(seen):
            find_model(NAME)
        assert not list((cache / "torchvision").iterdir())
    with pytest.raises(UserError, match=r"@V2: cannot be written \(No space left on device\); make room, or name"):
        find_model(NAME)


def test_what_a_killed_process_left_goes_a_day_later(exported: Exported, cache: Path) -> None:
    old, young = (cache / "torchvision" / f"{TINY}@V2-{name}.part" for name in ("old", "young"))
    for folder in (old, young):
        folder.mkdir(parents=True)
        (folder / "encoder.onnx").write_bytes(b"half a gr")
    os.utime(old, (0, 0))
    find_model(NAME)
    assert not old.exists() and young.exists()
    assert [folder.name for folder in cached_models()] == [f"{TINY}@V2"]


def test_two_at_once_come_to_one_whole_model(exported: Exported, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    both = threading.Barrier(2)
    export = torchvision_encoder.export_torchvision

    def together(*arguments: Any) -> None:
        both.wait(timeout=60)  # both have seen an empty cache
        export(*arguments)
        both.wait(timeout=60)

    monkeypatch.setattr(torchvision_encoder, "export_torchvision", together)
    found: list[Model] = []
    threads = [threading.Thread(target=lambda: found.append(find_model(NAME))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(exported) == 2 and found[0] == found[1] == load_model(cache / "torchvision" / f"{TINY}@V2")
    assert [path.name for path in (cache / "torchvision").iterdir()] == [f"{TINY}@V2"]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("torchvision:resnet81", "unknown torchvision network 'resnet81'; did you mean 'resnet18'?"),
        ("torchvision:", "unknown torchvision network ''; choose one of alexnet, "),
        ("torchvision:../base", "unknown torchvision network '../base'; "),
        (f"{NAME}@V3", f"unknown weights of {TINY} 'V3'; did you mean 'V"),
        (f"{NAME}@../V2", f"unknown weights of {TINY} '../V2'; "),
    ],
)
def test_a_wrong_name_is_answered_with_the_nearest(exported: Exported, cache: Path, name: str, said: str) -> None:
    with pytest.raises(UserError) as caught:
        find_model(name)
    assert said in str(caught.value) and str(caught.value).isprintable()
    assert not exported and not cache.exists()


def test_offline_it_says_what_to_do(cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError("Name or service not known")

    monkeypatch.setattr(downloads, "load_state_dict_from_url", fail)
    place = tmp_path / "torch" / "hub" / "checkpoints" / "tiny-two.pth"
    place.unlink()
    with pytest.raises(UserError) as caught:
        find_model(NAME)
    remedy = f"connect to the internet, or save https://weights.invalid/tiny-two.pth as {place}"
    assert str(caught.value) == f"the weights of {TINY} cannot be loaded (Name or service not known); {remedy}"
    assert not list((cache / "torchvision").iterdir())


def test_a_cache_that_cannot_be_written_is_one_line(
    exported: Exported, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("IMGSEARCH_CACHE", str(tmp_path / "file"))
    with pytest.raises(UserError, match=r"cannot be written .*; make room, or name another folder by IMGSEARCH_CACHE"):
        find_model(NAME)


def test_the_cache_is_where_the_system_keeps_what_can_be_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("IMGSEARCH_CACHE", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(Path, "home", lambda: Path("/home/me"))
    assert cache_folder() == Path("/home/me/.cache/imgsearch")
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")  # which the standard says to ignore
    assert cache_folder() == Path("/home/me/.cache/imgsearch")
    monkeypatch.setenv("XDG_CACHE_HOME", "/var/mine")
    assert cache_folder() == Path("/var/mine/imgsearch")
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setenv("LOCALAPPDATA", "/C/AppData")
    assert cache_folder() == Path("/C/AppData/imgsearch")
    monkeypatch.setenv("IMGSEARCH_CACHE", "here")
    assert cache_folder() == Path("here")
