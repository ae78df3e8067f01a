"""Where rows lie on the axes that their curves are not drawn along."""

from __future__ import annotations

import math
from array import array
from bisect import bisect_right
from collections.abc import Mapping
from operator import le
from types import MappingProxyType

from cockpit.metrics.column import Column
from cockpit.metrics.epochs import Curve
from cockpit.metrics.series import Axis, MetricSeries


class Scales:
    """Grows with the rows of a table; what falls or is no number is left out."""

    def __init__(self) -> None:
        self._curves: dict[Axis, Curve] = {}

    def put(self, axis: Axis, x: float, value: float | None) -> None:
        """Note that `x` lies at `value`; None: the row does not tell."""
        if value is None or not math.isfinite(value):
            return
        curve = self._curves.setdefault(axis, Curve())
        if not curve.x or (x >= curve.x[-1] and value >= curve.values[-1]):
            curve.put(x, value)

    def extend(self, axis: Axis, x: array[float], values: array[float]) -> None:
        """Note the same of rows whose x rise and lie after the last."""
        curve = self._curves.setdefault(axis, Curve())
        goes_on = not curve.values or curve.values[-1] <= values[0]
        if goes_on and math.isfinite(sum(values)) and all(map(le, values, values[1:])):
            curve.extend(x, values)
            return
        for one, value in zip(x, values, strict=True):
            self.put(axis, one, value)

    def cut(self, x: float) -> None:
        """Forget what lies at `x` and after."""
        for curve in self._curves.values():
            curve.cut(x)

    def at(self, axis: Axis, x: float) -> float | None:
        """Return where the last row up to `x` lies on `axis`, as the file counts."""
        curve = self._curves.get(axis)
        if curve is None or (end := bisect_right(curve.x, x)) == 0:
            return None
        return curve.values[end - 1]

    def series(self, of: Axis, shift: int) -> Mapping[Axis, MetricSeries]:
        """Return them for x on the axis `of`; epochs are `shift` higher than the file counts."""
        found: dict[Axis, MetricSeries] = {}
        for axis, curve in self._curves.items():
            if curve.x:
                x, _ = curve.columns(shift if of is Axis.EPOCH else 0)
                values = Column(curve.values, shift=shift if axis is Axis.EPOCH else 0)
                found[axis] = MetricSeries(axis.value, x, values)
        return MappingProxyType(found)
