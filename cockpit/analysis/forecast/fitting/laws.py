"""What a step and an epoch take, by the size of the job. Pure.

    epoch   = fixed + validation * samples + steps * step
    steps   = ceil(samples / (batch * ranks))
    step    = max(data, compute(batch) + max(0, communication(ranks) - overlap))

Compute grows with the images of a batch and with their pixels, on top of what a step costs
however few they are. What more ranks cost each other is told by the Karp-Flatt serial fraction e
(Karp and Flatt, CACM 33(5), 1990): a step on n ranks takes 1 + e(n-1) times that of one, so that
the efficiency of scaling is 1 / (1 + e(n-1)).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

from cockpit.analysis.forecast.band import Band


@dataclass(frozen=True)
class Size:
    """What the time of a step and of an epoch depends on."""

    samples: float
    batch_per_rank: float
    ranks: int
    area: float = 1.0
    """Pixels of an image, relative to those of the job that is asked about."""
    slowness: float = 1.0
    """Of the device and the model, relative to those of the job that is asked about."""

    @cached_property
    def steps(self) -> int:
        """Steps of an epoch, the last one maybe smaller."""
        return max(math.ceil(self.samples / (self.batch_per_rank * self.ranks) - 1e-9), 1)


@dataclass(frozen=True, slots=True)
class Costs:
    """What one job pays, in seconds; `serial_fraction` is a share."""

    image_s: float
    """For each image of a step, on one rank alone."""
    launch_s: float
    """For each step, however few its images."""
    serial_fraction: float
    validation_s: float
    """For each training sample, once an epoch."""
    fixed_s: float
    """Once an epoch: checkpoint, loaders, log."""
    gradients_s: float = 0.0
    """To send the gradients once; 0 where the serial fraction tells it all."""

    def alone_s(self, size: Size) -> float:
        """Return the time of a step on one rank that has the machine for itself."""
        images_s = self.image_s * size.batch_per_rank * size.area
        return size.slowness * (images_s + self.launch_s)

    def step_s(self, size: Size) -> float:
        """Return the time of a step on all ranks; half of it, the way back, hides the sending."""
        alone_s = self.alone_s(size)
        sending_s = 2 * (size.ranks - 1) / size.ranks * self.gradients_s
        return max(
            alone_s / scaling_efficiency(self.serial_fraction, size.ranks),
            overlapped_step_s(0.0, alone_s, sending_s, alone_s / 2),
        )

    def rest_s(self, size: Size) -> float:
        """Return what an epoch takes beside its steps."""
        return self.validation_s * size.samples * size.area * size.slowness + self.fixed_s

    def epoch_s(self, size: Size) -> float:
        """Return the time of an epoch."""
        return size.steps * self.step_s(size) + self.rest_s(size)


def scaling_efficiency(serial_fraction: float, ranks: int) -> float:
    """Return the share of ideal speed-up that is left: 1.0 is linear."""
    return 1 / (1 + serial_fraction * (ranks - 1))


def efficiency_band(serial_fraction: Band, ranks: int) -> Band:
    """Return the efficiency by a serial fraction that is known only so well."""
    return Band(
        scaling_efficiency(serial_fraction.high, ranks),
        scaling_efficiency(serial_fraction.likely, ranks),
        scaling_efficiency(serial_fraction.low, ranks),
    )


def karp_flatt(speedup: float, ranks: int) -> float:
    """Return the serial fraction that a measured speed-up over one rank tells."""
    return (1 / speedup - 1 / ranks) / (1 - 1 / ranks)


def overlapped_step_s(
    data_s: float, compute_s: float, communication_s: float, overlap_s: float
) -> float:
    """Return the time of a step: data and gradients travel while something is computed."""
    return max(data_s, compute_s + max(0.0, communication_s - overlap_s))
