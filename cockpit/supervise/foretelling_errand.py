"""One errand of a supervisor, in a process of its own: to foretell its run, or to learn from it.

`python -P -m cockpit.supervise.foretelling_errand foretell|learn RUN-FOLDER`. It takes no lock of
the run, and of what the supervisor writes it writes one event, after the end.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path
from typing import Final, assert_never

from cockpit.errors import CockpitError
from cockpit.supervise.foretelling import Errand
from cockpit.supervise.journal import Journal, say

LIMIT_S: Final = 15
"""After so long it is ended by its alarm, whatever it is at."""
READING_S: Final = 3.0
"""So long the results of the run are read at its end."""
LOCK_S: Final = 2.0
NICENESS: Final = 10
"""The job that begins comes first."""


def main() -> int:
    """Do the errand that the command line names."""
    signal.alarm(LIMIT_S)
    os.nice(NICENESS)
    errand, root = Errand(sys.argv[1]), Path(sys.argv[2])
    try:
        match errand:
            case Errand.FORETELL:
                foretell(root)
            case Errand.LEARN:
                learn(root)
            case _:
                assert_never(errand)
    except CockpitError as error:
        what = "no forecast" if errand is Errand.FORETELL else "nothing learnt"
        say(f"{what}: {error}")
        return 1
    return 0


def foretell(root: Path) -> None:
    """Write forecast.json, where anything is known of such a training."""
    from dataclasses import replace

    from cockpit.files import read_json
    from cockpit.runs.attempt import parse_attempt
    from cockpit.runs.layout import RunPaths
    from cockpit.runs.record import parse_run
    from cockpit.views.foretold import foretold_object, foretold_of
    from cockpit.views.preset_forecast import forecast_of_run

    paths = RunPaths(root)
    record = parse_run(read_json(paths.run))
    started = parse_attempt(read_json(paths.attempt(1)))
    if record is not None and record.queues and started is not None:
        record = replace(record, gpu_names=started.gpu_names)  # it got them in the queue
        if started.gpus and not started.gpu_names:
            return
    forecast = forecast_of_run(record) if record is not None else None
    if forecast is not None:
        Journal(paths).once(paths.forecast, foretold_object(foretold_of(forecast)))


def learn(root: Path) -> None:
    """Keep what the run teaches, and note how its forecast fared."""
    from cockpit import locations
    from cockpit.calibrations.file import append_calibration
    from cockpit.runs.layout import RunPaths
    from cockpit.views.foretold import outcome_of, outcome_words
    from cockpit.views.run_calibration import calibration_of_run
    from cockpit.views.watch import RunWatch

    paths = RunPaths(root)
    view = RunWatch(paths).read(time.time(), patience_s=READING_S)
    if view is None or view.reading is not None:
        return
    outcome = outcome_of(view)
    if outcome is not None:
        facts = {"took_s": outcome.took_s, "error_pct": round(outcome.error_pct, 1)}
        words = outcome_words(outcome)
        Journal(paths).event("foretold", words, **facts, is_inside=outcome.is_inside)
    one = calibration_of_run(view)
    if one is None or not one.device:
        return
    problem = append_calibration(locations.calibrations_file(), one, patience_s=LOCK_S)
    if problem is not None:
        say(f"what this run teaches is not kept: {problem}")


if __name__ == "__main__":
    sys.exit(main())
