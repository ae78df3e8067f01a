"""The runs of this user: their folders, their order, their names."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from cockpit.errors import InputError, RunNotFound, nearest
from cockpit.runs.layout import RunPaths

_MOMENT: Final = re.compile(r"-(\d{8}-\d{6})(?:-(\d+))?$")
_NAME: Final = re.compile(r"[^\s/\x00-\x1f.][^\s/\x00-\x1f]*")
LONGEST_NAME_BYTES: Final = 200


def list_runs(runs_dir: Path) -> list[RunPaths]:
    """Return all runs, newest first."""
    try:
        folders = [entry for entry in runs_dir.iterdir() if _is_run(entry)]
    except OSError:
        return []
    folders.sort(key=_born, reverse=True)
    return [RunPaths(folder) for folder in folders]


def _born(folder: Path) -> tuple[str, int, int]:
    """Return what runs are ordered by; of one second, when their run.json was written."""
    moment, number = moment_of(folder.name)
    try:
        written = RunPaths(folder).run.stat().st_mtime_ns
    except OSError:
        written = 0
    return moment, written, number


def _is_run(folder: Path) -> bool:
    return bool(_MOMENT.search(folder.name)) and RunPaths(folder).run.is_file()


def moment_of(run_id: str) -> tuple[str, int]:
    """Return what runs are ordered by: the moment in the id, then the number of a clash."""
    match = _MOMENT.search(run_id)
    return (match[1], int(match[2] or 1)) if match else ("", 0)


def find_run(text: str, run_ids: Sequence[str]) -> str:
    """Return the run that `text` names: a unique prefix of an id, or `last` (the newest).

    `run_ids` are newest first. Raises RunNotFound with the nearest names.
    """
    if not run_ids:
        raise RunNotFound("there is no run yet", "cockpit run quickstart")
    if text == "last":
        return run_ids[0]
    found = [run_id for run_id in run_ids if run_id.startswith(text)]
    exact = [run_id for run_id in found if run_id == text or _MOMENT.sub("", run_id) == text]
    if len(found) == 1 or len(exact) == 1:
        return (exact or found)[0]
    if not found:
        known = [*run_ids, *(_MOMENT.sub("", run_id) for run_id in run_ids)]
        raise RunNotFound(f"no run starts with {text}{nearest(text, known)}", "cockpit runs")
    shown = ", ".join(found[:4]) + (" …" if len(found) > 4 else "")
    raise RunNotFound(f"{text} could be any of {len(found)} runs: {shown}", "give more of the id")


def new_run_id(name: str, now_s: float, taken: Sequence[str]) -> str:
    """Return `<name>-<YYYYMMDD>-<HHMMSS>` in local time, with `-2` and so on after a clash.

    Raises InputError for a name that cannot be a folder's.
    """
    size = len(name.encode(errors="surrogateescape"))
    if not _NAME.fullmatch(name) or not name.isprintable() or size > LONGEST_NAME_BYTES:
        raise InputError(
            f"--name {name!r}: cannot be a folder's name",
            "letters, digits, - and _, no blanks, not starting with a dot, at most 200 bytes",
        )
    moment = datetime.fromtimestamp(now_s).astimezone().strftime("%Y%m%d-%H%M%S")
    stem = f"{name}-{moment}"
    if stem not in taken:
        return stem
    number = 2
    while f"{stem}-{number}" in taken:
        number += 1
    return f"{stem}-{number}"
