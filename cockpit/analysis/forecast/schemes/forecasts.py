"""The forecasts that schemes are judged by. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from cockpit.analysis.forecast.cost.terms import CostTerms
from cockpit.analysis.forecast.memory.forecast import forecast_memory
from cockpit.analysis.forecast.result import MemoryForecast, TimeForecast
from cockpit.analysis.forecast.time.forecast import forecast_time
from cockpit.analysis.forecast.work import Work
from cockpit.calibrations.calibration import Calibration
from cockpit.catalog.rows import Catalog

_Key = tuple[str, str | None, int, int]
"""All in which the work differs from scheme to scheme."""


class Forecasts:
    """Foretells one work on many schemes; offers of the same accelerators share a forecast."""

    def __init__(
        self, catalog: Catalog, calibrations: Sequence[Calibration], terms: CostTerms
    ) -> None:
        self.catalog = catalog
        self.terms = terms
        self.calibrations = calibrations
        self._times: dict[_Key, TimeForecast | None] = {}
        self._memories: dict[_Key, MemoryForecast | None] = {}

    def time(self, work: Work) -> TimeForecast | None:
        """Return how long it takes."""
        key = _key(work)
        if key not in self._times:
            self._times[key] = forecast_time(work, self.calibrations, self.catalog)
        return self._times[key]

    def memory(self, work: Work) -> MemoryForecast | None:
        """Return what one rank needs."""
        key = _key(work)
        if key not in self._memories:
            self._memories[key] = forecast_memory(work, self.calibrations, self.catalog)
        return self._memories[key]


def _key(work: Work) -> _Key:
    return work.device, work.host, work.world_size, work.batch_per_rank
