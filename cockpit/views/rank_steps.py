"""How far each rank of a run has come, by its own log."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from cockpit.files import modified, read_end
from cockpit.metrics.grammar_toml import shipped_grammar
from cockpit.metrics.log_grammar import part_of
from cockpit.metrics.log_lines import clean, parse_epoch_progress
from cockpit.runs.layout import RunPaths

END_BYTES: Final = 8 << 10
"""So much of each log is read: a few lines, or many frames of one bar."""
NAMES: Final = ("stdout.log", "stderr.log")
"""How torchrun calls the two logs of a rank; bars are drawn on the second."""

Steps = tuple[int, float | None]
"""The epoch in work as the trainer counts it, and how much of it is done, 0 to 1."""


def rank_progress(paths: RunPaths) -> Mapping[int, Steps]:
    """Return how far each rank is that tells it, by its number on this node.

    Ranks that say nothing are left out: many trainers let only the first one speak.
    """
    found = {}
    for folder in _rank_folders(paths.ranks):
        told = [steps for name in NAMES if (steps := _read_steps(folder / name)) is not None]
        if told:
            found[int(folder.name)] = max(told, key=lambda steps: (steps[0], steps[1] or 0.0))
    return found


def newest_steps(text: str) -> Steps | None:
    """Return the newest epoch that the end of a log names, and how much of it is done."""
    found: Steps | None = None
    for line in text.split("\n"):
        found = _steps_of(line, found) or found
    return found


def _rank_folders(ranks: Path) -> Iterator[Path]:
    """Yield the folders of the newest attempt; torchrun writes `<id>/attempt_<n>/<local rank>`."""
    attempts = sorted(ranks.glob("*/attempt_*"), key=modified)
    if attempts:
        yield from (folder for folder in attempts[-1].iterdir() if folder.name.isdecimal())


def _read_steps(log: Path) -> Steps | None:
    try:
        _, text = read_end(log, END_BYTES)
    except OSError:
        return None
    return newest_steps(text)


def _steps_of(line: str, before: Steps | None) -> Steps | None:
    bar = parse_epoch_progress(line)
    if bar is not None:
        return bar[0], bar[2]
    shown = clean(line)
    for one in shipped_grammar("epri-log").lines:
        match = one.pattern.match(shown)
        if match is None:
            continue
        told = match.groupdict()
        epoch = int(told["epoch"]) if told.get("epoch") else before[0] if before else None
        part = part_of(told)
        return None if epoch is None or one.completes else (epoch, part)
    return None
