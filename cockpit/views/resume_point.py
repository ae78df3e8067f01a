"""Where a run can continue: its newest checkpoint that can be read."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cockpit.launch.placeholders import fill
from cockpit.launch.resuming import ResumePoint
from cockpit.presets.model import Preset, ResumeEpochs
from cockpit.runs.layout import RunPaths
from cockpit.runs.record import RunRecord
from cockpit.views.checkpoints import why_unreadable

_EPOCH: Final = re.compile(r"(?:epoch|ep|e)[_-]?0*(\d+)", re.IGNORECASE)
MOST: Final = 200
"""So many checkpoints are looked at, the newest first."""


@dataclass(frozen=True, slots=True)
class Skipped:
    """A checkpoint that cannot be continued from."""

    path: Path
    why: str

    def __str__(self) -> str:
        return f"{self.path} {self.why}"


@dataclass(frozen=True, slots=True)
class Found:
    """The answer to where a run continues."""

    point: ResumePoint | None
    skipped: tuple[Skipped, ...] = ()


def find_resume_point(
    preset: Preset, record: RunRecord, paths: RunPaths, done: int | None
) -> Found:
    """Return the newest readable checkpoint of a run, and those that were skipped, newest first.

    `done` is the last epoch that its results show. A file from before the run was launched
    belongs to another one.
    """
    resume = preset.resume
    if resume is None:
        return Found(None)
    places = {"out": str(paths.out), "preset_dir": str(preset.file.parent)}
    checkpoint = record.cwd / Path(fill(resume.checkpoint, places)).expanduser()
    needs_epoch = resume.epochs is ResumeEpochs.REMAINING
    skipped: list[Skipped] = []
    for path in _newest_first(checkpoint, resume.others, record.cwd, paths.out)[:MOST]:
        older = done if not skipped else None  # of an older one only the trainer knows its epoch
        epoch = epoch_in_name(path) if needs_epoch else older
        why = _why_not(path, record.created, epoch, needs_epoch=needs_epoch)
        if why is None:
            return Found(ResumePoint(path, epoch), tuple(skipped))
        skipped.append(Skipped(path, why))
    return Found(None, tuple(skipped))


def epoch_in_name(path: Path) -> int | None:
    """Return 50 for `checkpoint_epoch_50.pth`; None where the name holds no epoch."""
    found = _EPOCH.findall(path.stem)
    return int(found[-1]) if found else None


def _why_not(path: Path, created: float, epoch: int | None, *, needs_epoch: bool) -> str | None:
    try:
        is_old = path.stat().st_mtime < created
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    if is_old:
        return "is older than this run"
    why = why_unreadable(path)
    if why is None and needs_epoch and not epoch:
        return "does not say its epoch, and its trainer counts from 1 again"
    return why


def _newest_first(checkpoint: Path, others: Sequence[str], cwd: Path, out: Path) -> list[Path]:
    """Return the files that are there; of equally new ones the preset's own comes first."""
    files = [checkpoint]
    for text in others:
        pattern = fill(text, {"out": str(out)})
        base = checkpoint.parent if "/" not in pattern else cwd
        if pattern.startswith("/"):
            base, pattern = Path("/"), pattern.lstrip("/")
        files += sorted(base.glob(pattern), reverse=True)
    there = [file for file in dict.fromkeys(files) if file.is_file()]
    return sorted(there, key=lambda file: file.stat().st_mtime, reverse=True)
