"""Small data sets as YOLO trainers want them, made on the spot."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Final

JPEG: Final = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + b"\0" * 9
BOX: Final = "0 0.5 0.5 0.2 0.2\n"
POLYGON: Final = "1 0.1 0.1 0.9 0.1 0.5 0.9\n"


def png(width: int, height: int) -> bytes:
    """Return the first bytes of a PNG of that size."""
    return b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">II", width, height)


def jpeg(width: int, height: int) -> bytes:
    """Return the first bytes of a JPEG, with a segment of another kind before its size."""
    other = b"\xff\xe1" + struct.pack(">H", 10) + b"Exif\0\0MM"
    return b"\xff\xd8" + other + b"\xff\xc0\x00\x11\x08" + struct.pack(">HH", height, width)


def write_split(root: Path, split: str, labels: dict[str, str | None]) -> Path:
    """Write one image for each name, and its labels unless they are None; return its folder."""
    images, texts = root / "images" / split, root / "labels" / split
    images.mkdir(parents=True, exist_ok=True)
    texts.mkdir(parents=True, exist_ok=True)
    for name, text in labels.items():
        (images / f"{name}.jpg").write_bytes(JPEG)
        if text is not None:
            (texts / f"{name}.txt").write_text(text)
    return images


def write_data_set(root: Path, count: int = 4, label: str = BOX) -> Path:
    """Write images to train and to validate, and return their data.yaml."""
    write_split(root, "train", {f"t{number}": label for number in range(count)})
    write_split(root, "val", {"v0": label, "v1": label})
    file = root / "data.yaml"
    file.write_text(
        f"path: {root}\ntrain: images/train\nval: images/val\nnames: [square, circle]\n"
    )
    return file
