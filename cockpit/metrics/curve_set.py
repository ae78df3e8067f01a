"""The curves of a table while it grows, by name."""

from __future__ import annotations

import math
from array import array
from collections.abc import Mapping, Sequence
from typing import Final

from cockpit.metrics.epochs import Curve
from cockpit.metrics.segments import Ends
from cockpit.metrics.series import MetricSeries

MOST_CURVES: Final = 4096
"""A source with more names than this is no table of results: each row may bring another one."""


class CurveSet:
    """Each curve has its own x: a row need not have a value for all."""

    def __init__(self) -> None:
        self._curves: dict[str, Curve] = {}
        self.has_more = False
        """There are more names than are kept."""

    def name(self, names: Sequence[str]) -> None:
        """Give curves their place before they have values; others follow as they are put."""
        for name in names:
            self._curve(name)

    def _curve(self, name: str) -> Curve | None:
        curve = self._curves.get(name)
        if curve is None and len(self._curves) < MOST_CURVES:
            curve = self._curves[name] = Curve()
        self.has_more = self.has_more or curve is None
        return curve

    def put(self, x: float, values: Mapping[str, float]) -> None:
        """Add the values of a row."""
        for name, value in values.items():
            curve = self._curve(name)
            if curve is not None:
                curve.put(x, value)

    def extend(self, x: array[float], columns: Mapping[str, array[float]]) -> None:
        """Add the columns of rows whose x rise and lie after the last."""
        for name, values in columns.items():
            curve = self._curve(name)
            if curve is not None:
                curve.extend(x, values)

    def gives_again(self, x: float, values: Mapping[str, float]) -> bool:
        """Say whether a row brings nothing new at `x`, or other values there or behind a later x.

        A cell that says the same again while others are filled, such as a learning rate, does not.
        """
        fills = not values
        for name, value in values.items():
            curve = self._curves.get(name)
            if curve is None or not curve.x or curve.x[-1] < x:
                fills = True
            elif curve.x[-1] > x or (curve.values[-1] != value and not math.isnan(value)):
                return True
        return not fills

    def take_back(self, x: float) -> tuple[Ends, float | None]:
        """Drop what lies at `x` and after; return it, and the last x that is left."""
        replaced: dict[str, tuple[array[float], array[float]]] = {}
        before: float | None = None
        for name, curve in self._curves.items():
            taken = curve.take_back(x)
            if taken[0]:
                replaced[name] = taken
            if curve.x:
                before = curve.x[-1] if before is None else max(before, curve.x[-1])
        return replaced, before

    def series(self, shift: int) -> Mapping[str, MetricSeries]:
        """Return those that have values, each x `shift` higher."""
        return {
            name: curve.series(name, shift) for name, curve in self._curves.items() if curve.values
        }
