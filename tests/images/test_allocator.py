from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from imgsearch.images import allocator
from tests.images.test_baggage import MANY_TEXTS

DECODING_IN_TURN = """
import sys, threading
from imgsearch.images.open import open_picture

def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096

kept, turn, before = [], threading.Lock(), resident()

def work():
    for _ in range(3):
        with turn:
            kept.append(open_picture(sys.argv[1], side=96))
            kept.extend(bytearray(700 + number) for number in range(200))

threads = [threading.Thread(target=work) for _ in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(resident() - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="asks /proc for the memory")
@pytest.mark.parametrize("name", ["large.bmp", "many_texts.png"])
def test_memory_of_large_pictures_is_not_kept_by_the_thread_that_decoded_them(name: str, tmp_path: Path) -> None:
    file = tmp_path / name
    if name == "large.bmp":
        Image.new("RGB", (5_000, 5_000)).save(file)  # 100 MB decoded
    else:
        file.write_bytes(MANY_TEXTS)
    command = [sys.executable, "-c", DECODING_IN_TURN, str(file)]
    kept = int(subprocess.run(command, capture_output=True, check=True, text=True).stdout)
    assert kept < 50_000_000  # without `allocator` it is 459 MB for the first


def test_where_the_c_library_is_another_memory_is_left_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_library(name: None) -> None:
        raise TypeError(name)

    monkeypatch.setattr("ctypes.CDLL", no_library)
    allocator._function.cache_clear()
    try:
        allocator.keep_little.__wrapped__()
        allocator.give_back()
    finally:
        allocator._function.cache_clear()
