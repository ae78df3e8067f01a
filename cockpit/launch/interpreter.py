"""Which Python trains: the first that has every module a preset names, asked from outside."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cockpit.errors import EnvironmentNotFit, InputError
from cockpit.launch.conda import find_environment, home
from cockpit.launch.installing import Installer, install_command

OLDEST: Final = (3, 8)
PATIENCE_S: Final = 20.0
"""A Python on a slow network disk needs seconds for its first start."""

# Runs in the foreign interpreter, also in one that is too old: it must parse on any Python 3.
# Nothing is imported; an empty entry of sys.path is the current folder and is left out.
PROBE: Final = """
import importlib.util, json, os, re, sys
modules = json.loads(sys.argv[1])
sys.path = [entry for entry in sys.path if entry]
def is_there(name):
    try:
        spec = importlib.util.find_spec(name.split(".")[0])
    except (ImportError, ValueError, AttributeError):
        return False
    return spec is not None and (spec.origin is not None or "." in name)
def version(name):
    try:
        from importlib import metadata
        return metadata.version(name)
    except Exception:
        return None
def written_version():
    try:
        folder = os.path.dirname(importlib.util.find_spec("torch").origin)
        with open(os.path.join(folder, "version.py")) as file:
            return re.search("__version__ = '([^']+)'", file.read()).group(1)
    except Exception:
        return None
def installer():
    from sysconfig import get_path
    managed = os.path.exists(os.path.join(get_path("stdlib"), "EXTERNALLY-MANAGED"))
    if managed and sys.prefix == sys.base_prefix:
        return "venv"
    return "pip" if is_there("pip") else "none"
print("\\n" + json.dumps({
    "executable": sys.executable,
    "installer": installer(),
    "version": list(sys.version_info[:3]),
    "torch": (version("torch") or written_version()) if is_there("torch") else None,
    "missing": [name for name in modules if not is_there(name)],
}))
"""


@dataclass(frozen=True, slots=True)
class TrainingPython:
    """The interpreter that trains, and why this one."""

    path: Path
    version: str
    torch: str | None
    """As pip knows it; None where there is no torch."""
    reason: str
    """In words: `active venv`, `cockpit's own`, `--python`."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What an interpreter says of itself."""

    executable: Path
    """Where it really lies: a pyenv shim decides anew in every folder."""
    installer: Installer
    version: tuple[int, ...]
    torch: str | None
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Candidate:
    """An interpreter that could be the one."""

    path: Path
    reason: str


def find_python(choice: str, modules: Sequence[str], environ: Mapping[str, str]) -> TrainingPython:
    """Return the interpreter for `choice` in which every module is found without importing it.

    `choice` is `auto`, a path, a name on PATH, or `conda:NAME`. Raises InputError where there is
    no such interpreter, EnvironmentNotFit where none has all modules.
    """
    lacks: list[str] = []
    remedies: list[str] = []
    for candidate in _candidates(choice, environ):
        answer = _ask(candidate.path, modules, environ)
        lack = _lack(answer)
        if isinstance(answer, Answer) and not lack:
            version = ".".join(map(str, answer.version))
            return TrainingPython(answer.executable, version, answer.torch, candidate.reason)
        lacks.append(f"{candidate.path} ({candidate.reason}) {lack}")
        if isinstance(answer, Answer) and answer.version >= OLDEST:
            python, torch = answer.executable, answer.torch
            remedies.append(install_command(python, answer.missing, torch, answer.installer))
    raise EnvironmentNotFit(_refusal(modules, lacks), _remedy(remedies))


def _candidates(choice: str, environ: Mapping[str, str]) -> list[Candidate]:
    if choice != "auto":
        return [_chosen(choice, environ)]
    places = [
        ("VIRTUAL_ENV", "active venv"),
        ("CONDA_PREFIX", "active conda environment"),
    ]
    found = [
        Candidate(Path(environ[variable], "bin", "python"), reason)
        for variable, reason in places
        if environ.get(variable)
    ]
    found.append(Candidate(Path(sys.executable), "cockpit's own"))
    by_folder: dict[Path, Candidate] = {}
    for candidate in found:
        by_folder.setdefault(candidate.path.parent.resolve(), candidate)
    return list(by_folder.values())


def _chosen(choice: str, environ: Mapping[str, str]) -> Candidate:
    kind, _, name = choice.partition(":")
    if kind == "conda" and name:
        return Candidate(find_environment(name, environ) / "bin" / "python", choice)
    path = Path(choice)
    if choice == "~" or choice.startswith("~/"):
        path = home(environ) / choice[2:]
    elif os.sep not in choice:
        path = Path(shutil.which(choice, path=environ.get("PATH")) or choice)
    path = path.absolute()
    if path.is_dir():
        path = path / "bin" / "python"
    if not path.is_file():
        raise InputError(f"there is no Python at {path}", "--python auto, a path, or conda:NAME")
    return Candidate(path, "--python")


def _ask(python: Path, modules: Sequence[str], environ: Mapping[str, str]) -> Answer | str:
    """Return what the interpreter says, or why it says nothing."""
    if not python.is_file():
        return "does not exist"
    try:
        done = subprocess.run(
            [str(python), "-c", PROBE, json.dumps(list(modules))],
            cwd="/",
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=PATIENCE_S,
        )
    except subprocess.TimeoutExpired:
        return f"does not answer within {PATIENCE_S:.0f} s"
    except OSError as error:
        return f"cannot be started: {error.strerror}"
    return _parse_answer(done.stdout.decode("utf-8", "replace"))


def _parse_answer(text: str) -> Answer | str:
    lines = text.strip().splitlines()
    try:
        value = json.loads(lines[-1] if lines else "")
        version = tuple(int(part) for part in value["version"])
        missing = tuple(str(name) for name in value["missing"])
        torch = None if value["torch"] is None else str(value["torch"])
        executable, installer = Path(value["executable"]), Installer(value["installer"])
        return Answer(executable, installer, version, torch, missing)
    except (ValueError, TypeError, KeyError):
        return "is no Python 3"


def _lack(answer: Answer | str) -> str:
    if isinstance(answer, str):
        return answer
    if answer.version < OLDEST:
        return f"is Python {'.'.join(map(str, answer.version))}, 3.8 or newer is needed"
    return f"has no {', '.join(answer.missing)}" if answer.missing else ""


def _refusal(modules: Sequence[str], lacks: Sequence[str]) -> str:
    if len(lacks) == 1:
        return lacks[0]
    wanted = f"has {', '.join(modules)}" if modules else "can be used"
    return "\n".join([f"no Python here {wanted}:", *(f"  {lack}" for lack in lacks)])


def _remedy(remedies: Sequence[str]) -> str:
    other = "--python /path/to/python, or --python conda:NAME"
    return "\n  or: ".join([*remedies, other])
