"""Pictures that are made by hand to fill the memory, to take minutes, or to be no pictures at all."""

from __future__ import annotations

import io
import os
import socket
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PIL import Image


def saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    """A picture as a file's content."""
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def plain(width: int, height: int, kind: str, mode: str = "RGB", **options: Any) -> bytes:
    """A picture of one colour."""
    return saved(Image.new(mode, (width, height), 99 if mode == "L" else None), kind, **options)


def png(
    width: int, height: int, colours: int = 2, depth: int = 8, data: bytes | None = None, extra: bytes = b""
) -> bytes:
    """A PNG of zeros, made row by row: it may be far larger than the memory."""
    samples = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colours]
    if data is None:
        packer, row = zlib.compressobj(1), bytes(1 + (width * samples * depth + 7) // 8)
        data = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    header = struct.pack(">IIBBBBB", width, height, depth, colours, 0, 0, 0)
    chunks = png_chunk(b"IHDR", header) + extra + png_chunk(b"IDAT", data) + png_chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


def png_chunk(name: bytes, data: bytes) -> bytes:
    """One piece of a PNG."""
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def tiff(tags: list[tuple[int, int, int, int]], data: bytes) -> bytes:
    """A TIFF of (tag, type, count, value); a value of -1 stands for where the data begin."""
    start = 8 + 2 + 12 * len(tags) + 4
    entries = b"".join(
        struct.pack("<HHI", tag, kind, count)
        + struct.pack("<Hxx" if kind == 3 else "<I", start if value < 0 else value)
        for tag, kind, count, value in tags
    )
    return b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + bytes(4) + data


def tiff_tile(side: int, *, doubled: bool = False) -> bytes:
    """A TIFF of 100 × 100 pixels in a single tile that is far larger; in doubled tags the second lies."""
    packer = zlib.compressobj(1)
    data = b"".join(packer.compress(bytes(side)) for _ in range(side)) + packer.flush()
    lies = [(322, 4, 1, 16), (323, 4, 1, 16)] if doubled else []
    shape = [(256, 4, 1, 100), (257, 4, 1, 100), (258, 3, 1, 8), (259, 3, 1, 8), (262, 3, 1, 1), (277, 3, 1, 1)]
    tiles = [(322, 4, 1, side), (323, 4, 1, side), *lies, (324, 4, 1, -1), (325, 4, 1, len(data))]
    return tiff(shape + tiles, data)


def tiff_strips(strips: int) -> bytes:
    """A TIFF one pixel wide whose every row is a strip of its own, all of them the same four bytes."""
    shape = [(256, 4, 1, 1), (257, 4, 1, strips), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1)]
    return tiff([*shape, (273, 4, strips, -1), (278, 4, 1, 1), (279, 4, strips, -1)], struct.pack("<I", 8) * strips)


def codestream(width: int, height: int, tile: int, colours: int = 3) -> bytes:
    """A JPEG 2000 picture of so many tiles and no data."""

    def segment(name: bytes, data: bytes) -> bytes:
        return name + struct.pack(">H", len(data) + 2) + data

    size = struct.pack(">HIIIIIIIIH", 0, width, height, 0, 0, tile, tile, 0, 0, colours) + b"\7\1\1" * colours
    style, steps = struct.pack(">BBHBBBBBB", 0, 0, 1, 0, 0, 4, 4, 0, 1), b"\x40\x40"
    head = segment(b"\xff\x51", size) + segment(b"\xff\x52", style) + segment(b"\xff\x5c", steps)
    return (
        b"\xff\x4f" + head + b"\xff\x90" + struct.pack(">HHIBB", 10, 0, 0, 0, 1) + b"\xff\x93" + bytes(20) + b"\xff\xd9"
    )


def jpeg_of_size(width: int, height: int, **options: Any) -> bytes:
    """A small JPEG whose header says that it is large; its data end at once, properly."""
    content = bytearray(plain(64, 64, "JPEG", **options))
    frame = content.index(b"\xff\xc2" if options.get("progressive") else b"\xff\xc0")
    content[frame + 5 : frame + 9] = struct.pack(">HH", height, width)
    return bytes(content)


def jpeg_in_scans(side: int, scans: int) -> bytes:
    """A progressive JPEG that goes over all its pixels once more for every ten bytes."""
    content = plain(side, side, "JPEG", progressive=True)
    last = content.rindex(b"\xff\xda")
    return content[:-2] + content[last : last + 12] * scans + content[-2:]


def webp_canvas(width: int, height: int) -> bytes:
    """A small WebP picture on a large canvas."""
    frame = plain(16, 16, "WEBP")[12:]
    canvas = b"VP8X" + struct.pack("<II", 10, 0) + struct.pack("<I", width - 1)[:3] + struct.pack("<I", height - 1)[:3]
    return b"RIFF" + struct.pack("<I", 4 + len(canvas) + len(frame)) + b"WEBP" + canvas + frame


