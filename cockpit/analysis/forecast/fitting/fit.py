"""The likeliest values of a few unknown numbers, by what is believed and what was seen. Pure.

Every unknown has a belief, every observation a formula and a doubt. The fit is a least-squares one
over both (Levenberg-Marquardt); what the observations leave open keeps the doubt of the belief.
Small enough to need no library: ten unknowns, some dozens of observations.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from cockpit.analysis.forecast.band import Band

NINE_OF_TEN: Final = 1.645
"""So many standard deviations to each side hold nine of ten."""
ROUNDS: Final = 40
SMALL: Final = 1e-4
"""A difference to take a slope by, and a step that ends the search."""
FAR: Final = 10.0
"""No unknown moves further in one round: the way there would leave what a float holds."""
LEAST: Final = 1e-200

Values = Sequence[float]
"""The unknowns, on scales where their doubts are alike to both sides: of times the logarithm, of
shares the logit."""
Formula = Callable[[Values], float]
"""From the unknowns to a number above 0."""


@dataclass(frozen=True, slots=True)
class Belief:
    """What is thought of an unknown before anything is seen, on its scale."""

    middle: float
    doubt: float
    """Standard deviation."""


@dataclass(frozen=True, slots=True)
class Observation:
    """A number that was seen."""

    formula: Formula
    value: float
    doubt: float
    """Standard deviation of its logarithm."""
    unknowns: tuple[int, ...] | None = None
    """Those that the formula depends on; None: all."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """The unknowns, and how well they are known."""

    values: tuple[float, ...]
    axes: tuple[tuple[float, ...], ...]
    """Steps of one standard deviation each, independent of one another."""

    def band(self, formula: Formula) -> Band:
        """Return a number that follows from the unknowns, with its range.

        Its ends are the values at the likeliest unknowns that make it that small or large, as far
        as slopes tell (the first-order reliability method).
        """
        likely = formula(self.values)
        slopes = [
            math.log(formula(_moved(self.values, axis, SMALL)) / likely) / SMALL
            for axis in self.axes
        ]
        length = math.hypot(*slopes)
        if length < SMALL:
            return Band(likely, likely, likely)
        way = [0.0] * len(self.values)
        for axis, slope in zip(self.axes, slopes, strict=True):
            way = _moved(way, axis, slope / length)
        low, high = (formula(_moved(self.values, way, side * NINE_OF_TEN)) for side in (-1, 1))
        return Band(min(low, likely), likely, max(high, likely))

    def doubt(self, index: int) -> float:
        """Return the standard deviation of one unknown, on its scale."""
        return math.hypot(*(axis[index] for axis in self.axes))


def about(middle: float, doubt: float) -> Belief:
    """Return the belief in a number above 0; the doubt is that of its logarithm."""
    return Belief(math.log(middle), doubt)


def share_about(middle: float, doubt: float) -> Belief:
    """Return the belief in a share; the doubt is that of its logit."""
    middle = max(min(middle, 1 - 1e-9), 1e-9)
    return Belief(math.log(middle / (1 - middle)), doubt)


def share(value: float) -> float:
    """Return the share that a logit means."""
    return 1 / (1 + math.exp(-max(min(value, 50.0), -50.0)))


def fit(beliefs: Sequence[Belief], observations: Sequence[Observation]) -> Fitted:
    """Return the unknowns that go best with the beliefs and the observations."""
    values: list[float] = [belief.middle for belief in beliefs]
    damping = 1e-3
    misfit = _misfit(values, beliefs, observations)
    for _ in range(ROUNDS):
        matrix, slope = _normal_equations(values, beliefs, observations)
        for index, row in enumerate(matrix):
            row[index] *= 1 + damping
        step = [max(min(part, FAR), -FAR) for part in _solve(_cholesky(matrix), slope)]
        there = _moved(values, step, 1.0)
        misfit_there = _misfit(there, beliefs, observations)
        if misfit_there <= misfit:
            gain = misfit - misfit_there
            values, misfit, damping = there, misfit_there, damping / 5
            if max(map(abs, step)) < 10 * SMALL or gain < SMALL:
                break
        else:
            damping *= 8
    matrix, _slope = _normal_equations(values, beliefs, observations)
    return Fitted(tuple(values), _axes(_cholesky(matrix)))


def strain(fitted: Fitted, beliefs: Sequence[Belief], observations: Sequence[Observation]) -> float:
    """Return how many times larger the doubts should have been for all of it to go together.

    The Birge ratio (Phys. Rev. 40, 207, 1932); 1 where it does.
    """
    misfit = _misfit(fitted.values, beliefs, observations)
    return max(1.0, math.sqrt(misfit / len(observations))) if observations else 1.0


def _moved(values: Values, step: Values, by: float) -> list[float]:
    return [value + by * part for value, part in zip(values, step, strict=True)]


def _misfit(
    values: Values, beliefs: Sequence[Belief], observations: Sequence[Observation]
) -> float:
    return sum(
        ((value - belief.middle) / belief.doubt) ** 2
        for value, belief in zip(values, beliefs, strict=True)
    ) + sum((_residual(values, one) / one.doubt) ** 2 for one in observations)


def _residual(values: Values, one: Observation) -> float:
    # Far from anything true a formula may round to 0: that is a bad fit, no failed one.
    return math.log(one.value / max(one.formula(values), LEAST))


def _normal_equations(
    values: Values, beliefs: Sequence[Belief], observations: Sequence[Observation]
) -> tuple[list[list[float]], list[float]]:
    size = len(values)
    matrix = [[0.0] * size for _ in range(size)]
    slope = [0.0] * size
    for index, belief in enumerate(beliefs):
        matrix[index][index] = belief.doubt**-2
        slope[index] = (belief.middle - values[index]) / belief.doubt**2
    residuals = [_residual(values, one) for one in observations]
    table = _slopes(values, residuals, observations)
    for one, residual, slopes in zip(observations, residuals, table, strict=True):
        weight = one.doubt**-2
        for row, own in slopes:
            slope[row] += weight * own * residual
            line = matrix[row]
            for column, other in slopes:
                line[column] += weight * own * other
    return matrix, slope


def _slopes(
    values: Values, residuals: Sequence[float], observations: Sequence[Observation]
) -> list[list[tuple[int, float]]]:
    """Return for each observation how much its residual falls with each unknown that it has.

    By unknowns first: what formulas share of the same values is calculated once for all of them.
    """
    table: list[list[tuple[int, float]]] = [[] for _ in observations]
    for at in range(len(values)):
        nudged = _nudged(values, at)
        for one, residual, slopes in zip(observations, residuals, table, strict=True):
            if one.unknowns is None or at in one.unknowns:
                slopes.append((at, (residual - _residual(nudged, one)) / SMALL))
    return table


def _nudged(values: Values, at: int) -> list[float]:
    nudged = list(values)
    nudged[at] += SMALL
    return nudged


def _cholesky(matrix: Sequence[Sequence[float]]) -> list[list[float]]:
    """Return the lower triangle L of L Lᵀ."""
    size = len(matrix)
    lower = [[0.0] * size for _ in range(size)]
    for row in range(size):
        for column in range(row + 1):
            left = matrix[row][column] - sum(
                lower[row][k] * lower[column][k] for k in range(column)
            )
            # Beliefs keep the diagonal above 0, but for the rounding.
            lower[row][column] = (
                math.sqrt(max(left, 1e-12)) if row == column else left / lower[column][column]
            )
    return lower


def _solve(lower: Sequence[Sequence[float]], right: Sequence[float]) -> list[float]:
    """Return x of L Lᵀ x = right."""
    size = len(lower)
    half = [0.0] * size
    for row in range(size):
        known = sum(lower[row][k] * half[k] for k in range(row))
        half[row] = (right[row] - known) / lower[row][row]
    return _back(lower, half)


def _back(lower: Sequence[Sequence[float]], right: Sequence[float]) -> list[float]:
    """Return x of Lᵀ x = right."""
    size = len(lower)
    found = [0.0] * size
    for row in reversed(range(size)):
        known = sum(lower[k][row] * found[k] for k in range(row + 1, size))
        found[row] = (right[row] - known) / lower[row][row]
    return found


def _axes(lower: Sequence[Sequence[float]]) -> tuple[tuple[float, ...], ...]:
    """Return the columns A of the covariance A Aᵀ, which is the inverse of L Lᵀ."""
    size = len(lower)
    units = ([float(row == column) for row in range(size)] for column in range(size))
    return tuple(tuple(_back(lower, unit)) for unit in units)
