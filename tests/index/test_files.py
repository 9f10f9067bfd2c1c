from __future__ import annotations

from pathlib import Path

from imgsearch.index.files import Files, is_ours, remove_leftovers


def test_an_index_whose_model_never_changed_has_bare_names(tmp_path: Path) -> None:
    files = Files(tmp_path)
    assert [file.name for file in (files.model, files.vectors, files.projected)] == [
        "model", "vectors.f32", "projected.f32",
    ]  # fmt: skip


def test_each_change_takes_numbers_that_were_never_used(tmp_path: Path) -> None:
    seen = {Files(tmp_path).model, Files(tmp_path).vectors, Files(tmp_path).projected}
    files = Files(tmp_path)
    for new_vectors in (False, True, True, False, True):
        before, files = files, files.after(new_vectors=new_vectors)
        new = {files.model, files.projected} | ({files.vectors} if new_vectors else set())
        assert not new & seen
        assert new_vectors or files.vectors == before.vectors
        seen |= new
    assert files.vectors.name == "vectors-5.f32"


def test_only_what_was_ours_and_counts_no_more_is_removed(tmp_path: Path) -> None:
    files = Files(tmp_path, model_number=3, vectors_number=2)
    ours = ["model", "model-2", "model-4", "projected.f32", "projected-4.f32", "vectors.f32", "vectors-3.f32"]
    kept = ["model-3", "projected-3.f32", "vectors-2.f32", "model-03", "model-x", "models", "vectors", "vectors-.f32"]
    kept += ["catalogue.sqlite", "graph.hnsw", "lock", "my projected.f32", "projected.f32.bak"]
    for name in ours + kept:
        if name.startswith("model"):
            (tmp_path / name).mkdir()
            (tmp_path / name / "model.json").touch()
        else:
            (tmp_path / name).touch()
    assert all(is_ours(name) for name in ours)
    remove_leftovers(files)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == sorted(kept)
    remove_leftovers(Files(tmp_path / "missing"))
