"""The checkpoints of a run, as they lie on disk."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from cockpit.views.run_view import Checkpoint

SUFFIXES: Final = (".pt", ".pth", ".pkl", ".ckpt", ".safetensors")


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
