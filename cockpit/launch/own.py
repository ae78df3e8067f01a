"""What belongs to cockpit's own Python, and must not reach another one that trains."""

from __future__ import annotations

import os
import site
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ONLY_OURS: Final = ("PYTHONHOME", "__PYVENV_LAUNCHER__")
"""They tell an interpreter where its library lies: a different one would not even start."""


@dataclass(frozen=True, slots=True)
class OwnPython:
    """Cockpit's environment, seen from a training interpreter that is another."""

    venv: Path | None
    """None where cockpit lives in a system's Python: its folders are everybody's."""
    packages: tuple[Path, ...]
    """Its site-packages."""


def own_environment(python: Path) -> OwnPython | None:
    """Return cockpit's own environment, or None where `python` is of that very environment."""
    if python.parent.resolve() == Path(sys.executable).parent.resolve():
        return None
    venv = Path(sys.prefix) if sys.prefix != sys.base_prefix else None
    return OwnPython(venv, tuple(Path(folder) for folder in site.getsitepackages()))


def clean_environ(environ: Mapping[str, str], own: OwnPython | None) -> dict[str, str]:
    """Return an environment in which another interpreter meets nothing of cockpit's own."""
    if own is None:
        return dict(environ)
    changed, unset = foreign_python(environ, own)
    return {name: text for name, text in environ.items() if name not in unset} | changed


def foreign_python(
    environ: Mapping[str, str], own: OwnPython, first: Path | None = None
) -> tuple[dict[str, str], tuple[str, ...]]:
    """Return what to set and what to take out for an interpreter that is not cockpit's. Pure.

    `first` is put in front on PATH, so that the `python` and `yolo` which a script calls are those
    of its own interpreter. The user's own entries of PATH and PYTHONPATH stay.
    """
    changed: dict[str, str] = {}
    unset = [name for name in ONLY_OURS if name in environ]
    programs = (own.venv / "bin",) if own.venv else ()
    if own.venv is not None and environ.get("VIRTUAL_ENV") == str(own.venv):
        unset.append("VIRTUAL_ENV")
    for name, ours in (("PATH", programs), ("PYTHONPATH", own.packages)):
        text = environ.get(name)
        if text is None:
            continue
        entries = [entry for entry in text.split(os.pathsep) if not _is_within(entry, ours)]
        if name == "PATH" and first is not None:
            entries = [str(first), *(entry for entry in entries if entry != str(first))]
        if not any(entries):
            unset.append(name)  # an empty entry would mean the current folder
        elif (joined := os.pathsep.join(entries)) != text:
            changed[name] = joined
    return changed, tuple(unset)


def _is_within(entry: str, folders: tuple[Path, ...]) -> bool:
    return bool(entry) and any(Path(entry).is_relative_to(folder) for folder in folders)
