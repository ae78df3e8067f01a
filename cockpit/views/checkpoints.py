"""The checkpoints of a run, as they lie on disk: which there are, and which can be read."""

from __future__ import annotations

import struct
import zipfile
from pathlib import Path
from typing import Final

from cockpit.files import open_regular
from cockpit.views.run_view import Checkpoint

SUFFIXES: Final = (".pt", ".pth", ".pkl", ".ckpt", ".safetensors")
ZIP: Final = b"PK"
"""How torch.save writes since 1.6."""
PICKLE: Final = b"\x80"
"""How it wrote before, and how pickle does."""
LARGEST_HEADER: Final = 100 << 20


def list_checkpoints(expected: Path | None) -> tuple[Checkpoint, ...]:
    """Return what lies beside the checkpoint that the preset names, newest first."""
    if expected is None:
        return ()
    found = []
    try:
        files = [file for file in expected.parent.iterdir() if file.suffix in SUFFIXES]
    except OSError:
        return ()
    for file in files:
        try:
            stat = file.stat()
        except OSError:
            continue
        found.append(Checkpoint(file, stat.st_size, stat.st_mtime))
    return tuple(sorted(found, key=lambda one: one.modified, reverse=True))


def why_unreadable(path: Path) -> str | None:
    """Say why a checkpoint cannot be loaded, or return None where nothing speaks against it.

    Looks at the file's structure without torch: a zip lacks its directory, and a safetensors file
    its end, when the writer was killed or the disk full. Of other formats only the start is known.
    """
    try:
        with open_regular(path) as file:
            start = file.read(8)
            size_bytes = file.seek(0, 2)
            if size_bytes == 0:
                return "is empty (0 bytes): its writer was killed, or the disk was full"
            if path.suffix == ".safetensors":
                file.seek(8)
                return _safetensors_problem(start, file.read(_header_bytes(start)), size_bytes)
    except OSError as error:
        return error.strerror or "cannot be opened"
    if start.startswith(ZIP):
        return _zip_problem(path)
    if path.suffix in SUFFIXES and not start.startswith(PICKLE):
        return "does not begin like a checkpoint"
    return None


def _zip_problem(path: Path) -> str | None:
    try:
        with zipfile.ZipFile(path) as archive:
            return None if archive.namelist() else "holds nothing"
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return "is cut off: its end, which says what it holds, is missing"


def _header_bytes(start: bytes) -> int:
    if len(start) < 8:
        return 0
    return min(LARGEST_HEADER, int(struct.unpack("<Q", start)[0]))


def _safetensors_problem(start: bytes, header: bytes, size_bytes: int) -> str | None:
    """Check that the last tensor that the header names ends where the file ends."""
    import json

    try:
        tensors = json.loads(header)
        ends = [one["data_offsets"][1] for name, one in tensors.items() if name != "__metadata__"]
    except (ValueError, TypeError, KeyError, IndexError, AttributeError):
        return "is cut off inside its header"
    expected = 8 + _header_bytes(start) + max(ends, default=0)
    return None if size_bytes >= expected else f"is cut off: {size_bytes} of {expected} bytes"
