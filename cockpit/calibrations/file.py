"""The file of all calibrations: one JSON line each, to be read, appended to and thinned out.

Several shells and supervisors of one user write to it. Who does holds the lock beside it.
"""

from __future__ import annotations

import fcntl
import os
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from operator import itemgetter
from pathlib import Path
from typing import Final

from cockpit.calibrations.calibration import Calibration
from cockpit.calibrations.lines import is_of_later_version, parse_line, to_line
from cockpit.errors import CockpitError, InputError
from cockpit.files import SURROGATES, open_regular
from cockpit.processes.lock import try_lock

KEPT: Final = 300
"""So many stay, of each work the newest first."""
OVER: Final = 50
"""So many more may come before the file is written anew."""
PATIENCE_S: Final = 5.0
"""Whoever writes holds the lock for milliseconds."""

Entry = tuple[str, Calibration]
"""A line, and what it holds."""


def read_calibrations(file: Path) -> tuple[Calibration, ...]:
    """Return what is there, newest first; of two with one id the line that was written last.

    What cannot be read is left out, the whole file too.
    """
    found = {one.calibration_id: one for _, one in _entries(_read(file))}
    return tuple(sorted(found.values(), key=lambda one: one.time_s, reverse=True))


def append_calibration(
    file: Path, one: Calibration, *, patience_s: float = PATIENCE_S
) -> str | None:
    """Add a calibration; return why that could not be done, or None.

    It takes the place of one with the same id. Nobody loses a run over this, so nothing is raised.
    """
    try:
        line = to_line(one).encode(errors=SURROGATES) + b"\n"
        file.parent.mkdir(parents=True, exist_ok=True)
        with _locked(file, patience_s):
            _append(file, line)
            _thin_out(file)
    except OSError as error:
        return f"{file}: {error.strerror or error}"
    except ValueError as error:
        return f"{file}: {one.calibration_id} cannot be written: {error}"
    return None


def forget(file: Path, ids: Sequence[str]) -> tuple[str, ...]:
    """Delete calibrations by the beginnings of their ids and return the whole ids.

    Raises InputError, and deletes nothing, where one fits none or several; CockpitError where the
    file cannot be written.
    """
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with _locked(file, PATIENCE_S):
            text = _read(file)
            entries = list(_entries(text))
            known = {one.calibration_id: None for _, one in entries}
            chosen = dict.fromkeys(_chosen(known, ids))
            left = (line for line, one in entries if one.calibration_id not in chosen)
            _replace(file, (*_of_later_versions(text), *left))
    except OSError as error:
        raise CockpitError(f"{file}: {error.strerror or error}") from None
    return tuple(chosen)


def _chosen(known: Iterable[str], ids: Sequence[str]) -> list[str]:
    """Return the ids that are meant: each is one of the known, or the beginning of one only."""
    chosen, problems = [], []
    for text in ids:
        found = [one for one in known if one == text] or [
            one for one in known if text and one.startswith(text)
        ]
        if len(found) == 1:
            chosen.append(found[0])
        elif found:
            names = ", ".join(found[:3]) + (" …" if len(found) > 3 else "")
            problems.append(f"{text}: {len(found)} calibrations begin so: {names}")
        else:
            problems.append(f"{text or 'an empty id'}: there is no such calibration")
    if problems:
        raise InputError("\n".join(problems), "cockpit estimate --calibrations")
    return chosen


def _read(file: Path) -> str:
    try:
        with open_regular(file) as opened:
            return opened.read().decode("utf-8", "replace")
    except OSError:
        return ""


def _entries(text: str) -> Iterator[Entry]:
    """Return the lines that hold a calibration, each with it, in the order of the file."""
    for line in text.split("\n"):
        one = parse_line(line) if line else None
        if one is not None:
            yield line, one


@contextmanager
def _locked(file: Path, patience_s: float) -> Iterator[None]:
    """Hold the lock beside the file. Raises OSError, also when somebody keeps it."""
    lock = file.with_name(f"{file.name}.lock")
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        if not try_lock(descriptor, fcntl.LOCK_EX, patience_s):
            raise OSError(f"another process keeps {lock}")
        yield
    finally:
        os.close(descriptor)


def _append(file: Path, line: bytes) -> None:
    """Write the whole line or nothing of it; a line that was cut before stays apart."""
    descriptor = os.open(file, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        size = os.fstat(descriptor).st_size
        is_cut = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
        data = b"\n" + line if is_cut else line
        if os.write(descriptor, data) < len(data):
            os.ftruncate(descriptor, size)
            raise OSError("the disk is full")
    finally:
        os.close(descriptor)


def _thin_out(file: Path) -> None:
    """Keep what tells most, once there are too many lines; the whole where that cannot be done."""
    text = _read(file)
    if text.count("\n") > KEPT + OVER:
        with suppress(OSError):  # what was to be kept is
            _replace(file, (*_of_later_versions(text), *_telling_most(text)))


def _telling_most(text: str) -> list[str]:
    """Return the lines to keep, in the order of their times.

    Each preset has its turn, and within it each configuration: fifty runs of one do not push out
    the only one of another. Of those alike the newest come first.
    """
    last = {one.calibration_id: (line, one) for line, one in _entries(text)}
    newest = sorted(last.values(), key=lambda entry: -entry[1].time_s)
    works: dict[object, list[tuple[int, Entry]]] = defaultdict(list)
    seen: Counter[object] = Counter()
    for entry in newest:
        one = entry[1]
        work = (one.host, one.kind, one.preset, one.model, one.device)
        alike = (work, one.imgsz, one.batch_per_rank, one.world_size, one.is_bounded)
        works[work].append((seen[alike], entry))
        seen[alike] += 1
    turns = [
        (turn, entry)
        for entries in works.values()
        for turn, (_, entry) in enumerate(sorted(entries, key=itemgetter(0)))
    ]
    turns.sort(key=lambda one: (one[0], -one[1][1].time_s))
    kept = sorted((entry for _, entry in turns[:KEPT]), key=lambda entry: entry[1].time_s)
    return [line for line, _ in kept]


def _of_later_versions(text: str) -> list[str]:
    """Return the newest lines that a later cockpit wrote and alone can read."""
    found = (line for line in text.split("\n") if line and is_of_later_version(line))
    return list(dict.fromkeys(found))[-KEPT:]


def _replace(file: Path, lines: Iterable[str]) -> None:
    """Write the file anew in one step: a reader sees the old one or the new one."""
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        with draft.open("w", encoding="utf-8", newline="") as opened:
            opened.writelines(f"{line}\n" for line in lines)
            opened.flush()
            os.fsync(opened.fileno())
        draft.replace(file)
    except OSError:
        draft.unlink(missing_ok=True)
        raise
