"""The lines above and below a result: how it stands, what was found, the command. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

from rich.cells import cell_len

from cockpit.metrics.log_lines import strip_codes
from cockpit.tool_runs.events import Finding, Level
from cockpit.tui.bars import bar
from cockpit.tui.file_facts import home
from cockpit.tui.ink import Line, cells, fit, pad
from cockpit.tui.tools.record import ToolRecord, left_s, standing, took_s
from cockpit.tui.tools.wrapping import wrap_text
from cockpit.units import clock, duration

SIGNS: Final = {
    Level.PROBLEM: ("✗", "danger"),
    Level.WARNING: ("▲", "attention"),
    Level.NOTE: ("·", "muted"),
    Level.OK: ("✓", "good"),
}
WORST_FIRST: Final = tuple(SIGNS)
ANSWERS_FIRST: Final = (Level.PROBLEM, Level.WARNING, Level.OK, Level.NOTE)
"""Where what is fine is what was asked for, and notes say on what it rests."""
BAR_WIDTH: Final = 14
FACTS_FROM: Final = 90
"""Cells from which the environment stands beside the state."""
CODE_FROM: Final = 46
"""Cells from which the code of a finding stands beside it."""
VERSIONS: Final = ("torch", "nccl", "cuda", "python")
"""Of the environment, what is told first."""


def one_line(text: str) -> str:
    """Return a text from outside in one line without control codes."""
    return strip_codes(" ".join(text.split()))


def share_words(record: ToolRecord) -> str:
    """Return `7/9`, or nothing where the end is not known."""
    progress = record.result.progress
    if progress is None or not progress.total:
        return ""
    return f"{progress.done:g}/{progress.total:g}"


def header_words(record: ToolRecord | None) -> str:
    """Return what the header of every screen says of a running tool: `memory 7/9`."""
    if record is None or not record.is_running:
        return ""
    return f"{record.tool} {share_words(record)}".strip()


def state_line(record: ToolRecord, now_s: float, width: int, *, is_stopping: bool = False) -> Line:
    """Return `● memory  running 1m 12s  ━━━━━─── 7/9  about 21 s left` with the facts right."""
    stands = standing(record)
    word = "stopping" if is_stopping else stands.word
    took = took_s(record, now_s)
    time_words = "" if took is None else f" {'' if record.is_running else 'in '}{duration(took)}"
    line: Line = (
        (f"{stands.sign} ", stands.look), (record.tool, "strong"), (f"  {word}", "text"),
        (time_words, "text"),
    )  # fmt: skip
    if record.is_running:
        line += _progress(record, now_s)
    elif record.result.is_partial and not record.refusal:
        line += (("   partial: not everything was measured", "attention"),)
    facts = facts_words(record, now_s)
    room = width - cells(line) - 3
    if width < FACTS_FROM or room < 20:
        return line
    facts = fit(facts, min(cell_len(facts), room))
    return (*pad(line, width - cell_len(facts)), (facts, "muted"))


def _progress(record: ToolRecord, now_s: float) -> Line:
    progress, share = record.result.progress, share_words(record)
    if progress is None:
        return (("   starting the training interpreter …", "muted"),)
    if not share:
        return ()
    total = progress.total or 1.0
    rest_s = left_s(record, now_s)
    left = "" if not rest_s else f"  about {duration(rest_s)} left"
    return (("   ", "text"), *bar(progress.done / total, BAR_WIDTH), ("  ", "text"),
            (share, "strong"), (left, "muted"))  # fmt: skip


def facts_words(record: ToolRecord, now_s: float) -> str:
    """Return what the result rests on: preset, versions, when."""
    parts = [record.asked.preset] if record.asked and record.asked.preset else []
    started = record.result.started
    versions = started.versions if started else {}
    named = [name for name in VERSIONS if versions.get(name)]
    named += [name for name in versions if name not in VERSIONS and versions[name]]
    parts += [f"{name} {versions[name]}" for name in named]
    if not record.is_running and record.seen_s:
        parts.append(clock(record.seen_s, now_s))
    return one_line(" · ".join(parts))


def refusal_lines(record: ToolRecord, width: int) -> tuple[Line, ...]:
    """Return why it was not started, and what to try."""
    problem, *remedy = record.refusal.splitlines() or [""]
    lines = [(("✗ " if not at else "  ", "danger"), (text, "danger"))
             for at, text in enumerate(_wrapped(problem, width - 2))]  # fmt: skip
    for text in remedy:
        lines += [(("  ", "muted"), (part, "muted")) for part in _wrapped(text, width - 2)]
    return tuple(lines)


def worst(record: ToolRecord) -> Finding | None:
    """Return the gravest finding, if it is a warning at least; of equals the first."""
    graves = [one for one in record.result.findings if one.level in (Level.PROBLEM, Level.WARNING)]
    return min(graves, key=lambda one: WORST_FIRST.index(one.level), default=None)


def worst_line(record: ToolRecord, width: int) -> Line:
    """Return the gravest finding in one line; nothing where none is grave."""
    found = worst(record)
    if found is None:
        return ()
    sign, look = SIGNS[found.level]
    what = one_line(found.what)
    return ((f"{sign} ", look), (fit(what, min(cell_len(what), width - 2)), f"{look} bold"))


def findings_state(findings: Iterable[Finding]) -> str:
    """Return `4 ok · 1 note · 1 warning`."""
    counts = Counter(one.level for one in findings)
    return " · ".join(
        f"{counts[level]} {level}{'s'[: counts[level] > 1 and level is not Level.OK]}"
        for level in Level
        if counts[level]
    )


def findings_lines(
    findings: Sequence[Finding], width: int, order: Sequence[Level] = WORST_FIRST
) -> tuple[Line, ...]:
    """Return every finding in the order of levels, with what to do about it."""
    out: list[Line] = []
    for found in sorted(findings, key=lambda one: order.index(one.level)):
        out += _finding(found, width)
    return tuple(out)


def _finding(found: Finding, width: int) -> list[Line]:
    sign, look = SIGNS[found.level]
    code = f"  {found.code}" if width >= CODE_FROM else ""
    texts = _wrapped(found.what, width - 2 - cell_len(code)) or [""]
    tone = "text" if found.level in (Level.OK, Level.NOTE) else "strong"
    first = pad(((f"{sign} ", look), (texts[0], tone)), width - cell_len(code))
    out: list[Line] = [(*first, (code, "faint"))]
    out += [(("  ", tone), (text, tone)) for text in texts[1:]]
    out += [(("  ", "muted"), (text, "muted")) for text in _wrapped(found.remedy or "", width - 2)]
    return out


def _wrapped(text: str, width: int) -> list[str]:
    return [line for part in text.splitlines() for line in wrap_text(strip_codes(part), width)]


def tool_command(record: ToolRecord) -> str:
    """Return what the tool was really started with; nothing where that is not known."""
    asked = record.asked
    if asked is None or not asked.python or not asked.arguments:
        return ""
    return " ".join((home(asked.python), "diagnostics.pyz", record.tool, *asked.arguments))


def command_lines(own: str, same: str, width: int) -> tuple[Line, ...]:
    """Return the two commands, the first one where it is known."""
    lines: list[Line] = []
    for at, text in enumerate(_wrapped(own, width - 4)):
        lines.append(((("    " if at else ""), "muted"), (text, "muted")))
    for at, text in enumerate(_wrapped(f"the same on the command line: {same}", width - 4)):
        if at == 0:
            head, _, rest = text.partition(": ")
            lines.append(((f"{head}: ", "muted"), (rest, "text")))
        else:
            lines.append((("    ", "text"), (text, "text")))
    return tuple(lines)


def past_note(record: ToolRecord, now_s: float) -> str:
    """Return one past run in a line, for a list to choose from."""
    stands = standing(record)
    took = took_s(record, now_s)
    parts = [f"{stands.sign} {stands.word}", duration(took) if took is not None else ""]
    parts += [record.asked.preset or "" if record.asked else ""]
    values = record.asked.values if record.asked else {}
    parts += [" ".join(f"{key}={text}" for key, text in values.items())]
    return one_line(" · ".join(part for part in parts if part))


def problem_lines(problems: Sequence[str], width: int) -> tuple[Line, ...]:
    """Return what is wrong with the options, all at once."""
    lines: list[Line] = []
    for problem in problems:
        for at, text in enumerate(_wrapped(problem, width - 2)):
            lines.append(((("  " if at else "✗ "), "danger"), (text, "danger")))
    return tuple(lines)
