"""Why a run or a log ended badly: gathers what there is to judge by, and judges."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cockpit.analysis.cause import Cause, RankError, find_cause
from cockpit.analysis.log_line import LogLine
from cockpit.analysis.xid_cause import with_xids
from cockpit.errors import InputError, RunNotFound
from cockpit.files import modified, open_regular, read_json
from cockpit.runs.layout import RunPaths
from cockpit.runs.phase import Phase
from cockpit.views.checkpoints import SUFFIXES
from cockpit.views.log_parts import END_BYTES, LogParts, read_log
from cockpit.views.registry import Registry
from cockpit.views.run_view import Opened, RunView
from cockpit.views.xid_reports import read_xids

RANK_LOG_BYTES: Final = 256 << 10
MOST_RANK_LOGS: Final = 128
LOOKED_AT_BYTES: Final = 64 << 10
LINE_BYTES: Final = 64
_STOPPED: Final = (Phase.STOPPED, Phase.STOPPING)


@dataclass(frozen=True, slots=True)
class Explanation:
    """What can be said of an end."""

    cause: Cause | None
    """None: nothing says that it failed."""
    log: Path
    left_out_bytes: int = 0
    """So much of the log was not looked at."""


def explain_log(log: Path, exit_code: int | None) -> Explanation:
    """Explain any log; raises InputError for what is no readable file."""
    if log.is_dir():
        raise InputError(f"{log} is a folder", "name the log file in it, or a run")
    try:
        parts = read_log(log)
    except FileNotFoundError:
        raise InputError(f"{log} does not exist", "cockpit runs lists the runs") from None
    except OSError as error:
        raise InputError(f"{log} cannot be read: {error.strerror}") from None
    cause = find_cause(parts.lines, exit_code)
    return Explanation(cause, log, parts.left_out_bytes)


def explain_run(runs_dir: Path, run: str, exit_code: int | None = None) -> Explanation:
    """Explain a run by its log, its ranks' logs and its state; raises RunNotFound."""
    registry = Registry(runs_dir, with_curves=False)
    view = registry.read_one(registry.find(run), time.time())
    return explain_view(RunPaths(runs_dir / view.run_id), view, exit_code)


def explain_view(paths: RunPaths, view: RunView, exit_code: int | None = None) -> Explanation:
    """Explain a run that was read from these files, a copy of one too."""
    code = view.exit_code if exit_code is None else exit_code
    if code is None and view.phase is Phase.SUCCEEDED:
        code = 0
    cause, left_out_bytes = cause_of_run(
        paths, code, was_asked=view.phase in _STOPPED, batch=view.asked.batch_per_rank
    )
    says_nothing = cause is None or (cause.code == "unknown" and view.cause is not None)
    if says_nothing and view.phase in (Phase.FAILED, Phase.LOST):  # its supervisor saw more
        what = view.problem or "ended, and nobody saw how"
        remedies = (view.remedy,) if view.remedy else ()
        cause = Cause(view.cause or "unknown", what, remedies=remedies)
    return Explanation(cause, paths.log, left_out_bytes)


def cause_of_run(
    paths: RunPaths,
    exit_code: int | None,
    *,
    was_asked: bool = False,
    batch: int | None = None,
    oom_kills: int = 0,
    most_bytes: int = END_BYTES,
) -> tuple[Cause | None, int]:
    """Return why the newest attempt of a run failed, and how much of its log was not looked at.

    Judged by the run's log, its ranks' logs, what its cgroup counted (`oom_kills`), and what the
    driver reported of its GPUs.
    """
    try:
        parts = read_log(paths.log, most_bytes)
    except OSError:
        parts = LogParts(())
    cause = find_cause(
        (*parts.lines, *_rank_lines(paths.ranks)),
        exit_code,
        was_asked=was_asked,
        oom_kills=oom_kills,
        batch=batch,
        errors=_rank_errors(paths.ranks),
    )
    if exit_code == -signal.SIGKILL and cause is not None and cause.code == "interrupted":
        # the order to end that the log tells of came from its supervisor, to what was left
        cause = find_cause((), exit_code, was_asked=was_asked, oom_kills=oom_kills)
    if cause is not None or exit_code != 0:
        cause = with_xids(cause, *read_xids(paths), was_asked=was_asked)
    return cause, parts.left_out_bytes


