"""What the trivial baselines score on two collections, beside figures that were computed apart from this project.

    python -m tests.benchmarks.trivial_baselines DATA

DATA is a folder with omniglot.zip, cifar100-0.zip, cifar100-1.zip and splits/cifar_fs_classes.json. Exit code 1 where a
figure is further than 0.002 from what it should be.
"""

from __future__ import annotations

import io
import json
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from imgsearch.images.baselines import hsv_histogram, pixels
from imgsearch.retrieval import evaluate

TOLERANCE = 0.002
EXPECTED = {
    ("Omniglot evaluation characters", "pixels"): (0.385, 0.067),
    ("CIFAR-FS test classes", "pixels"): (0.403, 0.052),
    ("CIFAR-FS test classes", "hsv_histogram"): (0.387, 0.038),
}
"""recall_at_1 and map_at_r."""
DESCRIPTORS = {"pixels": pixels, "hsv_histogram": hsv_histogram}


def read(files: list[Path], wanted: Callable[[str], bool]) -> Iterator[tuple[str, Image.Image]]:
    """Class and picture of each entry of zip files whose class is wanted."""
    for file in files:
        with zipfile.ZipFile(file) as archive:
            for name in sorted(archive.namelist()):
                folder, _, picture = name.rpartition("/")
                if picture and wanted(folder):
                    with Image.open(io.BytesIO(archive.read(name))) as image:
                        yield folder, image.convert("RGB")


def main() -> None:
    """Compute, print, compare."""
    data = Path(sys.argv[1])
    test = set(json.loads((data / "splits" / "cifar_fs_classes.json").read_text())["test"])
    collections = {
        "Omniglot evaluation characters": ([data / "omniglot.zip"], lambda name: name.startswith("evaluation__")),
        "CIFAR-FS test classes": ([data / f"cifar100-{number}.zip" for number in range(2)], test.__contains__),
    }
    wrong = False
    print("collection\tdescriptor\tpictures\trecall_at_1\tshould be\tmap_at_r\tshould be")
    for title, (files, wanted) in collections.items():
        pictures = list(read(files, wanted))
        labels = np.unique([name for name, _ in pictures], return_inverse=True)[1]
        for descriptor, compute in DESCRIPTORS.items():
            if (title, descriptor) not in EXPECTED:
                continue
            metrics = evaluate(np.stack([compute(image) for _, image in pictures]), labels).metrics
            found = (metrics["recall_at_1"], metrics["map_at_r"])
            expected = EXPECTED[title, descriptor]
            wrong |= any(abs(one - other) > TOLERANCE for one, other in zip(found, expected, strict=True))
            cells = "\t".join(f"{one:.4f}\t{other}" for one, other in zip(found, expected, strict=True))
            print(f"{title}\t{descriptor}\t{len(pictures)}\t{cells}", flush=True)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