def bmp(width: int, height: int, *, depth: int = 24, packed: int = 0, data: bytes = b"") -> bytes:
    """A bitmap with a palette of 256 colours that need not be used; run-length coded where `packed` is 1."""
    palette = b"".join(bytes([value, 0, 255 - value, 0]) for value in range(256))
    info = struct.pack("<IiiHHIIiiII", 40, width, height, 1, depth, packed, len(data), 0, 0, 256, 0)
    return b"BM" + struct.pack("<IHHI", 54 + 1024 + len(data), 0, 0, 54 + 1024) + info + palette + data


def gif(width: int, height: int, blocks: bytes = b"", frame: tuple[int, int] | None = None) -> bytes:
    """A GIF with next to no data."""
    image = b"," + struct.pack("<HHHHB", 0, 0, *(frame or (width, height)), 0) + b"\2\3\x44\1\5\0;"
    return b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff" + blocks + image


def icon(picture: bytes) -> bytes:
    """An icon of 16 × 16 pixels, as it says."""
    return b"\0\0\1\0\1\0" + struct.pack("<BBBBHHII", 16, 16, 0, 0, 1, 32, len(picture), 22) + picture


def jpeg_with_exif(orientation: bytes) -> bytes:
    """A JPEG with EXIF data of these bytes."""
    return plain(60, 40, "JPEG", exif=b"Exif\0\0" + orientation)


