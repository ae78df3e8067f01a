"""From a question about a preset to the launch whose first steps answer it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from cockpit.analysis.forecast.work import Work
from cockpit.catalog.rows import Catalog
from cockpit.errors import InputError
from cockpit.presets.model import Preset
from cockpit.supervise.request import RunRequest
from cockpit.views.question_flags import Question
from cockpit.views.question_preset import changes_of

CPU: Final = "cpu"


def probe_request(
    name: str,
    preset: Preset,
    flags: Mapping[str, str | None],
    work: Work,
    catalog: Catalog,
    *,
    settings: tuple[tuple[str, str], ...] = (),
    python: str | None = None,
) -> RunRequest:
    """Return the launch of the preset of this name, as the flags of a question change it.

    Raises InputError for GPUs that are not here.
    """
    is_cpu = work.device.startswith(CPU)
    gpu, gpus = flags.get("gpu"), flags.get("gpus")
    if gpu is not None and not is_cpu:
        raise InputError("--probe trains here: --gpu names another machine's", "--gpu cpu, or none")
    if not is_cpu and work.host is None:
        raise InputError("--probe trains here, where there are no such GPUs", "--gpu cpu")
    changes = changes_of(Question(flags, catalog, {}), preset, work.world_size)
    overrides = [
        (f"args.{key}" if key in preset.args else f"config.set.{key}", str(value))
        for key, value in changes.items()
    ]
    if is_cpu and gpus is not None:
        overrides.append(("launch.cpu_ranks", gpus))
    return RunRequest(
        name,
        (*settings, *overrides),
        gpus=CPU if gpu is not None else None if is_cpu else gpus,
        python=python,
    )
