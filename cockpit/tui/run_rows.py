"""One run as a line of pieces. Pure."""

from __future__ import annotations

import math
from typing import assert_never

from cockpit.metrics.series import MetricSeries
from cockpit.runs.phase import Phase, glyph
from cockpit.tui.bars import bar, sparkline
from cockpit.tui.foretold import foretold_end_line
from cockpit.tui.grouping import short_name
from cockpit.tui.ink import Line, fit, pad, right, select
from cockpit.tui.remaining import end_line
from cockpit.tui.run_columns import (
    WIDE_END,
    RunColumns,
    best_words,
    gpu_words,
    headline_series,
    phase_word,
)
from cockpit.tui.waiting import one_line, queue_words, queued_why
from cockpit.units import MISSING, clock, duration, metric
from cockpit.views.opened_words import opened_words, written_words
from cockpit.views.run_view import RunView


def sign_of(run: RunView) -> tuple[str, str]:
    """Return the sign of a run and its token; a live run with a problem needs somebody."""
    if run.opened is not None:
        return glyph(Phase.OPENED), "muted"
    if run.problem and (run.phase.is_live or run.next_attempt is not None):
        return "▲", "attention"
    return glyph(run.phase), _tone(run.phase)


def _tone(phase: Phase) -> str:
    match phase:
        case Phase.RUNNING:
            return "accent"
        case Phase.SUCCEEDED:
            return "good"
        case Phase.FAILED:
            return "danger"
        case Phase.LOST | Phase.UNSUPERVISED:
            return "attention"
        case Phase.QUEUED | Phase.STOPPED | Phase.STOPPING | Phase.OPENED:
            return "muted"
        case _:
            assert_never(phase)


def run_line(run: RunView, columns: RunColumns, *, selected: bool, marked: bool = False) -> Line:
    """Return the row of a run, `columns.width` cells wide; one to be compared carries a mark."""
    name_look = "strong" if selected else "text"
    mark: Line = (("▌" if selected else " ", "accent"), ("◆" if marked else " ", "strong"))
    head: Line = (*mark, (f"{sign_of(run)[0]} ", sign_of(run)[1]))
    head += ((fit(run.name, columns.name) + "  ", name_look),)
    if columns.phase:
        head += ((fit(phase_word(run), columns.phase) + " ", _phase_tone(run)),)
    line = pad((*head, *_rest(run, columns)), columns.width - columns.gpus)
    if columns.gpus:
        line += ((right(gpu_words(run), columns.gpus), "muted"),)
    return select(line) if selected else line


def _phase_tone(run: RunView) -> str:
    return _tone(run.phase) if run.phase in (Phase.FAILED, Phase.LOST) else "muted"


def _rest(run: RunView, columns: RunColumns) -> Line:
    """Return progress, end and metric; or why there is none."""
    words = _words(run)
    if words is None:
        return (*_progress(run, columns), *_metric(run, columns))
    text, look = words
    if not columns.phase:
        text = f"{phase_word(run)} · {text}" if text else phase_word(run)
    return ((fit(text, columns.rest), look),)


def _words(run: RunView) -> tuple[str, str] | None:
    """Return a sentence that takes the place of the progress, and its token."""
    if run.phase is Phase.QUEUED:
        words = " · ".join(filter(None, (queue_words(run), queued_why(run))))
        return words, "muted" if run.next_attempt is None else "attention"
    if run.phase is Phase.FAILED:
        return one_line(run.problem or f"exit code {run.exit_code}"), "danger"
    if run.phase is Phase.LOST:
        kept = f"epoch {run.epoch} is the last known" if run.epoch else "no epoch was finished"
        return one_line(run.problem or "") or f"gone without a word · {kept}", "attention"
    if run.problem and run.phase.is_live:
        return one_line(run.problem), "attention"
    if run.phase is Phase.OPENED and not run.metrics.series:
        return one_line(run.problem or opened_words(run)), "muted"
    if run.is_remote and run.last_sign is not None and run.opened is None:
        sign = duration(max(0.0, run.time - run.last_sign))
        return f"on {run.host} · last sign {sign} ago", "muted"
    return None


def _progress(run: RunView, columns: RunColumns) -> Line:
    colour = "load4" if run.phase.is_live else "load3"
    return (
        *bar(_part(run), columns.bar, colour),
        (" ", "text"),
        *_epoch(run, columns.epoch),
        ("  ", "text"),
        *pad(_end(run, columns.end), columns.end),
        ("  ", "text"),
    )


def _part(run: RunView) -> float | None:
    if run.phase is Phase.SUCCEEDED:
        return 1.0
    if not run.epochs:
        return None
    return min(1.0, ((run.epoch or 0) + (run.epoch_part or 0.0)) / run.epochs)


def _epoch(run: RunView, width: int) -> Line:
    if run.epoch is None and run.epochs is None:
        return ((right(MISSING, width), "faint"),)
    done, total = str(run.epoch or 0), f"/{run.epochs}" if run.epochs else ""
    return ((right(done, width - len(total)), "text"), (total, "muted"))


def _end(run: RunView, width: int) -> Line:
    """Return `ends 21:05 ±6 min`, or when it ended and how long it took."""
    if run.phase is Phase.OPENED:
        written = written_words(run).removeprefix("last ")
        if run.eta is not None:
            return end_line(run.eta, run.time, width)
        return ((fit(written, width), "muted"),)
    if not run.phase.is_live:
        took = duration(run.duration_s)
        ended = clock(run.ended, run.time)
        if width < WIDE_END:
            return ((f"{phase_word(run)} {ended} · {took}", "muted"),)
        return ((f"{ended} · took {took}", "muted"),)
    if run.phase is Phase.STOPPING:
        return (("stopping", "muted"),)
    if run.eta is None:
        foretold = foretold_end_line(run, width)
        if foretold:
            return foretold
        since = duration(run.duration_s)
        return (("ends ", "muted"), (MISSING, "faint"), (f" · since {since}", "muted"))
    return end_line(run.eta, run.time, width)


def _metric(run: RunView, columns: RunColumns) -> Line:
    series = headline_series(run)
    if series is None or not columns.metric:
        return ()
    last = series.last
    line: Line = ((fit(short_name(series.name), columns.metric) + " ", "muted"),)
    if columns.spark:
        line += (*sparkline(series.values, columns.spark), (" ", "text"))
    line += ((fit(metric(last.value if last else None), columns.value), _value_tone(last)),)
    return (*line, *_best(series, columns))


def _value_tone(last: object) -> str:
    value = getattr(last, "value", None)
    return "text" if isinstance(value, float) and math.isfinite(value) else "attention"


def _best(series: MetricSeries, columns: RunColumns) -> Line:
    words = best_words(series)
    return ((fit(words, columns.best), "muted"),) if words and columns.best else ()
