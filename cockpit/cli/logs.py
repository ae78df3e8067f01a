"""`cockpit logs RUN [-f]`: what the job printed."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from cockpit.cli import options

if TYPE_CHECKING:
    from cockpit.runs.layout import RunPaths

PERIOD_S: Final = 0.3


def logs(
    run: options.RunOrPath = "last",
    follow: Annotated[
        bool, typer.Option("-f", "--follow", help="Go on until the run is over.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one object a line.")] = False,
) -> None:
    """Print the log of a run; of a progress bar only its newest state."""
    from cockpit import locations
    from cockpit.runs.layout import RunPaths
    from cockpit.views.opened import log_of, named

    own = named(run, locations.runs_dir()).run_id
    paths = RunPaths(locations.runs_dir() / own) if own is not None else None
    log = paths.log if paths is not None else log_of(run)
    watch = is_over_of(paths) if paths is not None else lambda: False  # nobody knows of others
    for line in log_lines(log, watch if follow else lambda: True):
        print(as_object(line) if as_json else line, flush=follow)


def is_over_of(paths: RunPaths) -> Callable[[], bool]:
    """Return a question to ask again and again: is the run over?"""
    from cockpit.runs.reader import read_run

    def is_over() -> bool:
        state = read_run(paths)
        return state is None or state.phase.is_over

    return is_over


def log_lines(log: Path, is_over: Callable[[], bool]) -> Iterator[str]:
    """Yield the cleaned lines of a log to its end, and those that come until `is_over`.

    A last line without its end is given once nothing more can come.
    """
    from cockpit.files import LineTail
    from cockpit.metrics.log_lines import clean

    tail = LineTail(log)
    while True:
        was_over = is_over()
        found = tail.read()
        yield from (clean(line) for line in found.lines)
        if found.has_more or found.lines:
            continue
        if was_over:
            break
        time.sleep(PERIOD_S)
    rest = unfinished(log, tail.offset)
    if rest:
        yield clean(rest)


def unfinished(log: Path, offset: int) -> str:
    """Return the text after the last line feed."""
    from cockpit.files import CHUNK_BYTES, open_regular

    try:
        with open_regular(log) as file:
            size = os.fstat(file.fileno()).st_size
            begin = max(offset, size - CHUNK_BYTES)  # of a bar that grows the newest frame counts
            return os.pread(file.fileno(), size - begin, begin).decode("utf-8", "replace")
    except (OSError, ValueError):
        return ""


def as_object(line: str) -> str:
    """Return a line as one JSON object with its rank, where a prefix tells it."""
    from cockpit.metrics.log_lines import split_prefix

    rank, text = split_prefix(line)
    return json.dumps({"rank": rank, "text": text}, ensure_ascii=False)
