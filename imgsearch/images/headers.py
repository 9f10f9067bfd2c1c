"""Numbers in the headers of PNG, TIFF, JPEG 2000 and ICO that Pillow trusts: a few bytes can ask for gigabytes."""

from __future__ import annotations

import math
import re
import struct
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

MARKS = 1000
"""No honest file has more pictures within; looking at each would take too long."""

BEYOND = 10**9

_TILE_WIDTH, _TILE_LENGTH, _ROWS_PER_STRIP = 322, 323, 278
_BYTE, _TEXT, _SHORT, _LONG, _SIGNED_BYTE, _UNDEFINED, _LONG8 = 1, 2, 3, 4, 6, 7, 16
_PLAIN = (_BYTE, _TEXT, _SIGNED_BYTE, _UNDEFINED)


class Entry(NamedTuple):
    """One of a TIFF directory's."""

    tag: int
    kind: int
    numbers: int
    value: int
    """The first one, or where the values are."""


class Codestream(NamedTuple):
    """What a JPEG 2000 picture consists of."""

    pixels: int
    tiles: int


def tiff_entries(content: bytes) -> Iterator[Entry]:
    """The entries of a TIFF's first directory, doubles included: Pillow believes the last, libtiff the first."""
    order = ">" if content.startswith(b"MM") else "<"
    big = content[2:4] in (b"\0\x2b", b"\x2b\0")
    where, number, entry = ("Q", "Q", "HHQ8s") if big else ("I", "H", "HHI4s")
    try:
        (start,) = struct.unpack_from(order + where, content, 8 if big else 4)
        (entries,) = struct.unpack_from(order + number, content, start)
        start += struct.calcsize("=" + number)
        for place in range(min(entries, 65_535)):
            tag, kind, numbers, raw = struct.unpack_from(
                order + entry, content, start + place * struct.calcsize("=" + entry)
            )
            width = {_BYTE: 1, _SHORT: 2, _LONG: 4, _LONG8: 8}.get(kind, len(raw))
            yield Entry(tag, kind, numbers, int.from_bytes(raw[:width], "big" if order == ">" else "little"))
    except (struct.error, OverflowError):  # it ends early, or points beyond its end: Pillow will say so
        return


def tiff_chunk(content: bytes, size: tuple[int, int]) -> int:
    """Pixels of the largest tile or strip that a TIFF of this size speaks of, which are decoded together."""
    width, height = size
    largest = {_TILE_WIDTH: 0, _TILE_LENGTH: 0, _ROWS_PER_STRIP: 0}
    for entry in tiff_entries(content):
        if entry.tag in largest:
            largest[entry.tag] = max(largest[entry.tag], entry.value)
    if tile := largest[_TILE_WIDTH] * largest[_TILE_LENGTH]:
        return tile
    return width * min(largest[_ROWS_PER_STRIP] or height, height)


def tiff_numbers(content: bytes) -> int:
    """The numbers in all entries of a TIFF, each of which takes Pillow some 300 bytes and 10 µs.

    An entry that would not fit into the file is left out, as Pillow does. Bytes and text are cheap and not counted,
    unless there are more of them than in the whole file, for then the entries share them.
    """
    fitting = [entry for entry in tiff_entries(content) if entry.numbers <= len(content)]
    plain = sum(entry.numbers for entry in fitting if entry.kind in _PLAIN)
    numbers = sum(entry.numbers for entry in fitting if entry.kind not in _PLAIN)
    return numbers + (plain if plain > len(content) else 0)


def codestream(content: bytes) -> Codestream:
    """The most pixels and the most tiles of any JPEG 2000 codestream in a file; its wrapping may say otherwise."""
    mark = b"\xff\x4f\xff\x51"
    if content.count(mark) > MARKS:
        return Codestream(BEYOND, BEYOND)
    pixels = tiles = 0
    for found in re.finditer(re.escape(mark), content):
        numbers = struct.unpack_from(">HHHIIIIIIII", content[found.start() : found.start() + 40].ljust(40, b"\0"), 2)
        right, bottom, left, top, across, down = numbers[3:9]
        if right > left and bottom > top and across and down:
            pixels = max(pixels, (right - left) * (bottom - top))
            tiles = max(tiles, math.ceil(right / across) * math.ceil(bottom / down))
    return Codestream(pixels, tiles)


def chunk_names(content: bytes, most: int) -> Counter[bytes]:
    """How often each kind of chunk comes in a PNG, as far as they follow one another; of so many chunks at most."""
    names: Counter[bytes] = Counter()
    place = 8
    for _ in range(most):
        head = content[place : place + 8]
        if len(head) < 8:
            break
        names[head[4:]] += 1
        place += 12 + int.from_bytes(head[:4], "big")
    return names


def icon_pixels(content: bytes) -> int:
    """Pixels of the largest picture in an icon: itself says so in a byte a side, which need not be true."""
    if content.count(b"IHDR") > MARKS:
        return BEYOND
    sizes = [_size(">II", content, found.end()) for found in re.finditer(b"IHDR", content)]
    for entry in range(min(int.from_bytes(content[4:6], "little"), len(content) // 16)):
        offset = int.from_bytes(content[18 + 16 * entry : 22 + 16 * entry], "little")
        if not content.startswith(b"\x89PNG", offset):
            width, height = _size("<II", content, offset + 4)
            sizes.append((width, height // 2))  # the other half is a mask's
    return max((width * height for width, height in sizes), default=0)


def _size(layout: str, content: bytes, offset: int) -> tuple[int, int]:
    width, height = struct.unpack(layout, content[offset : offset + 8].ljust(8, b"\0"))
    return width, height
