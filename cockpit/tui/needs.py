"""What needs somebody, worst first: what is noticed, and runs that failed, hang or were lost. Pure.

Each thing is said once: a run's trouble that an alert tells better is not told beside it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from cockpit.devices.sample import LOST
from cockpit.runs.alert import AlertLevel
from cockpit.runs.phase import Phase, glyph
from cockpit.tui.noticed import Noticed, noticed
from cockpit.tui.store import Snapshot, owners
from cockpit.tui.waiting import one_line, queue_words, queued_why
from cockpit.units import HOUR_S, clock
from cockpit.views.run_view import RunView

FAILED_NEWS_S: Final = HOUR_S
LOST_NEWS_S: Final = 24 * HOUR_S
"""Older losses are history: they stay in the list of runs, but nobody is called for them."""
PROBLEM_SIGN: Final = "✗"
WARNING_SIGN: Final = "▲"
_NO_DIGITS: Final = str.maketrans("", "", "0123456789")


@dataclass(frozen=True, slots=True)
class Need:
    """One thing that needs somebody, in one line."""

    glyph: str
    subject: str
    text: str
    key: str
    """What a key does about it: `⏎ open`; empty when no key helps."""
    topic: str
    """What tells it from other needs; stays the same while its text tells a growing age."""
    run_id: str | None = None
    is_warning: bool = False
    """It can wait for what else there is."""


@dataclass(frozen=True, slots=True)
class Counts:
    """The numbers in the header."""

    running: int = 0
    queued: int = 0
    needs: int = 0


def counts(snapshot: Snapshot) -> Counts:
    """Return how many runs run, wait and need somebody."""
    phases = Counter(run.phase for run in snapshot.runs)
    return Counts(
        running=sum(phases[phase] for phase in Phase if phase.is_live),
        queued=phases[Phase.QUEUED],
        needs=len(attention(snapshot)),
    )


def attention(snapshot: Snapshot) -> tuple[Need, ...]:
    """Return what needs somebody, worst first, but for what was hidden; empty when nothing does."""
    needs = (need for need in _all_needs(snapshot) if need.topic not in snapshot.hidden)
    return tuple(sorted(needs, key=_rank))


def _rank(need: Need) -> int:
    return 0 if need.glyph == PROBLEM_SIGN else 2 if need.is_warning else 1


def _all_needs(snapshot: Snapshot) -> list[Need]:
    holders = owners(snapshot)
    alerts = [_need_of_alert(one, holders) for one in noticed(snapshot)]
    runs = (need_of(run, snapshot) for run in snapshot.runs)
    settings = (_need_of_settings(problem) for problem in snapshot.settings_problems)
    return [*alerts, *(need for need in runs if need), *settings]


def _need_of_settings(problem: str) -> Need:
    """Return what is wrong with the user's settings; it counts as not given."""
    file, _, what = problem.partition(": ")
    name = file.rpartition("/")[2]
    topic = f"settings {problem}"
    return Need(WARNING_SIGN, name, f"{what} ({file})", "", topic, is_warning=True)


def hide(snapshot: Snapshot, topics: Iterable[str]) -> Snapshot:
    """Return the snapshot without these needs; what is needed no more is forgotten with them."""
    present = {need.topic for need in _all_needs(snapshot)}
    return replace(snapshot, hidden=frozenset(present.intersection(topics)))


def keys_that_act(needs: Iterable[Need], selected: str | None) -> tuple[Need, ...]:
    """Return the needs with a key that acts on a run only where it would act on that run."""
    return tuple(
        need if need.run_id is None or need.run_id == selected else replace(need, key="")
        for need in needs
    )


def _need_of_alert(one: Noticed, holders: dict[str, str]) -> Need:
    """Return `GPU 11  86 °C for 4 min · obstacle · r11`; of a run its name comes first."""
    alert, run = one.alert, one.run
    is_of_run = alert.code.startswith("run.")
    about, _, rank = alert.subject.partition(" · ")
    subject, text = about, alert.what
    if text.startswith(LOST):
        subject, text = f"{about} {LOST}", text.removeprefix(LOST).lstrip(": ")
    if run is not None and is_of_run:
        subject = run.name
        text = text if about == "run" else f"{alert.subject}: {text}"
    elif run is not None:
        text = f"{text} · {holders.get(alert.gpu_uuid or '', '') or run.name}"
        text = f"on {run.host}: {text}" if one.is_elsewhere else text
    elif rank:
        text = f"{text} · {rank}"
    is_problem = alert.level is AlertLevel.PROBLEM
    return Need(
        PROBLEM_SIGN if is_problem else WARNING_SIGN,
        subject[0].upper() + subject[1:] if not is_of_run else subject,
        one_line(text),
        "⏎ open" if run is not None else "g GPUs" if about.startswith("GPU") else "",
        one.topic,
        run.run_id if run is not None else None,
        is_warning=not is_problem,
    )


def need_of(run: RunView, snapshot: Snapshot) -> Need | None:
    """Return what a run itself needs somebody for, or None."""
    if run.opened is not None:
        return None
    match run.phase:
        case Phase.FAILED if _is_news(run.ended, snapshot, FAILED_NEWS_S):
            when = clock(run.ended, snapshot.time)
            return _need(run, f"failed {when}: {run.problem or _exit_words(run)}")
        case Phase.LOST if _is_news(run.last_sign or run.started, snapshot, LOST_NEWS_S):
            lost = f"lost: {run.problem or 'nobody wrote how it ended'}{_saved(run)}"
            return _need(run, lost, key="r resume")
        case Phase.UNSUPERVISED:
            gone = run.problem or "its supervisor is gone, the training goes on"
            return _need(run, gone, key="a adopt")
        case Phase.QUEUED if run.next_attempt is None:
            return None
        case Phase.QUEUED:
            return _need(run, f"{queue_words(run)} · {queued_why(run)}", sign=WARNING_SIGN)
        case _ if run.problem and not run.phase.is_over and not _is_told(run, run.problem):
            return _need(run, run.problem, sign=WARNING_SIGN)
    return None


def _is_told(run: RunView, problem: str) -> bool:
    """Tell whether an alert of the run says the same, perhaps with another age in it."""
    words = problem.translate(_NO_DIGITS)
    return any(alert.what.translate(_NO_DIGITS) == words for alert in run.alerts)


def _need(run: RunView, text: str, sign: str | None = None, key: str = "⏎ open") -> Need:
    topic = f"{run.run_id} {run.attempt} {run.phase} {run.problem or ''}"
    shown = sign or glyph(run.phase)
    return Need(shown, run.name, one_line(text), key, topic, run.run_id)


def _exit_words(run: RunView) -> str:
    if run.exit_code is None:
        return "its exit code is unknown"
    if run.exit_code < 0:
        return f"killed by signal {-run.exit_code}"
    return f"exit code {run.exit_code}"


def _saved(run: RunView) -> str:
    return f", epoch {run.epoch} is the last one" if run.epoch else ""


def _is_news(moment: float | None, snapshot: Snapshot, window_s: float) -> bool:
    return moment is not None and moment >= min(snapshot.opened, snapshot.time - window_s)
