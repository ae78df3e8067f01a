"""What the first bytes of an image file say: whether it is one, and its size."""

from __future__ import annotations

import os
import struct
from typing import Final

START_BYTES: Final = 32
MOST_SEGMENTS: Final = 64
"""A JPEG has its size behind a handful of segments: profiles, previews."""
_STARTS: Final = (
    b"\xff\xd8\xff",
    b"\x89PNG\r\n\x1a\n",
    b"BM",
    b"II*\0",
    b"MM\0*",
    b"II+\0",
    b"GIF8",
    b"\0\0\0\x0cjP  ",
    b"\xff\x4f\xff\x51",
    b"Pf",
    b"PF",
)
"""JPEG, PNG, BMP, TIFF and DNG, BigTIFF, GIF, JPEG 2000 in both forms, PFM."""


def image_problem(path: str) -> str | None:
    """Say why a file is no image, from its first bytes; None where nothing speaks against it."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError) as error:
        return getattr(error, "strerror", None) or "cannot be opened"
    try:
        start = os.read(descriptor, START_BYTES)
    except OSError as error:
        return error.strerror or "cannot be read"
    finally:
        os.close(descriptor)
    return why_no_image(start)


def why_no_image(start: bytes) -> str | None:
    """Say why these first bytes are of no image, or return None."""
    if not start:
        return "is empty (0 bytes)"
    if start.startswith(_STARTS):
        return None
    if start[:4] == b"RIFF" and start[8:12] == b"WEBP":
        return None
    if start[4:8] == b"ftyp":  # HEIC, AVIF
        return None
    if not start.strip(b"\0"):
        return "holds only zeros: its writer was cut off"
    if start.lstrip()[:1] in (b"<", b"{"):
        return "is a text, not an image: a page that was saved in its place?"
    if start.startswith(b"version https://git-lfs"):
        return "is a pointer of Git LFS: the image itself was not fetched"
    return "does not begin like an image"


def read_image_size(path: str) -> tuple[int, int] | None:
    """Return (width, height) of a JPEG, PNG or BMP; None for others and for broken ones."""
    try:
        with open(path, "rb") as file:  # noqa: PTH123  # see ImageList.files
            start = file.read(START_BYTES)
            if start.startswith(b"\x89PNG") and len(start) >= 24:
                return struct.unpack(">II", start[16:24])
            if start.startswith(b"BM") and len(start) >= 26:
                width, height = struct.unpack("<ii", start[18:26])
                return width, abs(height)
            if start.startswith(b"\xff\xd8"):
                file.seek(2)
                for _ in range(MOST_SEGMENTS):
                    head = file.read(4)
                    if len(head) < 4 or head[0] != 0xFF:
                        return None
                    length = struct.unpack(">H", head[2:])[0]
                    # A start-of-frame marker; C4, C8 and CC are other things.
                    if 0xC0 <= head[1] <= 0xCF and head[1] not in (0xC4, 0xC8, 0xCC):
                        height, width = struct.unpack(">HH", file.read(5)[1:])
                        return width, height
                    file.seek(length - 2, os.SEEK_CUR)
    except (OSError, ValueError, struct.error):
        return None
    return None
