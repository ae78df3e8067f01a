"""Why a training ended badly: the first cause, not the loudest line. Pure.

How the order is decided, and why: docs/decisions/0007-the-first-cause.md.
"""

from __future__ import annotations

import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from cockpit.analysis.cause_facts import add_facts
from cockpit.analysis.clue import Clue, Evidence, evidence
from cockpit.analysis.clues import find_clues
from cockpit.analysis.log_line import LogLine
from cockpit.analysis.matching import is_interesting
from cockpit.analysis.meanings import MEANINGS, NARROWER, SIGKILL, SIGKILL_REMEDIES
from cockpit.analysis.patterns import Weight
from cockpit.analysis.progress import HANDLED_AFTER, last_progress, went_on
from cockpit.analysis.torchrun_report import RankEnd, ended, find_rank_ends, first_failure
from cockpit.metrics.log_lines import parse_attempt_line

ENDS: Final = frozenset({"interrupted", "preempted", "sighup_terminal_closed"})
"""Somebody told the training to end; what was said before still counts, what came after not."""
_BY_SIGNAL: Final[Mapping[int, str]] = {
    signal.SIGSEGV: "segfault",
    signal.SIGBUS: "shm_bus_error",
    signal.SIGINT: "interrupted",
    signal.SIGTERM: "interrupted",
    signal.SIGHUP: "sighup_terminal_closed",
}
_SILENT: Final = frozenset({signal.SIGKILL, signal.SIGSEGV, signal.SIGBUS, signal.SIGILL})
"""Who dies of these says nothing himself, so what others say is an echo."""
_LIKE_A_STOP: Final = ENDS | {"user_bug", "unknown", "nccl_network", "nccl_timeout"}
"""What a training says that is being stopped."""
_SHELL_ADDS: Final = 128


@dataclass(frozen=True, slots=True)
class Cause:
    """The first cause of a failure, what it was read from, and what to try."""

    code: str
    """Stable; see `meanings.MEANINGS`."""
    what: str
    """One sentence without a full stop."""
    rank: int | None = None
    evidence: tuple[Evidence, ...] = ()
    facts: Mapping[str, str | int | float] = field(default_factory=dict)
    remedies: tuple[str, ...] = ()

    @property
    def remedy(self) -> str | None:
        """What to try first."""
        return self.remedies[0] if self.remedies else None


@dataclass(frozen=True, slots=True)
class RankError:
    """What torch wrote into the error.json of a rank."""

    rank: int | None
    message: str
    callstack: str
    time: float
    """Epoch seconds."""


def find_cause(
    lines: Sequence[LogLine],
    exit_code: int | None,
    *,
    was_asked: bool = False,
    oom_kills: int = 0,
    batch: int | None = None,
    errors: Sequence[RankError] = (),
) -> Cause | None:
    """Return why a training failed, or None when nothing says that it did.

    `lines` are those of its log, oldest first; `exit_code` None: not known, it may still run.
    `oom_kills` is what its cgroup counted, `batch` that of one rank, for what to try.
    """
    lines = of_last_attempt(lines)
    marks = [is_interesting(line.text) for line in lines]
    ends = find_rank_ends(lines, marks)
    code = exit_code
    if not exit_code and _has_verdict(lines, ends):
        code = 1  # `torchrun … | tee` hides it
    left = [(one.rank, one.callstack or one.message) for one in sorted(errors, key=_time)]
    clues = find_clues(lines, marks, code, left, ends)
    root = first_failure(ends) if code else None
    silent = _from_rank(root, lines) if root else None
    chosen = _choose(clues, silent, root, was_asked=was_asked)
    if was_asked and (chosen is None or chosen.code in _LIKE_A_STOP):
        chosen = _asked()
    if oom_kills and code and (chosen is None or chosen.weight is not Weight.HOST):
        chosen = _counted(oom_kills)
    chosen = chosen or _from_code(code)
    if chosen is None:
        return None
    return _as_cause(add_facts(_explained(chosen, clues), lines, batch), root, ends)


def of_last_attempt(lines: Sequence[LogLine]) -> Sequence[LogLine]:
    """Return the lines behind the last mark with which cockpit parts two attempts of a run."""
    for at in range(len(lines) - 1, -1, -1):
        if parse_attempt_line(lines[at].text) is not None:
            return lines[at + 1 :]
    return lines


def _has_verdict(lines: Sequence[LogLine], ends: Sequence[RankEnd]) -> bool:
    """Say whether torchrun's last word is that the job failed."""
    listed = [end.at for end in ends if end.is_root and not end.is_victim]
    return bool(listed) and not went_on(last_progress(lines), max(listed), HANDLED_AFTER)


