"""Lines of a log as the search for a cause needs them. Pure."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from cockpit.metrics.log_lines import clean, split_prefix

LONGEST: Final = 16384
"""Of a longer line that much is looked at: its end where bars were drawn, else its beginning."""

_LABEL: Final = re.compile(
    r"(?P<srun>\s{0,3}\d{1,4}: ?)"  # srun --label
    r"|(?P<ray>\x1b?\(?\([\w.]*(?: ?\w+)? ?pid=\d+[^)]*\) ?)"  # Ray: (train pid=12, ip=…)
    r"|(?P<glog>[EWIF]\d{4} \d\d:\d\d:\d\d\.\d+ +\d+ \S+:\d+\] )"  # torch's own log
    r"|(?P<docker>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+(?:Z|[+-]\d\d:\d\d) )"
    r"|(?P<lightning>\[rank: (?P<rank>\d+)\] )"
)

PROGRESS: Final = re.compile(
    r"(?i)\bepoch\b\W{0,3}\d|\bloss\b.{0,20}\d|\d+%\||\d+%\s+[━╸─]|it/s|batch(?:es)?/s"
    r"|saved checkpoint"
)
"""A line that only a training prints that goes on."""
SUCCESS: Final = re.compile(
    r"(?i)training (?:is |was )?(?:complete|finished|done)|results saved to|epochs completed in"
    r"|optimizer stripped from|^(?:all )?done\b|finished training"
)
"""The word that all is done."""


class LogLine(NamedTuple):
    """A cleaned line of a log."""

    rank: int | None
    """The rank that a prefix named."""
    text: str
    number: int | None = None
    """Where it stands in the file, from 1; None where nobody counted."""


def parse_log(text: str, first: int | None = 1) -> list[LogLine]:
    """Return the cleaned lines of a text; `first` is the number of its first line."""
    lines = text.split("\n")
    if lines and not lines[-1]:
        lines.pop()
    if first is None:
        return [log_line(line, None) for line in lines]
    return [log_line(line, number) for number, line in enumerate(lines, first)]


def log_line(line: str, number: int | None) -> LogLine:
    """Return a line cleaned; most lines need no cleaning, and that is seen quickly."""
    if len(line) > LONGEST:
        line = line[-LONGEST:] if "\r" in line[-LONGEST:-1] else line[:LONGEST]
    if line.isprintable() and not line.startswith("["):
        return LogLine(None, line.rstrip(), number)
    return LogLine(split_prefix(line)[0], clean(line), number)


def peel(line: LogLine) -> tuple[str, str]:
    """Return (stream, text): who wrote the line, as far as labels tell, and it without them."""
    text, stream = line.text, "" if line.rank is None else f"rank {line.rank}"
    while (found := _LABEL.match(text)) is not None:
        if found["docker"] is None:
            stream += found[0].strip() if found["glog"] is None else "glog"
        text = text[found.end() :]
    return stream, text