BOMBS: dict[str, Callable[[], bytes]] = {
    "png-30000x30000.png": lambda: png(30_000, 30_000, 0),
    "png-12000x12000-rgba.png": lambda: png(12_000, 12_000, 6),
    "png-12000x7000-rgba-16-bit.png": lambda: png(12_000, 7_000, 6, 16),
    "png-13000x13000-grey-16-bit.png": lambda: png(13_000, 13_000, 0, 16),
    "png-header-2-billion.png": lambda: png(2**31 - 1, 2**31 - 1, data=b""),
    "png-zero.png": lambda: png(0, 10),
    "png-chunks.png": lambda: png(1, 1, extra=png_chunk(b"abCd", b"") * 2_000_000),
    "png-text.png": lambda: png(1, 1, extra=png_chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(10**8))) * 100),
    "png-profile.png": lambda: png(1, 1, extra=png_chunk(b"iCCP", b"a\0\0" + zlib.compress(bytes(10**8)))),
    "png-50000x1.png": lambda: png(50_000, 1),
    "png-1x50000.png": lambda: png(1, 50_000, 6),
    "jpeg-50000x1.jpg": lambda: plain(50_000, 1, "JPEG"),
    "jpeg-1x50000.jpg": lambda: plain(1, 50_000, "JPEG"),
    "jpeg-65500x65500.jpg": lambda: jpeg_of_size(65_500, 65_500),
    "jpeg-13000x13000.jpg": lambda: jpeg_of_size(13_000, 13_000),
    "jpeg-11000x11000-progressive.jpg": lambda: jpeg_of_size(11_000, 11_000, progressive=True, subsampling=0),
    "jpeg-scans.jpg": lambda: jpeg_in_scans(4_000, 5_000),
    "jpeg-junk.jpg": lambda: b"\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0" + b"\1" * 40_000_000,
    "jpeg-exif-damaged.jpg": lambda: jpeg_with_exif(b"II*\0\x08\0\0\0\xff\xff\x12\1\3\0\xff\xff\xff\xff\6\0\0\0"),
    "jpeg-exif-rational.jpg": lambda: jpeg_with_exif(b"II*\0\x08\0\0\0\1\0\x12\1\5\0\1\0\0\0\x1a\0\0\0" + bytes(16)),
    "gif-65535x65535.gif": lambda: gif(65_535, 65_535),
    "gif-13000x13000.gif": lambda: gif(13_000, 13_000),
    "gif-frame-beyond.gif": lambda: gif(10, 10, frame=(65_535, 65_535)),
    "gif-zero.gif": lambda: gif(0, 0),
    "gif-blocks.gif": lambda: gif(1, 1, b"!\x01" + b"\1a" * 20_000_000 + b"\0"),
    "webp-16000x16000.webp": lambda: webp_canvas(16_000, 16_000),
    "webp-canvas-beyond.webp": lambda: webp_canvas(16_777_216, 16_777_216),
    "webp-6500x6500.webp": lambda: plain(6_500, 6_500, "WEBP", method=0),
    "tiff-tile.tif": lambda: tiff_tile(30_000),
    "tiff-tile-doubled.tif": lambda: tiff_tile(20_000, doubled=True),
    "tiff-strips.tif": lambda: tiff_strips(1_500_000),
    "tiff-header.tif": lambda: tiff([(256, 4, 1, 2**31), (257, 4, 1, 2**31), (273, 4, 1, -1)], b""),
    "tiff-50000x1.tif": lambda: plain(50_000, 1, "TIFF", "RGBA"),
    "tiff-loop.tif": lambda: b"II*\0\x08\0\0\0\0\0\x08\0\0\0",
    "jpeg2000-tiles.jp2": lambda: codestream(65_535, 1, 1),
    "jpeg2000-6000x6000.jp2": lambda: codestream(6_000, 6_000, 6_000),
    "jpeg2000-60000x60000.jp2": lambda: codestream(60_000, 60_000, 60_000, 4),
    "avif-6000x6000.avif": lambda: plain(6_000, 6_000, "AVIF", speed=10),
    "bmp-2-billion.bmp": lambda: bmp(2**31 - 1, 2**31 - 1),
    "bmp-13000x13000.bmp": lambda: bmp(13_000, 13_000),
    "bmp-runs.bmp": lambda: bmp(1_400, 1_400, depth=8, packed=1, data=bytes(40_000_000)),
    "bmp-runs-allowed.bmp": lambda: bmp(1_000, 1_000, depth=8, packed=1, data=b"\1\7" * 1_000 * 1_000),
    "bmp-runs-12000x12000.bmp": lambda: bmp(12_000, 12_000, depth=8, packed=1, data=b"\0\2\xff\xff" * 1000),
    "icon-png.ico": lambda: icon(png(13_000, 13_000, 6)),
    "icon-bmp.ico": lambda: icon(bmp(12_000, 24_000, depth=8, packed=1, data=b"\1\1")[14:]),
    "ppm-text.ppm": lambda: b"P3 6000 5000 255\n" + b"1 " * 40_000_000,
    "ppm-text-large.ppm": lambda: b"P3 2600 2600 255\n" + b"1 " * 3 * 2600 * 2600,
    "pbm-text.pbm": lambda: b"P1 5000 5000\n" + b"1" * 5000 * 5000,
    "ppm-odd.ppm": lambda: b"P6 4000 4000 1023\n" + bytes(6 * 4000 * 4000),
    "ppm-text-allowed.ppm": lambda: b"P3 1400 1400 255\n" + b"1 " * 3 * 1400 * 1400,
    "ppm-comment.ppm": lambda: b"P6 #" + b"a" * 40_000_000,
    "ppm-number.ppm": lambda: b"P6 999999999 999999999 255\n",
    "tga-65535x65535.tga": lambda: struct.pack("<BBBHHBHHHHBB", 0, 0, 10, 0, 0, 0, 0, 0, 65_535, 65_535, 24, 0),
    "text.jpg": lambda: b"These are no pixels.\n",
    "page.png": lambda: b"<!DOCTYPE html><html><body>404 Not Found</body></html>" * 100,
    "empty.jpg": lambda: b"",
    "zeros.jpg": lambda: bytes(1_000_000),
    "postscript.jpg": lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 100 100\n%%EndComments\nshowpage\n",
    "photoshop.png": lambda: b"8BPS" + struct.pack(">HxxxxxxHIIHH", 1, 3, 20, 20, 8, 3) + bytes(2_000),
    "fits.tif": lambda: b"SIMPLE  =                    T".ljust(80) * 36 + bytes(2_880),
}
"""By file name, what makes the content."""


def sparse(path: Path) -> None:
    """Three gigabytes that take no room on the disk."""
    with path.open("wb") as file:
        file.write(png(10, 10))
        file.truncate(3_000_000_000)


def sparse_and_allowed(path: Path) -> None:
    """Half a gigabyte that is read, since it might be a picture."""
    with path.open("wb") as file:
        file.write(png(10, 10, data=b""))
        file.truncate(500_000_000)


def listening(path: Path) -> None:
    """A socket; nobody answers."""
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(os.path.relpath(path))  # an absolute name may be too long for one


SPECIAL: dict[str, Callable[[Path], object]] = {
    "pipe.jpg": os.mkfifo,
    "socket.png": listening,
    "sparse.png": sparse,
    "sparse-allowed.png": sparse_and_allowed,
    "link-to-nothing.jpg": lambda path: path.symlink_to("nowhere"),
    "link-to-itself.jpg": lambda path: path.symlink_to(path.name),
    "device.jpg": lambda path: path.symlink_to("/dev/zero"),
    "terminal.jpg": lambda path: path.symlink_to("/dev/tty"),
}
"""By name, what puts something there that is no ordinary file, or hardly."""
