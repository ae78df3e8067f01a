"""What is foretold of a run as its job begins, and what its end teaches the next forecast.

The run comes first: whatever goes wrong here is said in the supervisor's log, and nothing else.
What it needs is imported where it is used, for a start does not wait for it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from cockpit import locations
from cockpit.supervise.journal import say
from cockpit.supervise.station import Station

PATIENCE_S: Final = 0.5
"""So long results are read at the end: whoever resumes the run waits for its lock meanwhile."""


def foretell(at: Station) -> None:
    """Write how long a training will take, by what is known now."""
    if at.record.follows is None:
        _without_harm("no forecast", lambda: _foretell(at))


def learn_from(at: Station) -> None:
    """Keep what the run that is over teaches, and note how its forecast fared."""
    if at.record.follows is None:
        _without_harm("nothing learnt", lambda: _learn_from(at))


def _foretell(at: Station) -> None:
    from cockpit.views.foretold import foretold_object, foretold_of
    from cockpit.views.preset_forecast import forecast_of_run

    forecast = forecast_of_run(at.record)
    if forecast is not None:
        at.journal.once(at.paths.forecast, foretold_object(foretold_of(forecast)))


def _learn_from(at: Station) -> None:
    from cockpit.calibrations.file import append_calibration
    from cockpit.views.foretold import outcome_of, outcome_words
    from cockpit.views.run_calibration import calibration_of_run
    from cockpit.views.watch import RunWatch

    view = RunWatch(at.paths).read(time.time(), patience_s=PATIENCE_S)
    if view is None or view.reading is not None:
        return
    outcome = outcome_of(view)
    if outcome is not None:
        facts = {"took_s": outcome.took_s, "error_pct": round(outcome.error_pct, 1)}
        at.journal.event("foretold", outcome_words(outcome), **facts, is_inside=outcome.is_inside)
    one = calibration_of_run(view)
    problem = append_calibration(locations.calibrations_file(), one) if one is not None else None
    if problem is not None:
        say(f"what this run teaches is not kept: {problem}")


def _without_harm(what: str, act: Callable[[], None]) -> None:
    try:
        act()
    except Exception as error:  # noqa: BLE001  # no forecast may cost a run its supervisor
        say(f"{what}: {type(error).__name__}: {error}")
