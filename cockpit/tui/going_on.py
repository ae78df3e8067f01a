"""What continuing a run means, in the words of the question that is asked. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from cockpit.errors import CockpitError
from cockpit.supervise.wishes import SHOWN, Resumed
from cockpit.tui.ending import Consequence
from cockpit.tui.store import gpu_words
from cockpit.units import age, clock
from cockpit.views.run_view import RunView

LOOKING = (Consequence("from", "looking for a checkpoint that can be read …", "muted"),)


def end_words(run: RunView) -> str:
    """Return `failed 16:41: GPU 2 ran out of memory`."""
    when = f" {clock(run.ended, run.time)}" if run.ended is not None else ""
    return f"{run.phase}{when}" + (f": {run.problem}" if run.problem else "")


def outlook(run: RunView, resumed: Resumed) -> tuple[Consequence, ...]:
    """Return from which checkpoint a run goes on, how far it is, and where it will run."""
    return (
        *_source(run, resumed),
        Consequence("epochs", _epochs(run, resumed)),
        Consequence("runs on", f"{gpu_words(run.gpus)}, as before"),
        Consequence("attempt", f"{resumed.wish.number}, in the same folder: log and curves go on"),
        Consequence("the same", f"cockpit resume {run.run_id}", "muted"),
    )


def refusal_lines(error: CockpitError) -> tuple[Consequence, ...]:
    """Return why it cannot be done, and what to try."""
    first, *more = error.problem.splitlines() or [""]
    lines = [Consequence("cannot go", first, "danger")]
    lines += [Consequence("", line.strip()) for line in more]
    return (*lines, *_tries(error))


def busy_lines(error: CockpitError) -> tuple[Consequence, ...]:
    """Return who holds the GPUs, and what waiting for them means."""
    first, *holders = error.problem.splitlines() or [""]
    lines = [Consequence("GPUs", first, "attention")]
    lines += [Consequence("", line.strip()) for line in holders]
    how = "it starts by itself, in the order of coming, also when you leave"
    return (*lines, Consequence("queue", how))


def _source(run: RunView, resumed: Resumed) -> Iterator[Consequence]:
    point = resumed.wish.resume
    if point is not None:
        ages = {one.path: age(run.time - one.modified) for one in run.checkpoints}
        old = ages.get(point.checkpoint)
        yield Consequence("from", point.checkpoint.name + (f", {old}" if old else ""), "strong")
    for one in resumed.skipped[:SHOWN]:
        yield Consequence("skipped", f"{one.path.name} {one.why}", "attention")
    if len(resumed.skipped) > SHOWN:
        yield Consequence("", f"and {len(resumed.skipped) - SHOWN} more", "muted")


def _epochs(run: RunView, resumed: Resumed) -> str:
    point = resumed.wish.resume
    done = point.epoch if point is not None and point.epoch is not None else run.epoch
    if done is None:
        return "how many are done is not known"
    if run.epochs is None:
        return f"{done} done"
    return f"{done} of {run.epochs} done, {max(0, run.epochs - done)} to go"


def _tries(error: CockpitError) -> Iterator[Consequence]:
    for number, line in enumerate(error.remedy.splitlines()):
        yield Consequence("" if number else "try", line)
