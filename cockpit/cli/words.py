"""One run in words, for the plain-text commands."""

from __future__ import annotations

import shutil
import sys

from cockpit import units
from cockpit.runs.phase import Phase, glyph
from cockpit.views.eta_words import SOON_S, end_clock, end_in_full, finishing
from cockpit.views.opened_words import opened_words, written_words
from cockpit.views.run_view import RunView


def program() -> str:
    """Return how this shell can call cockpit again: by name if it finds it, else by path."""
    called = sys.argv[0]
    return "cockpit" if shutil.which("cockpit") or not called.endswith("cockpit") else called


def phase_word(phase: Phase) -> str:
    """Return `● running`: glyph and word, readable without colour."""
    return f"{glyph(phase)} {phase}"


def progress(view: RunView) -> str:
    """Return `41/100`, `41` or `–`."""
    if view.epochs is not None:
        return f"{view.epoch or 0}/{view.epochs}"
    return units.MISSING if view.epoch is None else str(view.epoch)


def ending(view: RunView) -> str:
    """Return when it ends or how long it took: `ends 21:05 ±6 min`, `9 s left ±2 s`, `took 8 s`."""
    if view.eta is not None and view.eta.is_finishing:
        return finishing(view.eta)
    if view.eta is not None:
        if view.eta.remaining_s < SOON_S:
            left = units.duration(view.eta.remaining_s)
            return f"{left} left ±{units.margin(view.eta.margin_s)}"
        verb = "ends by" if view.eta.may_stop_early else "ends"
        when = end_clock(view.time + view.eta.remaining_s, view.time)
        return f"{verb} {when} ±{units.margin(view.eta.margin_s)}"
    if view.queue_place is not None:
        return f"waits for GPUs, place {view.queue_place}"
    if view.opened is not None and view.ended is None:
        return opened_words(view)
    if view.next_attempt is not None:
        return f"again in {units.duration(max(0.0, view.next_attempt - view.time))}"
    if view.phase.is_over:
        took_s = view.duration_s if view.ended is not None else None
        return "" if took_s is None else f"took {units.duration(took_s)}"
    return f"since {units.duration(view.duration_s)}" if view.started else ""


def ending_in_full(view: RunView) -> str:
    """Return the same with the range: `ends 21:05 (in 2h 10m, 20:58–21:20)`."""
    return ending(view) if view.eta is None else end_in_full(view.eta, view.time)


def headline(view: RunView) -> str:
    """Return the metric that matters most with its last and best value."""
    for name in view.headline[:1]:
        series = view.metrics.series[name]
        if series.last is None:
            continue
        best = series.record
        record = f" (best {units.metric(best.value)} @{best.x:.0f})" if best else ""
        return f"{name} {units.metric(series.last.value)}{record}"
    return ""


def verdict(view: RunView) -> str:
    """Return the last line about a run that is over."""
    parts = [f"{progress(view)} epochs", ending(view), headline(view)]
    said = ", ".join(part for part in parts if part)
    line = f"{phase_word(view.phase)}  {view.run_id}: {said}"
    return f"{line}\n  {view.problem}" if view.problem else line


def where(view: RunView) -> str:
    """Return `GPU 0,1` or `cpu`, with a word when the GPUs are simulated; `` where none knows."""
    if not view.gpus and view.opened is not None:
        return ""
    if not view.gpus:
        return "cpu" if view.queue_place is None else ""
    word = "SIMULATED GPU" if view.is_simulated else "GPU"
    return f"{word} {','.join(map(str, view.gpus))}"


def age_of_word(view: RunView) -> str:
    """Return when another host's supervisor last wrote, for a run that is not of this host."""
    if not view.is_remote or view.last_sign is None:
        return ""
    if view.opened is not None:
        return f"copied from {view.host}, {written_words(view)}"
    return f"on {view.host}, last sign {units.duration(view.time - view.last_sign)} ago"