def _choose(
    clues: Sequence[Clue], silent: Clue | None, root: RankEnd | None, *, was_asked: bool
) -> Clue | None:
    """Return the clue nearest to the beginning of the failure.

    `root` is the rank that torchrun saw fail first, `silent` the clue that this is.
    """
    hosts = [clue for clue in clues if clue.weight is Weight.HOST]
    if hosts:
        return hosts[0]
    first = _first_of(clues, root)
    if first is not None:
        return first
    if root is not None and -root.exit_code in _SILENT:
        return silent
    after = _aftermath(clues, root)
    if after is not None:
        return after
    if root is not None:
        return silent
    hints = [clue for clue in clues if clue.weight is Weight.HINT and clue.stands_alone]
    return None if was_asked else next(iter(hints), None)


def _first_of(clues: Sequence[Clue], root: RankEnd | None) -> Clue | None:
    """Return the earliest cause of its own, of the rank that torchrun names where it has one."""
    told = min((clue.at for clue in clues if clue.code in ENDS and clue.is_loud), default=None)
    found = [
        clue for clue in clues if clue.weight is Weight.FIRST and (told is None or clue.at < told)
    ]
    loud = [clue for clue in found if clue.is_loud] or found
    if root is not None:
        own = [clue for clue in loud if clue.rank == root.rank]
        if own:
            return own[0]
        if -root.exit_code in _SILENT:
            loud = [one for one in loud if one.code != "user_bug" or one.rank is None]
    return next(iter(loud), None)


def _aftermath(clues: Sequence[Clue], root: RankEnd | None) -> Clue | None:
    """Return the earliest of those who only waited or were told to end."""
    found = [clue for clue in clues if clue.weight is Weight.AFTERMATH]
    if root is not None:
        found = [one for one in found if one.at < root.at]
    if root is not None and root.exit_code != -signal.SIGABRT:
        found = [one for one in found if one.rank in (None, root.rank) or one.code in ENDS]
    if not found:
        return None
    by_scheduler = [clue for clue in found if clue.code == "preempted"]
    hung_up = [clue for clue in found if clue.code == "sighup_terminal_closed"]
    if found[0].code in ENDS:
        return (by_scheduler or hung_up or found)[0]
    named = [clue for clue in found if clue.code != "unknown"]
    return (named or found)[0]


def _from_rank(end: RankEnd, lines: Sequence[LogLine]) -> Clue:
    """Return what torchrun says of a rank that said nothing itself."""
    number = -end.exit_code
    facts = {"exit_code": end.exit_code} | ({"pid": end.pid} if end.pid else {})
    code = _BY_SIGNAL.get(number, "unknown")
    remedies = SIGKILL_REMEDIES if number == signal.SIGKILL else MEANINGS[code].remedies
    what = SIGKILL if number == signal.SIGKILL else end.words
    shown = (evidence(lines[end.at]),)
    return Clue(code, Weight.FIRST, end.at, what, remedies, end.rank, shown, facts)


def _from_code(exit_code: int | None) -> Clue | None:
    """Return what an exit code alone tells."""
    if not exit_code:
        return None
    number = exit_code - _SHELL_ADDS if exit_code > _SHELL_ADDS else -exit_code
    code = _BY_SIGNAL.get(number, "unknown")
    what, remedies = f"the job {ended(exit_code)}", MEANINGS[code].remedies
    if number == signal.SIGKILL:
        what, remedies = f"the job was {SIGKILL}", SIGKILL_REMEDIES
    return Clue(code, Weight.HINT, -1, what, remedies, facts={"exit_code": exit_code})


def _asked() -> Clue:
    return Clue(
        "interrupted", Weight.FIRST, -1, "stopped as asked", MEANINGS["interrupted"].remedies
    )


def _counted(oom_kills: int) -> Clue:
    what = "the memory limit of the job was reached, and the kernel killed "
    what += "a process" if oom_kills == 1 else f"{oom_kills} processes"
    remedies = MEANINGS["host_oom_kill"].remedies
    return Clue("host_oom_kill", Weight.HOST, -1, what, remedies, facts={"oom_kills": oom_kills})


def _explained(chosen: Clue, clues: Sequence[Clue]) -> Clue:
    """Return the cause made more exact by a warning that stands in the log as well."""
    for clue in clues:
        if chosen.code in clue.explains:
            evidence = (*clue.evidence, *chosen.evidence)
            return replace(clue, rank=chosen.rank, evidence=evidence, facts=clue.facts)
    return chosen


def _as_cause(clue: Clue, root: RankEnd | None, ends: Sequence[RankEnd]) -> Cause:
    rank = clue.rank
    if rank is None and root is not None and clue.weight is Weight.FIRST:
        rank = root.rank
    facts = dict(clue.facts)
    victims = ", ".join(str(end.rank) for end in sorted(ends, key=_rank) if end.is_victim)
    if victims:
        facts["ended_by_torchrun"] = victims
    what = clue.what if rank is None else f"rank {rank}: {clue.what}"
    code = NARROWER.get(clue.code, clue.code)
    return Cause(code, what, rank, clue.evidence, facts, clue.remedies)


def _rank(end: RankEnd) -> int:
    return end.rank


def _time(error: RankError) -> float:
    return error.time
