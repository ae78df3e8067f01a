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
LEGACY_TORCH: Final = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."
"""How torch.save began before 1.6: several pickles, and behind them the tensors as they are."""
PICKLE_END: Final = b"."
LARGEST_HEADER: Final = 100 << 20
LARGEST_JSON: Final = 64 << 20


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

    Looks at the file's structure without torch: a zip lacks its directory, a safetensors file or
    a pickle its end, when the writer was killed or the disk full. Others show only their start.
    """
    try:
        with open_regular(path) as file:
            start = file.read(len(LEGACY_TORCH))
            size_bytes = file.seek(0, 2)
            if size_bytes == 0:
                return "is empty (0 bytes): its writer was killed, or the disk was full"
            if path.suffix == ".safetensors":
                file.seek(8)
                return _safetensors_problem(start, file.read(_header_bytes(start)), size_bytes)
            file.seek(-1, 2)
            end = file.read(1)
    except OSError as error:
        return error.strerror or "cannot be opened"
    if start.startswith(ZIP):
        return _zip_problem(path)
    if start.startswith(PICKLE):
        is_whole = start.startswith(LEGACY_TORCH) or end == PICKLE_END
        return None if is_whole else "is cut off: a pickle ends with a full stop, this does not"
    if start.lstrip().startswith((b"{", b"[")) and size_bytes <= LARGEST_JSON:
        return _json_problem(path)
    return "does not begin like a checkpoint" if path.suffix in SUFFIXES else None


def _json_problem(path: Path) -> str | None:
    import json

    try:
        json.loads(path.read_bytes())
    except OSError as error:
        return error.strerror or "cannot be opened"
    except ValueError:
        return "is cut off, or no checkpoint: it begins like JSON and is none"
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
    return min(LARGEST_HEADER, int(struct.unpack("<Q", start[:8])[0]))


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
