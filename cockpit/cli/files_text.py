"""The files of a run as labelled lines: checkpoints, outputs, results, log. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from cockpit import units
from cockpit.cli.text_width import plain
from cockpit.views.run_view import Checkpoint, RunView

MOST_CHECKPOINTS: Final = 12
MOST_OUTPUTS: Final = 12


def file_lines(view: RunView) -> Iterator[tuple[str, str]]:
    """Yield the label and the words of each."""
    checkpoints = [_checkpoint(one, view.time) for one in view.checkpoints]
    yield from _listed("checkpoint", checkpoints, MOST_CHECKPOINTS)
    outputs = [f"{one.path}  {_size_and_age(one.size_bytes, one.modified, view.time)}"
               for one in view.outputs]  # fmt: skip
    yield from _listed("output", outputs, MOST_OUTPUTS)
    results = f"{plain(str(view.results))} ({view.reader})" if view.results else ""
    yield "results", view.found or results
    yield "log", f"{plain(str(view.log))}  {units.binary(view.log_bytes)}" if view.log.name else ""
    yield "folder", plain(str(view.directory))


def _listed(label: str, lines: Sequence[str], most: int) -> Iterator[tuple[str, str]]:
    for number, line in enumerate(lines[:most]):
        yield (label if number == 0 else ""), plain(line)
    if len(lines) > most:
        yield "", f"… and {len(lines) - most} more"


def _checkpoint(one: Checkpoint, now_s: float) -> str:
    parts = (
        f"{one.path}  {_size_and_age(one.size_bytes, one.modified, now_s)}",
        epoch_words(one),
        "" if one.problem is None else f"CANNOT BE READ: {one.problem}",
    )
    return ", ".join(filter(None, parts))


def epoch_words(one: Checkpoint) -> str:
    """Return `epoch 3 by the results` or `its name says epoch 25`; empty where nothing tells."""
    if one.said:
        return f"its name says {one.said}"
    return "" if one.epoch is None else f"epoch {one.epoch} by the results"


def _size_and_age(size_bytes: int, modified: float, now_s: float) -> str:
    return f"{units.binary(size_bytes)}, {units.duration(max(0.0, now_s - modified))} old"
