"""Answers an estimate in a folder of its own, as if a tool had measured it."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass

import cockpit
from cockpit import locations
from cockpit.analysis.forecast.schemes.comparison import compare
from cockpit.analysis.forecast.schemes.hosts import compare_hosts
from cockpit.analysis.forecast.time.forecast import why_unknown
from cockpit.errors import ToolError
from cockpit.presets.resolve import resolve
from cockpit.tool_runs.events import Event, Started
from cockpit.tool_runs.layout import ToolPaths, make_tool_folder
from cockpit.tool_runs.lines import event_line
from cockpit.tools.estimate_events import (
    compared_word,
    comparison_events,
    forecast_events,
    hosts_events,
    last_word,
)
from cockpit.tools.start import ToolAsk, refuse, write_asked
from cockpit.views.forecast import forecast, read_known
from cockpit.views.question_flags import FLAGS
from cockpit.views.question_seat import look_here
from cockpit.views.question_terms import assumed_of, offers_of, terms_of
from cockpit.views.question_work import work_of_question


@dataclass(frozen=True, slots=True)
class AnsweredEstimate:
    """An estimate that is there."""

    paths: ToolPaths
    events: Generator[Event]


def answer(ask: ToolAsk, now_s: float) -> AnsweredEstimate:
    """Return the estimate, which lies in a folder `<data>/tools/estimate-<date>-<time>`.

    Nothing is written where a value is wrong. Raises InputError with all problems at once, and
    ToolError.
    """
    refuse(ask.definition, ask.values)
    events = tuple(events_of(ask, now_s))
    paths = ToolPaths(make_tool_folder(locations.tools_dir(), ask.definition.name, now_s))
    write_asked(paths, ask, None, (), now_s)
    try:
        paths.events.write_text("".join(f"{event_line(one)}\n" for one in events), "utf-8")
    except OSError as error:
        problem = f"cannot write {paths.events}: {error.strerror}"
        raise ToolError(problem, "free some space, or set XDG_DATA_HOME") from error
    return AnsweredEstimate(paths, (one for one in events))


def events_of(ask: ToolAsk, now_s: float) -> Generator[Event]:
    """Yield what is expected of the work, or the comparison that was asked for."""
    known, values = read_known(), ask.values
    preset = resolve(ask.preset) if ask.preset else None
    flags = {field: values.get(flag.removeprefix("--")) for field, flag in FLAGS.items()}
    work = work_of_question(flags, preset, known, look_here(), _assumed(ask))
    terms = terms_of(work, preset, known, spot=values.get("spot") == "on")
    yield Started(now_s, ask.definition.name, versions={"cockpit": cockpit.__version__})
    names = [name for name in values.get("compare", "").split(",") if name.strip()]
    evidence = known.catalog, known.calibrations
    if values.get("hosts"):
        hosts = compare_hosts(work, *evidence, int(values["hosts"]), terms=terms, names=names)
        yield from hosts_events(hosts, now_s)
        yield compared_word([one.row for one in hosts.rows], now_s)
        return
    if names:
        compared = compare(work, names, *evidence, terms)
        yield from comparison_events(compared, now_s)
        yield compared_word(compared.rows, now_s)
        return
    found = forecast(work, known, offers_of(work, known, values.get("offer") or None), terms)
    yield from forecast_events(found, why_unknown(work, known.catalog), now_s)
    yield last_word(found, now_s)


def _assumed(ask: ToolAsk) -> Mapping[str, str]:
    """Return what counts where neither an option nor a preset tells."""
    compares, told = bool(ask.values.get("compare")), ("dataset-size", "model", "imgsz")
    return assumed_of(
        is_of_schemes=compares or bool(ask.values.get("hosts")),
        compares=compares,
        has_work=ask.preset is not None or any(ask.values.get(name) for name in told),
    )
