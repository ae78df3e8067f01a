"""What a person names a run by: an id, the beginning of one, or a path."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from cockpit.errors import InputError, RunNotFound
from cockpit.runs.catalog import find_run, list_runs
from cockpit.runs.layout import RunPaths


@dataclass(frozen=True, slots=True)
class Named:
    """What a text on the command line names: one of the two."""

    run_id: str | None = None
    path: str | None = None


def named(text: str, runs_dir: Path) -> Named:
    """Return whether a text names a run of this machine or a path.

    A run id wins, unless the text holds a `/` or there is a file of that name; `last` is always
    the newest run. A path to the folder of an own run is that run. Raises RunNotFound.
    """
    if text != "last" and _is_path(text):
        own = _own_run(text, runs_dir)
        return Named(path=text) if own is None else Named(run_id=own)
    try:
        return Named(run_id=find_run(text, [one.run_id for one in list_runs(runs_dir)]))
    except RunNotFound as error:
        if text != "last" and exists(text):
            return Named(path=text)
        also = "" if text == "last" else f"; there is no file or folder {text} either"
        raise RunNotFound(f"{error.problem}{also}", error.remedy) from None


def require_own(text: str, runs_dir: Path, act: str) -> str:
    """Return the id of a run of this machine; raises InputError for a path: it cannot be acted on.

    `act` completes the sentence: `stopped`, `resumed`.
    """
    found = named(text, runs_dir)
    if found.run_id is None:
        raise InputError(
            f"{text} was not started by cockpit here, so it cannot be {act}",
            f"cockpit show {text}, or one of cockpit runs",
        )
    return found.run_id


def why_none(paths: RunPaths) -> str:
    """Say why the folder of an own run holds none."""
    if paths.root.exists():
        return f"{paths.run_id} is no run: {paths.run} cannot be read"
    return f"{paths.run_id} is gone: its folder {paths.root} was deleted"


def _is_path(text: str) -> bool:
    if "/" in text or text.startswith("~") or text in (".", ".."):
        return True
    try:
        return Path(text).is_file() or Path(text).is_symlink()  # also one that leads nowhere
    except (OSError, ValueError):
        return False


def exists(text: str) -> bool:
    """Say whether a path leads to something; False also where it cannot be looked at."""
    try:
        return Path(text).exists()
    except (OSError, ValueError):
        return False


def is_empty_file(text: str) -> bool:
    """Say whether a path leads to a file without a byte in it."""
    try:
        path = Path(text).expanduser()
        return path.is_file() and path.stat().st_size == 0
    except (OSError, ValueError, RuntimeError):
        return False


def _own_run(text: str, runs_dir: Path) -> str | None:
    """Return the id of the run of this machine whose folder a path names."""
    try:
        path = Path(os.path.realpath(Path(text).expanduser()))
        is_own = path.parent == Path(os.path.realpath(runs_dir))
        return path.name if is_own and RunPaths(path).run.is_file() else None
    except (OSError, ValueError, RuntimeError):
        return None
