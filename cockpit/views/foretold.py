"""What was foretold of a run as it began, and how that compares with what became of it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Final

from cockpit.analysis.forecast.band import Band
from cockpit.analysis.forecast.result import TimeForecast
from cockpit.calibrations.calibration import Foretold
from cockpit.runs.phase import Phase
from cockpit.units import short_duration
from cockpit.views.eta_words import end_clock
from cockpit.views.run_view import RunView

SCHEMA: Final = 1
AS_FORETOLD: Final = "as foretold"


@dataclass(frozen=True, slots=True)
class ForecastOutcome:
    """A prediction and the truth, in seconds."""

    foretold: Foretold
    took_s: float

    @property
    def error_pct(self) -> float:
        """By how much the prediction was longer than the truth, as a share of the truth."""
        return 100 * (self.foretold.total_s / self.took_s - 1) if self.took_s > 0 else 0.0

    @property
    def more_pct(self) -> float:
        """By how much the truth was longer than the prediction, as a share of the prediction."""
        total_s = self.foretold.total_s
        return 100 * (self.took_s / total_s - 1) if total_s > 0 else 0.0

    @property
    def is_inside(self) -> bool:
        """The truth lies in the range."""
        return self.foretold.low_s <= self.took_s <= self.foretold.high_s


def foretold_of(forecast: TimeForecast) -> Foretold:
    """Return what a forecast says of the whole run."""
    total, is_measured = forecast.total_s, forecast.tier.is_measured
    return Foretold(
        round(total.likely, 3),
        round(total.low, 3),
        round(total.high, 3),
        forecast.evidence,
        _span(forecast.epoch_s) if is_measured else None,
        _span(forecast.end_s) if is_measured and forecast.end_s else None,
        forecast.second_extra_s,
    )


def _span(band: Band) -> tuple[float, float, float]:
    return round(band.low, 4), round(band.likely, 4), round(band.high, 4)


def foretold_object(foretold: Foretold) -> dict[str, object]:
    """Return the JSON object of forecast.json."""
    return {"schema": SCHEMA, **asdict(foretold)}


def took_s(view: RunView) -> float | None:
    """Return how long a run took that did all it was asked for; None for any other.

    Also for one whose end nobody saw: it may have been over for hours when it was adopted.
    """
    is_short = view.epoch is not None and view.epochs is not None and view.epoch < view.epochs
    if view.phase is not Phase.SUCCEEDED or is_short or None in (view.ended, view.exit_code):
        return None
    return None if view.duration_s is None else round(view.duration_s, 3)


def outcome_of(view: RunView) -> ForecastOutcome | None:
    """Return prediction and truth; None without one of them."""
    spent_s = took_s(view)
    if view.foretold is None or spent_s is None:
        return None
    return ForecastOutcome(view.foretold, spent_s)


def outcome_words(outcome: ForecastOutcome) -> str:
    """Return `took 44 s, 7 % more; 41 s (33 s to 58 s) was foretold`."""
    took = short_duration(outcome.took_s)
    return f"took {took}, {fared_words(outcome)}; {_said(outcome.foretold)} was foretold"


def foretold_words(view: RunView) -> str:
    """Return what was foretold, from what, and what became of it; empty where nobody foretold."""
    if view.foretold is None:
        return ""
    words = _said(view.foretold)
    if view.foretold.basis:
        words += f" from {view.foretold.basis}"
    outcome = outcome_of(view)
    if outcome is not None:
        difference = fared_words(outcome)
        inside = "inside the range" if outcome.is_inside else "outside the range"
        return f"{words} · took {short_duration(outcome.took_s)}, {difference}, {inside}"
    began_s = view.started
    if view.phase.is_over or began_s is None:
        return words
    return f"{words} · that is until {end_clock(began_s + view.foretold.total_s, view.time)}"


def _said(foretold: Foretold) -> str:
    low, high = short_duration(foretold.low_s), short_duration(foretold.high_s)
    total = short_duration(foretold.total_s)
    return total if low == high else f"{total} ({low} to {high})"


def fared_words(outcome: ForecastOutcome) -> str:
    """Return by how much the truth was more or less than foretold: `7 % more`, `as foretold`.

    Everywhere the truth is held against what was foretold, never the other way round.
    """
    pct = outcome.more_pct
    if round(abs(pct)) == 0:
        return AS_FORETOLD
    return f"{abs(pct):.0f} % {'more' if pct > 0 else 'less'}"
