"""The files of a run beside its curves: checkpoints, outputs, results. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from cockpit.tui.widgets.facts import Fact
from cockpit.units import age, binary
from cockpit.views.run_view import Checkpoint, RunView

MOST_CHECKPOINTS: Final = 12
MOST_OUTPUTS: Final = 8


def file_facts(run: RunView) -> Iterator[Fact]:
    """Yield the checkpoints, then what else was left, then where the curves come from."""
    yield Fact("checkpoint", newest_age(run))
    for checkpoint in run.checkpoints[:MOST_CHECKPOINTS]:
        yield from _checkpoint(checkpoint, run.time)
    yield from _more(len(run.checkpoints) - MOST_CHECKPOINTS)
    if run.outputs:
        yield Fact("outputs", f"{len(run.outputs)}, newest first")
    for output in run.outputs[:MOST_OUTPUTS]:
        size_and_age = f"{binary(output.size_bytes)} · {age(run.time - output.modified)}"
        yield Fact(output.path.name, size_and_age)
    yield from _more(len(run.outputs) - MOST_OUTPUTS)
    yield Fact("results", run.found or (home(run.results) if run.results else "–"))


def _checkpoint(one: Checkpoint, now_s: float) -> Iterator[Fact]:
    epoch = one.said or ("" if one.epoch is None else f"epoch {one.epoch}")
    parts = (epoch, binary(one.size_bytes), age(now_s - one.modified))
    yield Fact(one.path.name, " · ".join(filter(None, parts)))
    if one.problem is not None:
        yield Fact("", f"✗ {one.problem}", "danger")


def _more(count: int) -> Iterator[Fact]:
    if count > 0:
        yield Fact("", f"and {count} more", "muted")


def newest_checkpoint(run: RunView) -> Checkpoint | None:
    """Return the checkpoint written last, or None."""
    return max(run.checkpoints, key=lambda checkpoint: checkpoint.modified, default=None)


def newest_age(run: RunView) -> str:
    """Return how old the newest checkpoint is."""
    newest = newest_checkpoint(run)
    return "none yet" if newest is None else age(run.time - newest.modified)


def home(path: Path | str) -> str:
    """Return a path with `~` for the home directory."""
    text, own = str(path), str(Path.home())
    return "~" + text[len(own) :] if text == own or text.startswith(own + "/") else text
