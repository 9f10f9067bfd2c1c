"""Writing a picture in whatever format its name asks for."""

from __future__ import annotations

import io
from pathlib import Path
from typing import BinaryIO

from PIL import Image

from imgsearch.errors import UserError, printable


def require_writable_format(file: Path) -> str:
    """Pillow's name of the format that the suffix stands for.

    Raises:
        UserError: there is none that RGB pictures can be written in.
    """
    Image.init()  # all of Pillow's plug-ins, which reading does without
    name = Image.registered_extensions().get(file.suffix.lower(), "")
    try:
        Image.new("RGB", (16, 16)).save(io.BytesIO(), name or "none")
    except (OSError, ValueError, KeyError):
        what = f"{file.suffix} is no format that pictures are written in" if file.suffix else "has no suffix"
        raise UserError(f"{printable(file)}: {printable(what)}; name a .png, .jpg or .webp file") from None
    return name


def save_as(image: Image.Image, stream: BinaryIO, file: Path) -> None:
    """Write to `stream` in the format of the name `file`.

    Raises:
        UserError: not in this format, which may be for smaller pictures.
    """
    name, content = require_writable_format(file), io.BytesIO()
    try:
        image.save(content, name)
    except (OSError, ValueError) as error:
        size = f"{image.width:,} × {image.height:,} pixels"
        raise UserError(f"{printable(file)}: {name} cannot hold {size} ({error}); name a .png file") from None
    stream.write(content.getbuffer())
