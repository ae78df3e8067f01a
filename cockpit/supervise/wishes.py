"""What it takes to continue a run: whether it can, and from which checkpoint."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cockpit.errors import CockpitError, EnvironmentNotFit, InputError, LaunchError
from cockpit.launch.arguments import epochs_of
from cockpit.launch.resuming import require_resume
from cockpit.presets.model import Preset
from cockpit.runs.attempt import ResumeRequest
from cockpit.runs.layout import RunPaths
from cockpit.runs.phase import Phase
from cockpit.runs.record import RunRecord, StateRecord
from cockpit.supervise.attempts import Wish
from cockpit.supervise.following import same_gpus
from cockpit.supervise.replanning import preset_of
from cockpit.views.results import ResultsTail
from cockpit.views.resume_point import Skipped, find_resume_point

SHOWN: Final = 4
"""So many unreadable checkpoints are named."""


@dataclass(frozen=True, slots=True)
class Resumed:
    """A run that goes on."""

    wish: Wish
    skipped: tuple[Skipped, ...]


def wish_to_resume(
    record: RunRecord, paths: RunPaths, state: StateRecord | None, asked: ResumeRequest
) -> Resumed:
    """Return the attempt that continues a run, and the checkpoints that were skipped for it.

    Raises CockpitError with the reason why it cannot go on.
    """
    if not record.document:
        raise EnvironmentNotFit(
            f"{record.run_id} was launched by an older cockpit, which did not keep its preset",
            f"cockpit run {record.preset}",
        )
    preset = preset_of(record, asked.changes)
    done = _epochs_done(record, paths, state)
    _require_something_left(record, preset, state, done)
    require_resume(preset)
    found = find_resume_point(preset, record, paths, done)
    if found.point is None:
        raise _nothing_to_read(record, found.skipped)
    number = (state.attempt if state else 1) + 1
    before = state.gpus if state is not None and state.gpus is not None else record.gpus
    changes = {**same_gpus(before), **asked.changes}
    wish = Wish(number, "resumed", changes, found.point, shares=asked.shares)
    return Resumed(wish, found.skipped)


def _epochs_done(record: RunRecord, paths: RunPaths, state: StateRecord | None) -> int | None:
    table = ResultsTail(record, paths).read_all()
    return table.epoch if table.epoch is not None else state.epoch if state else None


def _require_something_left(
    record: RunRecord, preset: Preset, state: StateRecord | None, done: int | None
) -> None:
    epochs = epochs_of(preset) or (state.epochs if state else None)
    is_done = epochs is not None and done is not None and done >= epochs
    if is_done or (state is not None and state.phase is Phase.SUCCEEDED and epochs is None):
        said = f"all {epochs} epochs are done" if is_done else "it succeeded"
        more = f"--set args.{preset.epochs_argument}=…" if preset.epochs_argument else ""
        raise InputError(
            f"{record.run_id}: {said}; a finished run is not continued",
            f"cockpit run {record.preset} {more}".rstrip() + " trains anew",
        )


def _nothing_to_read(record: RunRecord, skipped: tuple[Skipped, ...]) -> CockpitError:
    if not skipped:
        return LaunchError(
            f"{record.run_id} left no checkpoint: {record.checkpoint} does not exist",
            f"cockpit run {record.preset} starts anew\n  or, where it lies elsewhere (a run keeps "
            "the preset that it was launched with): --set resume.checkpoint=PATH",
        )
    lines = [f"no checkpoint of {record.run_id} can be read:"]
    lines += [f"  {one}" for one in skipped[:SHOWN]]
    return LaunchError("\n".join(lines), f"cockpit run {record.preset} starts anew")
