"""What can be said of a run that was opened: how far it came, when it was last written. Pure."""

from __future__ import annotations

from cockpit.units import duration
from cockpit.views.run_view import RunView


def opened_words(run: RunView) -> str:
    """Return `all epochs done, last written 3 min ago`; never that it runs: nobody here knows."""
    did_all = run.epochs is not None and run.epoch is not None and run.epoch >= run.epochs
    return ", ".join(filter(None, ("all epochs done" if did_all else "", written_words(run))))


def written_words(run: RunView) -> str:
    """Return `last written 3 min ago`; empty where nothing was written yet."""
    if run.last_sign is None:
        return ""
    return f"last written {duration(max(0.0, run.time - run.last_sign))} ago"
