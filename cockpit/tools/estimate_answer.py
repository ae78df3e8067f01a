"""Answers an estimate in a folder of its own, as if a tool had measured it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import cockpit
from cockpit import locations
from cockpit.errors import CockpitError, ToolError
from cockpit.processes.lock import hold
from cockpit.tool_runs.events import (
    STOPPED,
    Event,
    Finding,
    Finished,
    Level,
    Outcome,
    Progress,
    Started,
)
from cockpit.tool_runs.layout import ToolPaths, make_tool_folder
from cockpit.tool_runs.lines import event_line
from cockpit.tools.estimate import PRESET
from cockpit.tools.estimate_question import Asked, events_of, understand
from cockpit.tools.runner import Journal
from cockpit.tools.start import ToolAsk, refuse, write_asked

Probe = Callable[[Asked], Generator[Progress]]
"""Trains a few steps of what is asked about, which are kept, and says how far it is.

Raises at once what is wrong with the wish; just ends where somebody stopped it.
"""


@dataclass(frozen=True, slots=True)
class AnsweredEstimate:
    """An estimate that is there, or that follows its probe."""

    paths: ToolPaths
    events: Generator[Event]


def answer(ask: ToolAsk, now_s: float, probe: Probe | None = None) -> AnsweredEstimate:
    """Return the estimate, which lies in a folder `<data>/tools/estimate-<date>-<time>`.

    Where the values want a probe it is done first, as the events are taken. Nothing is written
    where a value is wrong. Raises InputError with all problems at once, and ToolError.
    """
    refuse(ask.definition, {**ask.values, PRESET: ask.preset or ""})
    asked = understand(ask, now_s)
    events = (_started(ask, now_s), *events_of(asked))  # before a probe: names may mean nothing
    if probe is not None and ask.values.get("probe") == "on":
        probing = probe(asked)
        paths = _make_folder(ask, now_s)
        return AnsweredEstimate(paths, _kept(_after_probe(asked, probing), paths))
    paths = _make_folder(ask, now_s)
    try:
        paths.events.write_text("".join(f"{event_line(one)}\n" for one in events), "utf-8")
    except OSError as error:
        raise _unwritable(paths, error) from error
    return AnsweredEstimate(paths, (one for one in events))


def _make_folder(ask: ToolAsk, now_s: float) -> ToolPaths:
    paths = ToolPaths(make_tool_folder(locations.tools_dir(), ask.definition.name, now_s))
    write_asked(paths, ask, None, (), now_s)
    return paths


def _unwritable(paths: ToolPaths, error: OSError) -> ToolError:
    problem = f"cannot write {paths.events}: {error.strerror}"
    return ToolError(problem, "free some space, or set XDG_DATA_HOME")


def _started(ask: ToolAsk, now_s: float) -> Started:
    return Started(now_s, ask.definition.name, versions={"cockpit": cockpit.__version__})


def _kept(events: Iterator[Event], paths: ToolPaths) -> Generator[Event]:
    """Hand out events and keep each at once; meanwhile the folder counts as that of a live tool."""
    with ExitStack() as stack:
        try:
            stack.callback(os.close, hold(paths.lock))
            journal = stack.enter_context(Journal(paths.events))
        except OSError as error:
            raise _unwritable(paths, error) from error
        for event in events:
            journal.add(event_line(event))
            yield event


def _after_probe(asked: Asked, probing: Generator[Progress]) -> Iterator[Event]:
    """Yield how far the probe is, then the estimate, which rests on it by then."""
    ask, doing = asked.ask, ""
    yield _started(ask, asked.now_s)
    try:
        for progress in probing:
            doing = progress.what
            yield progress
    except CockpitError as error:
        told = Finding(
            Level.PROBLEM, "estimate.probe", error.problem, error.remedy or None, time.time()
        )
        yield told
        yield Finished(told.time_s, Outcome.FAILED, "the probe failed, so nothing was measured")
        return
    if ask.is_stopped():
        yield from _stopped(ask, doing)
        return
    yield from events_of(understand(ask, time.time()))


def _stopped(ask: ToolAsk, doing: str) -> Iterator[Event]:
    """Yield that nothing came of a probe: unlike other tools it keeps no part of what it saw."""
    now_s, last = time.time(), f"; the last it said: {doing}" if doing else ""
    what = f"the probe was stopped, so nothing was measured and nothing is estimated{last}"
    yield Finding(Level.NOTE, f"{ask.definition.name}{STOPPED}", what, time_s=now_s)
    yield Finished(now_s, Outcome.STOPPED, "nothing was measured: the probe was stopped")
