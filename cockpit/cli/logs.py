"""`cockpit logs RUN [-f]`: what the job printed."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from cockpit.cli import options

if TYPE_CHECKING:
    from cockpit.runs.layout import RunPaths
    from cockpit.runs.log_times import LogTimes
    from cockpit.views.log_pages import PageLine
    from cockpit.views.log_stream import LogStream

PERIOD_S: Final = 0.3


def logs(
    run: options.RunOrPath = "last",
    follow: Annotated[
        bool, typer.Option("-f", "--follow", help="Go on until the run is over.")
    ] = False,
    grep: Annotated[
        str | None,
        typer.Option(metavar="RE", help="Only lines that hold it, in any case of letters."),
    ] = None,
    rank: Annotated[
        int | None, typer.Option(min=0, metavar="N", help="Only what this rank printed.")
    ] = None,
    since: Annotated[
        str | None, typer.Option(metavar="TIME", help="10m, 18:40 or 2026-11-20T18:40.")
    ] = None,
    errors: Annotated[
        bool, typer.Option("--errors", help="Only tracebacks and errors, with line numbers.")
    ] = False,
    count: Annotated[
        int | None, typer.Option("-n", "--lines", min=0, metavar="LINES", help="Only the last.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one object a line.")] = False,
) -> None:
    """Print the log of a run; of a progress bar only its newest state."""
    from cockpit import locations
    from cockpit.cli.log_choice import Choice, chosen_streams
    from cockpit.runs.layout import RunPaths
    from cockpit.views.naming import named
    from cockpit.views.opened import log_of
    from cockpit.views.rank_logs import rank_cells

    own = named(run, locations.runs_dir()).run_id
    paths = RunPaths(locations.runs_dir() / own) if own is not None else None
    log = paths.log if paths is not None else log_of(run)
    choice = Choice(grep, rank, since, errors, count, joins_bars=not follow)
    streams = chosen_streams(log, choice, time.time())
    watch = is_over_of(paths) if paths is not None else lambda: False  # nobody knows of others
    cells = rank_cells(log) if rank is None else None
    writer = Writer(log, as_json=as_json, is_numbered=errors, rank_cells=cells)
    is_empty = True
    for stream, line in followed(streams, watch if follow else lambda: True):
        is_empty = False
        print(writer.text(stream, line), flush=follow)
    if is_empty and (nothing := choice.nothing):
        print(nothing, file=sys.stderr)


def is_over_of(paths: RunPaths) -> Callable[[], bool]:
    """Return a question to ask again and again: is the run over?"""
    from cockpit.runs.reader import read_run

    def is_over() -> bool:
        state = read_run(paths)
        return state is None or state.phase.is_over

    return is_over


def log_lines(log: Path, is_over: Callable[[], bool]) -> Iterator[str]:
    """Yield the cleaned lines of a log to its end, and those that come until `is_over`."""
    from cockpit.metrics.log_lines import clean
    from cockpit.views.log_filter import LogFilter
    from cockpit.views.log_stream import LogStream

    stream = LogStream(log, LogFilter(joins_bars=False))
    yield from (clean(line.raw) for _, line in followed((stream,), is_over))


def followed(
    streams: Sequence[LogStream], is_over: Callable[[], bool]
) -> Iterator[tuple[LogStream, PageLine]]:
    """Yield the lines of logs to their end, and those that come until `is_over`.

    A last line without its end is given once nothing more can come.
    """
    while True:
        was_over = is_over()
        for stream in streams:
            yield from ((stream, line) for line in stream.read(is_final=was_over))
        if was_over:
            return
        time.sleep(PERIOD_S)


@dataclass
class Writer:
    """How a line is printed."""

    log: Path
    as_json: bool
    is_numbered: bool
    rank_cells: int | None
    """Digits of the ranks that are told apart; None: of no line the rank is said."""

    def __post_init__(self) -> None:
        self._before: dict[int, int] = {}
        self._times = self._times_of_log()

    def text(self, stream: LogStream, line: PageLine) -> str:
        """Return a line for people, or one JSON object."""
        from cockpit.metrics.log_lines import clean, split_prefix
        from cockpit.views.rank_logs import rank_sign

        text = clean(line.raw)
        if not self.as_json:
            if self.rank_cells is not None:
                text = rank_sign(line.raw, self.rank_cells) + text
            return f"{self._number(stream, line)}: {text}" if self.is_numbered else text
        moment = self._times.at(line.end) if self._times and stream.path == self.log else None
        told = {
            "line": self._number(stream, line),
            "time": moment,
            "rank": stream.rank if stream.rank is not None else split_prefix(line.raw)[0],
            "text": text,
        }
        return json.dumps(told, ensure_ascii=False)

    def _number(self, stream: LogStream, line: PageLine) -> int:
        """Return a line's number in its file, from 1."""
        key = id(stream)
        if key not in self._before:
            self._before[key] = stream.lines_before()
        return self._before[key] + line.number + 1

    def _times_of_log(self) -> LogTimes | None:
        from cockpit.runs.layout import RunPaths
        from cockpit.runs.log_times import LogTimes

        paths = RunPaths(self.log.parent)
        return LogTimes(paths.log_sizes) if paths.log == self.log else None
