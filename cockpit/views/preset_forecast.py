"""What a preset will take here: for the launch form, for its check, and for the run's record."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from cockpit.analysis.forecast.result import Forecast, TimeForecast
from cockpit.analysis.forecast.time.forecast import forecast_time
from cockpit.analysis.forecast.work import Work
from cockpit.presets.build import build_preset
from cockpit.presets.model import Origin, Preset
from cockpit.runs.reader import hostname
from cockpit.runs.record import RunRecord
from cockpit.views.forecast import Known, forecast, read_known
from cockpit.views.preset_work import Ranks, device_of, work_of_preset
from cockpit.views.train_samples import Samples, samples_of

COUNTED: Final = "counted"
"""Where samples come from that the caller told."""


def forecast_of_preset(
    preset: Preset,
    gpu_names: Sequence[str],
    world_size: int,
    *,
    is_simulated: bool = False,
    train_samples: int | None = None,
    known: Known | None = None,
) -> Forecast:
    """Return what a preset takes on these GPUs of this machine; without any, on its processor.

    Simulated GPUs train on the processor. Raises InputError for a catalogue or price with errors.
    """
    known = known or read_known()
    device = device_of(() if is_simulated else gpu_names, known.catalog)
    ranks = Ranks(device, world_size, hostname())
    if train_samples:
        samples = Samples(train_samples, COUNTED)
    else:
        samples = samples_of(preset, known.calibrations, hostname())
    return forecast(work_of_preset(preset, ranks, known.catalog, samples=samples), known)


def work_of_run(record: RunRecord, known: Known) -> Work:
    """Return the work of a run as it was asked for."""
    preset = build_preset(
        record.preset,
        record.preset_file,
        Origin(record.origin),
        record.document,
        record.sources,
    )
    device = device_of(() if record.is_simulated else record.gpu_names, known.catalog)
    return work_of_preset(
        preset,
        Ranks(device, record.world_size, record.host),
        known.catalog,
        batch_per_rank=record.batch_per_rank,
        samples=samples_of(preset, known.calibrations, record.host),
    )


def forecast_of_run(record: RunRecord) -> TimeForecast | None:
    """Return how long a run will take, by what is known when this is asked."""
    known = read_known()
    return forecast_time(work_of_run(record, known), known.calibrations, known.catalog)
