"""What the instruments notice: by this program's own feed, and by the runs' supervisors. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from cockpit.runs.alert import Alert, AlertLevel
from cockpit.tui.store import Snapshot, holders
from cockpit.views.gpu_owners import GpuOwner
from cockpit.views.run_view import RunView

SIGN_IS_FRESH_S: Final = 15.0
"""A supervisor writes every 5 s; what it said longer ago may be over."""
_OF_RUN: Final = "run."
_SPAN: Final = re.compile(r"(\d+)(?::\d+)?(?: to (\d+))?")


@dataclass(frozen=True, slots=True)
class Noticed:
    """One alert, and the run that it matters to."""

    alert: Alert
    run: RunView | None = None
    is_elsewhere: bool = False
    """It was noticed on another host."""

    @property
    def topic(self) -> str:
        """What tells it from all others while its words change."""
        run = self.run
        if run is not None and (self.is_elsewhere or self.alert.code.startswith(_OF_RUN)):
            return f"{run.run_id} {self.alert.topic}"
        return self.alert.topic

    @property
    def is_problem(self) -> bool:
        """True where something is lost or about to be."""
        return self.alert.level is AlertLevel.PROBLEM


def noticed(snapshot: Snapshot) -> tuple[Noticed, ...]:
    """Return what holds now, each thing once: told by who has known it longest."""
    live = [run for run in snapshot.runs if run.phase.is_live and _is_heard(run)]
    held = holders(snapshot) if snapshot.alerts else {}
    found = [Noticed(alert, _run_at(alert, snapshot, held)) for alert in snapshot.alerts]
    for run in live:
        for alert in run.alerts:
            told = Noticed(alert, _whose(alert, run), run.is_remote)
            same = next((at for at, one in enumerate(found) if _is_same(one, told)), None)
            if same is None:
                found.append(told)
            elif alert.since < found[same].alert.since and _is_fresh(run):
                found[same] = told
    return tuple(sorted(found, key=lambda one: not one.is_problem))


def _is_heard(run: RunView) -> bool:
    """A supervisor that is gone notices nothing any more."""
    return run.supervisor_is_alive or run.is_remote


def _is_fresh(run: RunView) -> bool:
    return run.last_sign is not None and run.time - run.last_sign < SIGN_IS_FRESH_S


def _whose(alert: Alert, run: RunView) -> RunView | None:
    """The host's troubles are nobody's own; but of another host only its run tells."""
    return run if run.is_remote or not alert.code.startswith("host.") else None


def _run_at(alert: Alert, snapshot: Snapshot, held: Mapping[str, GpuOwner]) -> RunView | None:
    """Return the run that holds a GPU of an alert."""
    indices = set(gpu_indices(alert.subject))
    gpus = (gpu for gpu in snapshot.reading.gpus if gpu.gpu_index in indices)
    owner = next((held[gpu.key] for gpu in gpus if gpu.key in held), None)
    return snapshot.run(owner.run_id) if owner else None


def _is_same(one: Noticed, other: Noticed) -> bool:
    """Tell whether both say the same; of several GPUs each may have another one first."""
    if one.is_elsewhere != other.is_elsewhere or one.alert.code != other.alert.code:
        return False
    if one.topic == other.topic:
        return True
    if one.alert.code.startswith(_OF_RUN) or one.is_elsewhere:
        return False
    indices = set(gpu_indices(other.alert.subject))
    return bool(indices) and indices <= set(gpu_indices(one.alert.subject))


def gpu_indices(subject: str) -> Iterator[int]:
    """Return the GPUs that a subject names: `GPU 3 · rank 1`, `GPUs 0, 2 to 5 and 9`."""
    words, _, _ = subject.partition(" · ")
    if words.startswith("GPU"):
        for match in _SPAN.finditer(words):
            first = int(match[1])
            yield from range(first, int(match[2] or first) + 1)
