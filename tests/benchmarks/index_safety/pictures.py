"""Pictures whose embeddings are known, and encoders that take no time, so that `index` spends its own on the disk."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from PIL import Image

from imgsearch.encoder import Encoder
from imgsearch.images.open import content_hash
from imgsearch.index import Index
from imgsearch.metric.linear import LinearMetric
from imgsearch.model import Model, ModelInfo, load_model, model_digest, write_info, write_metric

SIDE = 16


def small_model(folder: Path, dimension: int = 48, *, seed: int = 0, metric: int | None = None) -> Model:
    """A random encoder; the same seed gives the same one. `metric` seeds a linear metric to half the dimension."""
    folder.mkdir(parents=True)
    random = np.random.default_rng(seed)
    weights = random.normal(size=(SIDE * SIDE * 3, dimension)).astype(np.float32)
    constants = {"middle": np.float32(127.5), "flat": np.array([0, -1], dtype=np.int64), "weights": weights}
    nodes = [
        helper.make_node("Cast", ["pictures"], ["numbers"], to=TensorProto.FLOAT),
        helper.make_node("Sub", ["numbers", "middle"], ["centred"]),
        helper.make_node("Reshape", ["centred", "flat"], ["lines"]),
        helper.make_node("MatMul", ["lines", "weights"], ["rows"]),
        helper.make_node("LpNormalization", ["rows"], ["embeddings"], axis=1, p=2),
    ]
    graph = helper.make_graph(
        nodes,
        "random",
        [helper.make_tensor_value_info("pictures", TensorProto.UINT8, ["n", SIDE, SIDE, 3])],
        [helper.make_tensor_value_info("embeddings", TensorProto.FLOAT, ["n", dimension])],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()],
    )
    opset = [helper.make_opsetid("", 17)]
    onnx.save(helper.make_model(graph, ir_version=8, opset_imports=opset), folder / "encoder.onnx")
    write_info(folder, ModelInfo(f"random-{seed}", {}, input_size=SIDE, dimension=dimension))
    if metric is not None:
        matrix = np.random.default_rng(metric).normal(size=(dimension // 2, dimension))
        write_metric(folder, LinearMetric.centred(matrix, np.zeros(dimension)))
    return load_model(folder)


class Pool:
    """Different pictures, known by number, and what each of some models makes of them."""

    def __init__(self, folder: Path, count: int, models: Sequence[Model], seed: int = 0) -> None:
        folder.mkdir(parents=True)
        self.files = [folder / f"{number:04}.{'png' if number % 2 else 'jpg'}" for number in range(count)]
        random = np.random.default_rng(seed)
        for file in self.files:
            coarse = Image.fromarray(random.integers(0, 256, (4, 5, 3), dtype=np.uint8))
            coarse.resize((40, 30), Image.Resampling.BICUBIC).save(file)
        self.numbers = {content_hash(file.read_bytes()): number for number, file in enumerate(self.files)}
        self._rows = {model_digest(model): Encoder(model).embed(self.files).astype(np.float64) for model in models}

    def put(self, number: int, path: Path) -> None:
        """Put that picture there, at one stroke; its suffix says nothing."""
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_name(f".{path.name}.part")
        shutil.copyfile(self.files[number], beside)
        beside.replace(path)

    def number(self, path: Path) -> int:
        """Which picture lies there."""
        return self.numbers[content_hash(path.read_bytes())]

    def similarities(self, digest: str, query: int) -> NDArray[np.float64]:
        """Cosine of one picture with all others, through the model of that digest."""
        rows = self._rows[digest]
        similarities: NDArray[np.float64] = rows @ rows[query]
        return similarities

    def truth(self, digest: str, query: int, pictures: Mapping[str, int]) -> dict[str, float]:
        """What an exact search has to say of every path (path → number of its picture)."""
        similarities = self.similarities(digest, query)
        return {path: float(similarities[number]) for path, number in pictures.items()}

    def known(self, index: Index) -> dict[str, int]:
        """Stored path → picture, of all that can be searched in an index."""
        records = index.records().values()
        return {record.path: self.numbers[record.content_hash] for record in records if record.slot is not None}

    def lying_in(self, folder: Path) -> dict[str, int]:
        """Stored path → picture, of all in this folder beside the index."""
        return {f"{folder.name}/{path.name}": self.number(path) for path in folder.iterdir()}

    def change(self, folder: Path, random: Random, *, added: int, changed: int, about: int) -> None:
        """Pictures come to a folder, go, change, move and are touched; half go where there are more than `about`.

        What comes lies nowhere in the folder, so that every picture that was not known has to be encoded once.
        """
        folder.mkdir(parents=True, exist_ok=True)
        present = sorted(folder.iterdir())
        unused = sorted(set(range(len(self.files))) - set(self.lying_in(folder).values()))
        random.shuffle(present)
        random.shuffle(unused)
        going = len(present) // 2 if len(present) > about or random.random() < 0.15 else changed
        for path in present[:going]:
            path.unlink()
        kept = present[going:]
        for path in kept[:changed]:
            path.rename(folder / _name(random, path.suffix))
        for path in kept[changed : 2 * changed]:
            path.touch()
        for path in kept[2 * changed : 3 * changed]:
            self.put(unused.pop(), path)
        for _ in range(added):
            self.put(unused.pop(), folder / _name(random, ".png"))


def _name(random: Random, suffix: str) -> str:
    return f"{random.getrandbits(40):010x}{suffix}"
