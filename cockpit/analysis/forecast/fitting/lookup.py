"""Rows of the catalogue by name, each looked for once. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

from cockpit.analysis.forecast.cost.energy import ranks_per_device
from cockpit.analysis.forecast.work import Work
from cockpit.catalog.names import find_accelerator, find_model
from cockpit.catalog.rows import Accelerator, Catalog, ModelEntry, Runtime


@dataclass(frozen=True, slots=True)
class Lookup:
    """A catalogue that is asked for the same few names by a thousand calibrations."""

    catalog: Catalog
    _accelerators: dict[str, Accelerator | None] = field(default_factory=dict, compare=False)
    _models: dict[str, ModelEntry | None] = field(default_factory=dict, compare=False)

    def accelerator(self, name: str) -> Accelerator | None:
        """Return the row of a device."""
        if name not in self._accelerators:
            self._accelerators[name] = find_accelerator(self.catalog, name)
        return self._accelerators[name]

    def model(self, name: str | None) -> ModelEntry | None:
        """Return the row of a model."""
        if name is None:
            return None
        if name not in self._models:
            self._models[name] = find_model(self.catalog, name)
        return self._models[name]

    def by_device(self, work: Work) -> Work:
        """Return the work with one rank for each TPU: published figures are of all its cores.

        A batch for each core is then one for all of them.
        """
        cores = ranks_per_device(self.accelerator(work.device))
        if cores == 1:
            return work
        devices = math.ceil(work.world_size / cores)
        batch = math.ceil(work.global_batch / devices)
        return replace(work, world_size=devices, batch_per_rank=batch)

    def is_cpu(self, device: str) -> bool:
        """Whether a device is a processor, as calibrations and the catalogue name it."""
        if device.startswith("cpu"):
            return True
        known = self.accelerator(device)
        return known is not None and known.runtime is Runtime.CPU
