"""Pictures for the terminal, taken apart again by what the protocols' manuals say."""

from __future__ import annotations

import base64
import io
import re
import zlib
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from imgsearch.errors import PictureError
from imgsearch.images.graphics import PROTOCOLS, lines
from imgsearch.images.thumbnails import thumbnail

from ..conftest import draw

COLUMNS, ROWS, CELL = 12, 5, (8, 16)
PIXELS = (96, 80)


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    return draw(tmp_path / "picture.png", 3, (400, 300))


def sequence(drawn: list[str]) -> str:
    """What draws, out of the lines that leave the cursor as text of that width would."""
    over = f"\x1b[{COLUMNS}C"
    assert drawn[1:] == [over] * (ROWS - 1)
    assert drawn[0].startswith("\x1b7") and drawn[0].endswith(f"\x1b8{over}")
    return drawn[0][2 : -2 - len(over)]


def test_kitty_gets_every_pixel_in_chunks_of_at_most_4096(picture: Path) -> None:
    drawn = sequence(lines("kitty", picture, COLUMNS, ROWS, CELL))
    messages = re.findall(r"\x1b_G([^;]*);([^\x1b]*)\x1b\\", drawn)
    assert "".join(f"\x1b_G{keys};{data}\x1b\\" for keys, data in messages) == drawn
    assert len(messages) > 1 and all(len(data) <= 4096 for _, data in messages)
    assert [keys.split("m=")[1] for keys, _ in messages] == ["1"] * (len(messages) - 1) + ["0"]
    expected = thumbnail(picture, PIXELS)
    first = dict(key.split("=") for key in messages[0][0].split(","))
    assert first == {"a": "T", "f": "24", "o": "z", "s": "96", "v": "72", "C": "1", "q": "2", "m": "1"}
    assert zlib.decompress(base64.b64decode("".join(data for _, data in messages))) == expected.tobytes()


def test_iterm2_gets_a_picture_file(picture: Path) -> None:
    drawn = sequence(lines("iterm2", picture, COLUMNS, ROWS, CELL))
    found = re.fullmatch(r"\x1b]1337;File=(.*?):(.*)\a", drawn)
    assert found
    keys, content = dict(key.split("=") for key in found[1].split(";")), base64.b64decode(found[2])
    assert keys == {
        "inline": "1",
        "size": str(len(content)),
        "width": str(COLUMNS),
        "height": str(ROWS),
        "preserveAspectRatio": "1",
    }
    with Image.open(io.BytesIO(content)) as image:
        assert image.tobytes() == thumbnail(picture, PIXELS).tobytes()


def from_sixel(text: str) -> NDArray[np.float64]:
    """A plotter of Sixel, character by character."""
    start = re.match(r'\x1bP0;1;0q"1;1;(\d+);(\d+)', text)
    assert start and text.endswith("\x1b\\")
    width, height = int(start[1]), int(start[2])
    canvas = np.full((-(-height // 6) * 6, width, 3), np.nan)
    palette: dict[int, list[float]] = {}
    colour = x = top = 0
    for token in re.finditer(r"#(\d+);2;(\d+);(\d+);(\d+)|#(\d+)|!(\d+)([?-~])|([?-~])|([$-])", text[start.end() : -2]):
        number, red, green, blue, chosen, times, repeated, single, move = token.groups()
        if number:
            palette[int(number)] = [int(part) * 2.55 for part in (red, green, blue)]
        elif chosen:
            colour = int(chosen)
        elif move:
            x, top = 0, top + (6 if move == "-" else 0)
        else:
            for _ in range(int(times or 1)):
                for bit in range(6):
                    if (ord(repeated or single) - 63) >> bit & 1:
                        canvas[top + bit, x] = palette[colour]
                x += 1  # noqa: SIM113 - it goes back to 0, too
    return canvas[:height]


@pytest.mark.parametrize("size", [(400, 300), (96, 7), (3, 80), (1, 1)])
def test_sixel_paints_every_pixel_in_nearly_its_colour(tmp_path: Path, size: tuple[int, int]) -> None:
    picture = draw(tmp_path / "picture.png", 3, size)
    expected = np.asarray(thumbnail(picture, PIXELS), dtype=np.float64)
    painted = from_sixel(sequence(lines("sixel", picture, COLUMNS, ROWS, CELL)))
    assert painted.shape == expected.shape
    assert not np.isnan(painted).any()
    assert np.abs(painted - expected).mean() < 12


def shades(row: str) -> list[list[int]]:
    """The colour codes in force at each half-block."""
    found: list[list[int]] = []
    current: list[int] = []
    for code, character in re.findall(r"\x1b\[([\d;]*)m|(▀)", row):
        if character:
            found.append(current)
        else:
            current = [int(part) for part in code.split(";")]
    return found


def test_half_blocks_show_two_pixels_each_in_all_colours(picture: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLORTERM", "truecolor")
    drawn = lines("blocks", picture, COLUMNS, ROWS, CELL)
    expected = np.asarray(thumbnail(picture, (COLUMNS, 2 * ROWS)))
    assert expected.shape == (9, 12, 3)  # an odd number of rows: the last cells have but an upper half
    for number, row in enumerate(drawn):
        for column, codes in enumerate(shades(row)):
            assert codes[:5] == [38, 2, *expected[2 * number, column]]
            assert codes[5:] == ([48, 2, *expected[2 * number + 1, column]] if number < 4 else [49])
    assert [len(re.sub(r"\x1b\[[\d;]*m", "", row)) for row in drawn] == [COLUMNS] * ROWS


def test_half_blocks_make_do_with_256_colours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLORTERM", raising=False)
    Image.new("RGB", (2, 2), (255, 0, 100)).save(tmp_path / "pink.png")
    drawn = lines("blocks", tmp_path / "pink.png", 3, 2, CELL)
    assert drawn == ["\x1b[38;5;197;48;5;197m▀▀\x1b[0m ", "   "]  # 197 = 16 + 36 × 5 + 6 × 0 + 1
    Image.new("RGB", (1, 2), (56, 60, 57)).save(tmp_path / "grey.png")
    assert lines("blocks", tmp_path / "grey.png", 1, 1, CELL) == [
        "\x1b[38;5;237;48;5;237m▀\x1b[0m"
    ]  # 232 + (58 - 8) / 10


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_picture_that_is_gone_says_so(protocol: str, tmp_path: Path) -> None:
    with pytest.raises(PictureError, match="no such file"):
        lines(protocol, tmp_path / "missing.png", COLUMNS, ROWS, CELL)
