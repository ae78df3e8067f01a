"""Planning another attempt from what was asked when the run was born.

Loaded only when there is one: a first start waits for none of it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from cockpit.analysis.retry import BatchKeys
from cockpit.launch.arguments import settings_of
from cockpit.launch.own import own_environment
from cockpit.launch.plan import LaunchPlan, Machine
from cockpit.launch.planner import Place, plan_launch
from cockpit.presets.model import BatchScope, Origin, Preset, ResumeEpochs
from cockpit.presets.resolve import rebuild
from cockpit.runs.attempt import AttemptRecord
from cockpit.runs.layout import RunPaths
from cockpit.runs.record import RunRecord
from cockpit.supervise.attempts import Wish, first_attempt


def preset_of(record: RunRecord, changes: Mapping[str, str]) -> Preset:
    """Return the preset that a run was born with, with some keys changed. Raises PresetError."""
    return rebuild(
        record.preset,
        record.preset_file,
        Origin(record.origin),
        record.document,
        record.sources,
        changes,
        source="attempt",
    )


def plan_again(record: RunRecord, paths: RunPaths, machine: Machine, wish: Wish) -> LaunchPlan:
    """Return the plan of another attempt. Raises CockpitError where there can be none."""
    place = Place(
        python=Path(record.python),
        torch=record.torch,
        out=paths.out,
        config=paths.config if wish.number == 1 else paths.config / str(wish.number),
        inherited=os.environ,
        texts=record.texts,
        ranks=paths.ranks,
        port=record.port,
        flags=record.torchrun_flags,
        own=own_environment(Path(record.python)),
    )
    return plan_launch(
        preset_of(record, wish.changes), machine, place, shares=wish.shares, resume=wish.resume
    )


def attempt_of(plan: LaunchPlan, record: RunRecord, wish: Wish) -> AttemptRecord:
    """Return the record of an attempt that follows a plan."""
    return replace(
        first_attempt(record),
        attempt=wish.number,
        reason=wish.reason,
        argv=plan.argv,
        env={name: item.value for name, item in plan.env.items()},
        unset=plan.unset,
        cwd=plan.cwd,
        gpus=plan.gpus,
        gpu_uuids=plan.gpu_uuids,
        gpu_names=plan.gpu_names,
        world_size=plan.world_size,
        epochs=plan.epochs,
        batch_per_rank=plan.batch.batch_per_rank if plan.batch else None,
        global_batch=plan.batch.global_batch if plan.batch else None,
        checkpoint=wish.resume.checkpoint if wish.resume else None,
        epoch=wish.resume.epoch if wish.resume else None,
        changes=wish.changes,
    )


def batch_keys(preset: Preset, world_size: int) -> BatchKeys | None:
    """Return which keys hold the batch of a preset; None where it does not say."""
    batch = preset.batch
    if batch is None:
        return None
    settings = settings_of(preset)
    value, steps = settings.get(batch.argument), settings.get(batch.accumulation or "")
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        return None
    accumulates = batch.accumulation is not None and isinstance(steps, int)
    return BatchKeys(
        _dotted(preset, batch.argument),
        value,
        smallest=world_size if batch.scope is BatchScope.GLOBAL else 1,
        accumulation=_dotted(preset, batch.accumulation or "") if accumulates else None,
        steps=steps if isinstance(steps, int) else 1,
    )


def _dotted(preset: Preset, name: str) -> str:
    return f"args.{name}" if name in preset.args else f"config.set.{name}"


def counts_again(preset: Preset) -> bool:
    """Say whether its trainer counts epochs from 1 again when it continues."""
    return preset.resume is not None and preset.resume.epochs is ResumeEpochs.REMAINING
