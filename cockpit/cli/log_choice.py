"""Which lines of a log `cockpit logs` prints."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path

from cockpit.analysis.log_levels import Level
from cockpit.cli.since import parse_since
from cockpit.errors import InputError
from cockpit.files import open_regular
from cockpit.line_index import WIDEST_BYTES
from cockpit.runs.layout import RunPaths
from cockpit.runs.log_times import LogTimes
from cockpit.views.log_filter import LogFilter, Wanted, expression_of, is_literal
from cockpit.views.log_stream import LogStream
from cockpit.views.rank_logs import RankLog, rank_logs


@dataclass(frozen=True, slots=True)
class Choice:
    """What was asked for."""

    grep: str | None = None
    rank: int | None = None
    since: str | None = None
    errors: bool = False
    count: int | None = None
    joins_bars: bool = True

    @property
    def nothing(self) -> str:
        """What to say where no line is printed that was searched for; empty: nothing."""
        what = "no error" if self.errors else "no line"
        if self.rank is not None:
            what += f" of rank {self.rank}"
        if self.count == 0:
            return ""
        if self.grep is not None and parse_grep(self.grep).is_given_up:
            return f"--grep {self.grep}: takes too long, it tries too many ways"
        if self.grep is not None:
            return f"{what} holds “{self.grep}”"
        return what if self.errors else ""


def chosen_streams(log: Path, choice: Choice, now_s: float) -> tuple[LogStream, ...]:
    """Return what hands out the lines; raises InputError for what cannot be chosen."""
    shown = LogFilter(
        wanted=(parse_grep(choice.grep),) if choice.grep is not None else (),
        level=Level.ERROR if choice.errors else Level.ALL,
        joins_bars=choice.joins_bars,
    )
    begin = begin_of(log, choice.since, now_s) if choice.since is not None else 0
    if choice.rank is None:
        return (_stream(log, shown, begin, choice.count),)
    found = _ranks(log, choice.rank, by_prefix=choice.since is not None)
    return tuple(
        _stream(
            one.path,
            replace(shown, rank=one.rank if one.by_prefix else None),
            begin,
            choice.count,
            one.rank,
        )
        for one in found
    )


def parse_grep(text: str) -> Wanted:
    """Return an expression to search for. Raises InputError."""
    if is_literal(text):
        return Wanted(text)
    try:
        return expression_of(text)
    except InputError as error:
        raise InputError(f"--grep: {error.problem}", "put \\ before a sign that is meant") from None


def begin_of(log: Path, since: str, now_s: float) -> int:
    """Return where the first line begins that was written since a time. Raises InputError."""
    time_s = parse_since(since, now_s)
    paths = RunPaths(log.parent)
    size = LogTimes(paths.log_sizes).size_at(time_s) if paths.log == log else None
    if size is None:
        raise InputError(
            f"--since {since}: nobody noted when the lines of {log} were written",
            "--since is for runs that cockpit launched",
        )
    return _line_begin(log, size)


def _line_begin(log: Path, offset: int) -> int:
    try:
        with open_regular(log) as file:
            low = max(0, offset - WIDEST_BYTES)
            return low + os.pread(file.fileno(), offset - low, low).rfind(b"\n") + 1
    except OSError:
        return 0


def _ranks(log: Path, rank: int, *, by_prefix: bool) -> list[RankLog]:
    known = rank_logs(log, None if by_prefix else RunPaths(log.parent).ranks)
    if not known:
        raise InputError(f"--rank {rank}: the log does not tell ranks apart", "leave --rank out")
    found = [one for one in known if one.rank == rank]
    if not found:
        ranks = sorted({one.rank for one in known if one.rank is not None})
        raise InputError(f"--rank {rank}: the log has {', '.join(map(str, ranks))}")
    return found


def _stream(
    path: Path, shown: LogFilter, begin: int, count: int | None, rank: int | None = None
) -> LogStream:
    if count is None:
        return LogStream(path, shown, begin, rank=rank)
    return LogStream.of_last(path, shown, count, begin, rank)
