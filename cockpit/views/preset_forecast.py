"""What a preset will take here: for the launch form, for its check, and for the run's record."""

from __future__ import annotations

from collections.abc import Sequence

from cockpit.analysis.forecast.result import Forecast, TimeForecast
from cockpit.analysis.forecast.time import forecast_time
from cockpit.analysis.forecast.work import Work
from cockpit.catalog.rows import Catalog
from cockpit.presets.build import build_preset
from cockpit.presets.model import Origin, Preset
from cockpit.runs.reader import hostname
from cockpit.runs.record import RunRecord
from cockpit.views.forecast import Known, forecast, read_known
from cockpit.views.preset_work import Place, device_of, work_of_preset


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
    place = Place(device, world_size, hostname())
    work = work_of_preset(preset, place, known.catalog, train_samples=train_samples)
    return forecast(work, known)


def work_of_run(record: RunRecord, catalog: Catalog) -> Work:
    """Return the work of a run as it was asked for."""
    preset = build_preset(
        record.preset,
        record.preset_file,
        Origin(record.origin),
        record.document,
        record.sources,
    )
    device = device_of(() if record.is_simulated else record.gpu_names, catalog)
    place = Place(device, record.world_size, record.host)
    return work_of_preset(preset, place, catalog, batch_per_rank=record.batch_per_rank)


def forecast_of_run(record: RunRecord) -> TimeForecast | None:
    """Return how long a run will take, by what is known when this is asked."""
    known = read_known()
    return forecast_time(work_of_run(record, known.catalog), known.calibrations, known.catalog)
