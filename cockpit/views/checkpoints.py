"""The checkpoints of a run, as they lie on disk: which there are, and which can be read."""

from __future__ import annotations

import re
import struct
import zipfile
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from stat import S_ISREG
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


PLACES: Final = ("*", "weights/*", "checkpoints/*", "weight/*", "weight/*/*", "checkpoint-*")
"""Where trainers put checkpoints below the folder that they write to."""
MOST: Final = 500
_SAID: Final = re.compile(r"(epoch|step|checkpoint|best)[=_-]?0*(\d+)", re.IGNORECASE)


def find_checkpoints(
    expected: Path | None, folders: Sequence[Path], since: float | None = None
) -> list[Checkpoint]:
    """Return the checkpoints of a run, newest first: files, and folders of a Trainer.

    What lies beside the `expected` one always counts; elsewhere nothing from before `since`.
    """
    beside = list(_below(expected.parent, ("*",))) if expected is not None else []
    elsewhere = [one for folder in folders for one in _below(folder, PLACES)]
    late = [one for one in elsewhere if since is None or one.modified >= since]
    unique = {one.path: one for one in (*beside, *late)}
    return sorted(unique.values(), key=lambda one: one.modified, reverse=True)[:MOST]


def said_in_name(path: Path) -> str:
    """Return `epoch 25` for `epoch25.pt` and `step 500` for `checkpoint-500`, as the name counts.

    Some trainers count from 0, so this is not compared with the results.
    """
    words = [(word.lower(), int(number)) for word, number in _SAID.findall(path.stem)]
    if path.suffix not in SUFFIXES:
        words = [(word.lower(), int(number)) for word, number in _SAID.findall(path.name)]
    names = {"checkpoint": "step", "best": "epoch"}
    return " ".join(dict.fromkeys(f"{names.get(word, word)} {number}" for word, number in words))


def _below(folder: Path, patterns: Sequence[str]) -> Iterator[Checkpoint]:
    for pattern in patterns:
        try:
            files = list(islice(folder.glob(pattern), MOST * 4))
        except OSError:
            continue
        for file in files:
            found = _checkpoint(file)
            if found is not None:
                yield found


def _checkpoint(path: Path) -> Checkpoint | None:
    try:
        if path.suffix in SUFFIXES:
            about = path.stat()
            if not S_ISREG(about.st_mode):
                return None
            return Checkpoint(path, about.st_size, about.st_mtime, said=said_in_name(path))
        if not path.name.startswith("checkpoint-") or not path.is_dir():
            return None
        parts = [file.stat() for file in path.iterdir() if file.is_file()]
    except OSError:
        return None
    if not parts:
        return None
    newest = max(part.st_mtime for part in parts)
    size_bytes = sum(part.st_size for part in parts)
    return Checkpoint(path, size_bytes, newest, said=said_in_name(path))


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