def explain(subject: str, runs_dir: Path, exit_code: int | None) -> Explanation:
    """Explain what a person names, a log file or a run. Raises InputError, RunNotFound."""
    from cockpit.views.naming import named  # a supervisor explains without it

    path = Path(subject).expanduser()
    try:
        found = named(subject, runs_dir)
        if found.run_id is not None:
            return explain_run(runs_dir, found.run_id, exit_code)
        return explain_path(path, exit_code)
    except RunNotFound as error:
        raise InputError(
            f"{subject} is neither a run nor a file: {error.problem}",
            error.remedy if "." not in subject else "give the path of a log that exists",
        ) from None


def explain_path(path: Path, exit_code: int | None) -> Explanation:
    """Explain a log, or the log in a folder or an archive of a run. Raises InputError."""
    from cockpit import locations
    from cockpit.views.opened import log_of
    from cockpit.views.places import find_place
    from cockpit.views.unpacking import is_packed
    from cockpit.views.watch import RunWatch

    if path.is_file() and not is_packed(path):
        _refuse(path)
        return explain_log(path, exit_code)
    place = find_place(str(path), locations.cache_dir())
    if not place.is_cockpit:
        return explain_log(log_of(str(path)), exit_code)
    paths = RunPaths(place.root)
    view = RunWatch(paths, Opened(place.path, place.kind)).read(time.time(), with_curves=False)
    if view is None:
        raise InputError(f"{path} cannot be read any more")
    return explain_view(paths, view, exit_code)


def _refuse(path: Path) -> None:
    """Raise InputError for what can be no log: empty, a checkpoint, bytes."""
    if path.suffix in SUFFIXES:
        raise InputError(f"{path} is a checkpoint, no log", "cockpit explain LOGFILE")
    try:
        with open_regular(path) as file:
            head = file.read(LOOKED_AT_BYTES)
            file.seek(max(0, file.seek(0, 2) - LOOKED_AT_BYTES))
            end = file.read(LOOKED_AT_BYTES)
    except OSError:
        return  # said when it is read
    if not head:
        raise InputError(f"{path} is empty", "explain it again when something was printed")
    if (
        0 in head and 0 in end[-LINE_BYTES:]
    ):  # a log that was cut while it was written only begins with some
        raise InputError(f"{path} is not text", "cockpit explain LOGFILE")


def _last_attempt(folder: Path) -> Path:
    """Return the folder of torchrun's newest attempt; each writes `attempt_<n>`."""
    attempts = sorted(folder.rglob("attempt_*"), key=modified)
    return attempts[-1] if attempts else folder


def _rank_lines(folder: Path) -> Iterator[LogLine]:
    """Yield the ends of the logs that torchrun kept of each rank; they have no line number."""
    for log in sorted(_last_attempt(folder).rglob("stderr.log"))[:MOST_RANK_LOGS]:
        try:
            lines = read_log(log, RANK_LOG_BYTES).lines
        except OSError:
            continue
        rank = _rank_of(log)
        yield from (line._replace(rank=rank, number=None) for line in lines)


def _rank_errors(folder: Path) -> list[RankError]:
    """Return what torch wrote into error.json of each rank."""
    errors = []
    for file in sorted(_last_attempt(folder).rglob("error.json"))[:MOST_RANK_LOGS]:
        message = (read_json(file) or {}).get("message")
        if isinstance(message, dict):
            extra = message.get("extraInfo")
            more = extra if isinstance(extra, dict) else {}
            errors.append(
                RankError(
                    _rank_of(file),
                    str(message.get("message", "")),
                    str(more.get("py_callstack", "")),
                    _seconds(more.get("timestamp")),
                )
            )
    return errors


def _rank_of(file: Path) -> int | None:
    name = file.parent.name
    return int(name) if name.isdecimal() else None


def _seconds(value: object) -> float:
    try:
        return float(str(value))
    except ValueError:
        return float("inf")
