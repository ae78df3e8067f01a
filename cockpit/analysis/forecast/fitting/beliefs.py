"""What is believed of a job before its measurements are fitted, and the costs that follow. Pure."""

from __future__ import annotations

import math
from typing import Final

from cockpit.analysis.forecast.fitting.fit import Belief, Values, about, share, share_about
from cockpit.analysis.forecast.fitting.laws import Costs, Size, scaling_efficiency

EPOCH, REST, VALIDATION, LAUNCH, SERIAL, TOOL, TOOL_SERIAL, FOREIGN, FOREIGN_SERIAL = range(9)
"""The unknowns, those of the likest measurement: its epoch; the share of that beside its steps; the
share of this that validation takes; the share of a step beside its images; the serial fraction;
what a tool's step, and its serial fraction, are of real ones; the same for a tool that trained
another model."""
OF_COSTS: Final = (EPOCH, REST, VALIDATION, LAUNCH, SERIAL)
"""Those that costs follow from."""

OPEN: Final = 3.0
"""The doubt of a belief that only measurements decide."""
SERIAL_OF_GPUS: Final = about(0.11, 0.75)
"""In one box. Low: 3.6x on 4 GPUs, as document 004 claims. Likely and high: 3.0x on 4 and 2.0x on 8
RTX 2080 Ti, ultralytics/yolov5#1860."""
SERIAL_OF_CPU: Final = about(0.45, 0.45)
"""Ranks share the cores; and each step they wait for each other, the longer the more they share:"""
WAIT_S: Final = 0.015
WAIT_DOUBT: Final = 0.4
"""More doubt, as far as a step is nothing but that."""
VALIDATION_SHARE: Final = 0.055
"""Of an epoch: a fifth of the images, forward only, which is a third of the work. Assumed, as are
the rest."""
VALIDATION_DOUBT: Final = 1.2
FIXED_S: Final = 1.0
"""Of an epoch, beside steps and validation,"""
FIXED_SHARE: Final = 0.1
"""or this share of it, where that is less."""
REST_DOUBT: Final = 1.0
LAUNCH_S: Final = 0.02
"""Of a step, beside its images,"""
LAUNCH_SHARES: Final = (0.06, 0.35)
"""and at least and at most this share of it."""
LAUNCH_DOUBT: Final = 1.1
TOOL_SHARE: Final = about(0.92, 0.25)
"""A tool loads no data."""
SAME_SERIAL: Final = about(1.0, 0.25)
OTHER_SERIAL: Final = about(1.0, 0.5)


def costs_of(values: Values, base: Size) -> Costs:
    """Return the costs that some values of the unknowns mean; they are those of job `base`."""
    epoch_s, rest = math.exp(values[EPOCH]), share(values[REST])
    validation, launch = share(values[VALIDATION]), share(values[LAUNCH])
    serial = math.exp(values[SERIAL])
    step_s = (1 - rest) * epoch_s / base.steps
    alone_s = step_s * scaling_efficiency(serial, base.ranks) / base.slowness
    validated = base.samples * base.area * base.slowness
    return Costs(
        image_s=(1 - launch) * alone_s / (base.batch_per_rank * base.area),
        launch_s=launch * alone_s,
        serial_fraction=serial,
        validation_s=validation * rest * epoch_s / validated,
        fixed_s=(1 - validation) * rest * epoch_s,
    )


class CostsOnce:
    """The costs of one job: a fit asks for those of the same values by every observation."""

    def __init__(self, base: Size) -> None:
        self._base = base
        self._values: Values | None = None
        self._costs: Costs | None = None

    def __call__(self, values: Values) -> Costs:
        """Return the costs of values that nobody changes."""
        if self._costs is None or values is not self._values:
            self._values, self._costs = values, costs_of(values, self._base)
        return self._costs


def beliefs_of(epoch_s: float, step_s: float, ranks: int, *, on_cpu: bool) -> tuple[Belief, ...]:
    """Return what is believed of a job whose epoch and step take about so long."""
    fixed = min(FIXED_S / epoch_s, FIXED_SHARE)
    least, most = LAUNCH_SHARES
    return (
        about(epoch_s, OPEN),
        share_about(VALIDATION_SHARE + fixed, REST_DOUBT),
        share_about(VALIDATION_SHARE / (VALIDATION_SHARE + fixed), VALIDATION_DOUBT),
        share_about(min(max(LAUNCH_S / step_s, least), most), LAUNCH_DOUBT),
        _serial_of_cpu(step_s, ranks) if on_cpu else SERIAL_OF_GPUS,
        TOOL_SHARE,
        SAME_SERIAL,
        about(1.0, OPEN),
        OTHER_SERIAL,
    )


def _serial_of_cpu(step_s: float, ranks: int) -> Belief:
    """Return the serial fraction where ranks wait for each other a while, however short a step."""
    shared = math.exp(SERIAL_OF_CPU.middle)
    others = ranks - 1
    alone_s = max((step_s - WAIT_S * others) / (1 + shared * others), step_s / (4 * ranks))
    serial = shared + WAIT_S / alone_s
    waiting = 1 - shared / serial
    return about(serial, SERIAL_OF_CPU.doubt + WAIT_DOUBT * waiting)
