"""What is expected of the launch form as it stands. Reads what was measured; starts nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final, TypeAlias

from cockpit.errors import CockpitError
from cockpit.launch.gpus import ONE_PROCESS, parse_gpu_choice
from cockpit.presets.model import LaunchKind, Preset
from cockpit.supervise.prepare import Prepared, requested_preset
from cockpit.tui.begins import NOW, Begin, begin_when_free
from cockpit.tui.forecast_rows import Outlook
from cockpit.tui.form import Form
from cockpit.tui.plan_words import waits_for_gpus
from cockpit.tui.store import Snapshot

if TYPE_CHECKING:  # read when something is foreseen
    from cockpit.analysis.forecast.result import CostForecast, Forecast
    from cockpit.views.forecast import Known

Foresee: TypeAlias = Callable[[Form, Prepared | None, Snapshot | None], Outlook]
"""From the form, its plan where there is one, and what is known of the machine."""

NO_GPU: Final = "no GPU here to estimate for: e asks about another"
CURRENCY: Final = "USD"
"""Prices in one currency alone can be held against each other."""
FOR_A_TPU: Final = "for a TPU: e asks how long it takes there"
CANNOT_YET: Final = Begin(None, "once it can")


def foresee(form: Form, prepared: Prepared | None, snapshot: Snapshot | None) -> Outlook:
    """Return the outlook; without a plan that of as many GPUs as the form asks for."""
    try:
        preset = requested_preset(form.request()) if prepared is None else prepared.preset
        if preset.launch.kind is LaunchKind.XLA:
            return Outlook(problem=FOR_A_TPU)
        return _of_wish(preset, snapshot) if prepared is None else _of_plan(prepared, snapshot)
    except CockpitError as error:
        return Outlook(problem=error.problem.splitlines()[0])


def _of_plan(prepared: Prepared, snapshot: Snapshot | None) -> Outlook:
    plan, machine = prepared.plan, prepared.machine
    names: Sequence[str] = plan.gpu_names
    begin = NOW
    if waits_for_gpus(prepared):
        choice = parse_gpu_choice(prepared.preset.launch.gpus)
        names = [gpu.name for gpu in machine.gpus][: plan.world_size]
        begin = begin_when_free(plan.world_size, snapshot, choice.indices)
    found = _found(prepared.preset, names, plan.world_size, is_simulated=machine.is_simulated)
    return replace(found, begin=begin)


def _of_wish(preset: Preset, snapshot: Snapshot | None) -> Outlook:
    names = _wanted_gpus(preset, snapshot)
    is_simulated = snapshot is not None and snapshot.is_simulated
    launch = preset.launch
    if not names and launch.cpu_ranks is None and launch.gpus != "cpu":
        return Outlook(problem=NO_GPU)
    if names and not is_simulated:
        ranks = 1 if launch.kind in ONE_PROCESS else len(names)
    else:
        ranks = launch.cpu_ranks or 1 if launch.kind is LaunchKind.TORCHRUN else 1
    found = _found(preset, names, ranks, is_simulated=is_simulated)
    return replace(found, begin=begin_when_free(len(names), snapshot) if names else CANNOT_YET)


def _found(preset: Preset, names: Sequence[str], ranks: int, *, is_simulated: bool) -> Outlook:
    from cockpit.analysis.forecast.time.forecast import why_unknown
    from cockpit.views.forecast import read_known
    from cockpit.views.preset_forecast import forecast_of_preset

    known = read_known()
    found = forecast_of_preset(preset, names, ranks, is_simulated=is_simulated, known=known)
    why = why_unknown(found.work, known.catalog) if found.time is None else ""
    found = found if found.costs else replace(found, costs=_rented(found, known))
    return Outlook(
        found,
        why_no_time=why,
        catalog=known.catalog,
        is_simulated=is_simulated and bool(names),
    )


def _rented(found: Forecast, known: Known) -> tuple[CostForecast, ...]:
    """Return what the same GPUs cost where they are rented by the hour, to know the order of it."""
    from cockpit.analysis.forecast.cost.energy import ranks_per_device
    from cockpit.analysis.forecast.cost.forecast import forecast_cost
    from cockpit.analysis.forecast.cost.terms import CostTerms
    from cockpit.catalog.names import find_accelerator

    time = found.time
    if time is None:
        return ()
    offers = [
        one
        for one in known.catalog.offers.values()
        if one.accelerator == found.work.device and one.hour and one.currency == CURRENCY
    ]
    cores = ranks_per_device(find_accelerator(known.catalog, found.work.device))
    terms = CostTerms(ranks_per_device=cores)
    return tuple(forecast_cost(found.work, time, one, terms) for one in offers)


def _wanted_gpus(preset: Preset, snapshot: Snapshot | None) -> list[str]:
    """Return the names of the GPUs that a preset asks for, free or not."""
    cards = [gpu for gpu in snapshot.reading.gpus if not gpu.has_mig] if snapshot else []
    choice = parse_gpu_choice(preset.launch.gpus)
    if choice.word == "cpu":
        return []
    if choice.indices is not None:
        return [gpu.name for gpu in cards if gpu.gpu_index in choice.indices]
    is_one = choice.word == "auto" and preset.launch.kind in ONE_PROCESS
    count = choice.count or (1 if is_one else len(cards))
    return [gpu.name for gpu in cards][:count]
