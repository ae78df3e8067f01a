"""A preset's own training as one probe of one batch starts it: one rank, few epochs."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from cockpit.errors import EnvironmentNotFit, GpusBusy
from cockpit.launch.gpus import parse_gpu_choice
from cockpit.launch.plan import LaunchPlan
from cockpit.launch.weights import with_weights
from cockpit.presets.model import LaunchKind, Needs, Preset
from cockpit.runs.attempt import AttemptRecord
from cockpit.runs.layout import RunPaths
from cockpit.supervise.prepare import Prepared, prepare_preset, requested_preset
from cockpit.supervise.request import RunRequest
from cockpit.supervise.weights import weights_of

MOST_EPOCHS: Final = 2
"""A schedule over one epoch divides by zero in some trainers."""
SILENCED: Final = {"WANDB_MODE": "disabled", "SWANLAB_MODE": "disabled"}
"""A probe is no experiment that somebody wants to see on a tracker's site."""
CPU: Final = "cpu"


@dataclass(frozen=True, slots=True)
class ProbeOrder:
    """What one probe is to do."""

    preset: str
    """Its name or its file."""
    batch: int
    """For the one rank."""
    python: str | None = None
    gpus: str | None = None
    """`cpu`, `3,` for that one, `1` for any; None: a free one, or what the preset allows else."""
    limit_bytes: int | None = None
    """Given by the user."""
    host_bytes: int | None = None
    """What there is where there is no GPU."""
    limit_s: float = 120.0
    is_longer: bool = False
    """The answer is tried again, for longer."""


def parse_order(words: Sequence[str]) -> ProbeOrder:
    """Return what the command line asks for."""
    parser = argparse.ArgumentParser(prog="memory_probe")
    parser.add_argument("--preset", required=True)
    parser.add_argument("--batch", type=int, required=True)
    parser.add_argument("--python")
    parser.add_argument("--gpus")
    parser.add_argument("--limit-bytes", type=int, default=0)
    parser.add_argument("--host-bytes", type=int, default=0)
    parser.add_argument("--limit-s", type=float, default=120.0)
    parser.add_argument("--longer", type=int, default=0)
    asked = parser.parse_args(words)
    return ProbeOrder(
        preset=asked.preset,
        batch=asked.batch,
        python=asked.python,
        gpus=asked.gpus,
        limit_bytes=asked.limit_bytes or None,
        host_bytes=asked.host_bytes or None,
        limit_s=asked.limit_s,
        is_longer=bool(asked.longer),
    )


def prepare_probe(order: ProbeOrder, paths: RunPaths) -> Prepared:
    """Return the training of one batch as it would be started. Raises what `prepare` raises."""
    request = RunRequest(order.preset, gpus=order.gpus, python=order.python)
    preset = with_weights(requested_preset(request), weights_of)
    try:
        prepared = prepare_preset(probed(preset, order.batch, order.gpus), request, paths=paths)
    except GpusBusy as error:
        other = "--gpu INDEX measures what is left on one that no run has, --device cpu on none"
        raise GpusBusy(error.problem, other) from error
    if prepared.machine.is_simulated and order.gpus != CPU:
        problem = "the GPUs are simulated: nothing can be measured on them"
        raise EnvironmentNotFit(problem, "--device cpu measures host memory, for a CPU")
    return prepared


def probed(preset: Preset, batch: int, gpus: str | None) -> Preset:
    """Return a preset that trains one batch on one rank. Pure.

    What it needs is not asked: whether it fits is what shall be found. `gpus` was chosen by a
    person; None leaves the preset's own GPU where it names one.
    """
    assert preset.batch is not None, "who asks for a probe looks at that first"
    ranks = None if preset.launch.cpu_ranks is None else 1
    launch = replace(preset.launch, gpus=gpus or _one_gpu(preset), cpu_ranks=ranks, max_restarts=0)
    sources = dict(preset.sources)
    if gpus is None:
        sources["launch.gpus"] = "preset"  # so that it may come to the CPU where the preset may
    changed = replace(preset, launch=launch, needs=Needs(), sources=sources)
    if preset.epochs_argument is not None:
        changed = changed.with_setting(preset.epochs_argument, MOST_EPOCHS)
    return changed.with_setting(preset.batch.argument, batch)


def attempt_of(prepared: Prepared, reason: str) -> AttemptRecord:
    """Return what is started; `reason` is for whom."""
    plan = prepared.plan
    quiet = {name: text for name, text in SILENCED.items() if name not in prepared.preset.env}
    return AttemptRecord(
        attempt=1,
        time=0.0,
        reason=reason,
        argv=plan.argv,
        env={name: item.value for name, item in plan.env.items()} | quiet,
        unset=plan.unset,
        cwd=plan.cwd,
        gpus=plan.gpus,
        gpu_uuids=plan.gpu_uuids,
        world_size=plan.world_size,
        python=str(prepared.python.path),
    )


def shown_command(record: AttemptRecord) -> str:
    """Return the command as it can be pasted; its folder is gone when the probe is over."""
    settings = [f"{name}={text}" for name, text in record.env.items()]
    words = ["env", *(word for name in record.unset for word in ("-u", name)), *settings]
    return f"cd {shlex.quote(str(record.cwd))} && {shlex.join([*words, *record.argv])}"


def where_of(plan: LaunchPlan) -> str:
    """Return `GPU 0`, `GPUs 0, 1` or `the CPU`."""
    if not plan.gpus:
        return "the CPU"
    return f"GPU{'s' if len(plan.gpus) > 1 else ''} {', '.join(map(str, plan.gpus))}"


def _one_gpu(preset: Preset) -> str:
    launch = preset.launch
    if launch.kind is LaunchKind.XLA:
        return launch.gpus
    choice = parse_gpu_choice(launch.gpus)
    if choice.indices is not None:
        return f"{choice.indices[0]},"
    return CPU if choice.word == CPU else "1"
