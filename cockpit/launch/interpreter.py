"""Which Python trains: the first that has every module a preset names, asked from outside."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from cockpit.errors import EnvironmentNotFit, InputError
from cockpit.launch.conda import find_environment, home
from cockpit.launch.fallback import TorchBuild
from cockpit.launch.installing import install_command
from cockpit.launch.own import clean_environ, own_environment
from cockpit.launch.probe import DISTRIBUTIONS, PROBE, Answer, parse_answer, question
from cockpit.launch.tpu import TpuSight

OLDEST: Final = (3, 8)
OWN_PYTHON: Final = "cockpit's own"
"""Why it was chosen: no other has what is needed."""
PATIENCE_S: Final = 20.0
"""A Python on a slow network disk needs seconds for its first start."""
NAMES: Final = ("python", "python3")
"""What an environment calls its interpreter."""


@dataclass(frozen=True, slots=True)
class TrainingPython:
    """The interpreter that trains, and why this one."""

    path: Path
    version: str
    torch: str | None
    """As pip knows it; None where there is no torch."""
    reason: str
    """In words: `active venv`, `cockpit's own`, or who chose it: `--python`, `preset`."""
    cuda: str | None = None
    """What its torch was built for: `12.8`, `ROCm 6.4`, NO_CUDA; None where that is not known."""
    flags: tuple[str, ...] = ()
    """Which of torchrun's NEWER_FLAGS it knows."""
    distributions: Mapping[str, str] = field(default_factory=dict)
    """Versions of torch_xla, torch_tpu and libtpu, where it has them."""


def build_of(python: TrainingPython, tpus: TpuSight) -> TorchBuild:
    """Return what decides on which device this interpreter can compute, on this machine."""
    return TorchBuild(python.path, python.torch, python.cuda, python.distributions, tpus)


@dataclass(frozen=True, slots=True)
class Candidate:
    """An interpreter that could be the one."""

    path: Path
    reason: str


def find_python(
    choice: str, modules: Sequence[str], environ: Mapping[str, str], *, source: str = "--python"
) -> TrainingPython:
    """Return the interpreter for `choice` in which every module is found without importing it.

    `choice` is `auto`, a path, a name on PATH, or `conda:NAME`; `source` says who chose. Raises
    InputError where there is no such interpreter, EnvironmentNotFit where none has all modules.
    """
    lacks: list[str] = []
    remedies: list[str] = []
    for candidate in _candidates(choice, environ, source):
        answer = _ask(candidate.path, modules, environ)
        lack = _lack(answer)
        if isinstance(answer, Answer) and not lack:
            return _found(answer, candidate.reason)
        lacks.append(f"{candidate.path} ({candidate.reason}) {lack}")
        if isinstance(answer, Answer) and answer.version >= OLDEST:
            python, torch = answer.executable, answer.torch
            remedies.append(install_command(python, answer.missing, torch, answer.installer))
    raise EnvironmentNotFit(_refusal(modules, lacks), _remedy(remedies))


def ask_versions(
    python: Path, names: Sequence[str], environ: Mapping[str, str]
) -> Mapping[str, str] | None:
    """Return the versions of the distributions that an interpreter has, as pip knows them.

    None where it does not answer. Nothing is imported there.
    """
    answer = _ask(python, (), environ, names)
    return answer.distributions if isinstance(answer, Answer) else None


def _candidates(choice: str, environ: Mapping[str, str], source: str) -> list[Candidate]:
    if choice != "auto":
        return [_chosen(choice, environ, source)]
    places = [
        ("VIRTUAL_ENV", "active venv"),
        ("CONDA_PREFIX", "active conda environment"),
    ]
    found = [
        Candidate(Path(environ[variable], "bin", "python"), reason)
        for variable, reason in places
        if environ.get(variable)
    ]
    found.append(Candidate(Path(sys.executable), OWN_PYTHON))
    by_folder: dict[Path, Candidate] = {}
    for candidate in found:
        by_folder.setdefault(candidate.path.parent.resolve(), candidate)
    return list(by_folder.values())


def _chosen(choice: str, environ: Mapping[str, str], source: str) -> Candidate:
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
        folder = path / "bin"
        path = next(
            (folder / name for name in NAMES if (folder / name).is_file()), folder / "python"
        )
    if not path.is_file():
        raise InputError(f"there is no Python at {path}", "--python auto, a path, or conda:NAME")
    return Candidate(path, source)


def _ask(
    python: Path,
    modules: Sequence[str],
    environ: Mapping[str, str],
    distributions: Sequence[str] = DISTRIBUTIONS,
) -> Answer | str:
    """Return what the interpreter says, or why it says nothing."""
    if not python.is_file():
        return "does not exist"
    try:
        done = subprocess.run(
            [str(python), "-c", PROBE, question(modules, distributions)],
            cwd="/",
            env=clean_environ(environ, own_environment(python)),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=PATIENCE_S,
        )
    except subprocess.TimeoutExpired:
        return f"does not answer within {PATIENCE_S:.0f} s"
    except OSError as error:
        return f"cannot be started: {error.strerror}"
    answer = parse_answer(done.stdout.decode("utf-8", "replace"))
    return answer or _why_none(done.stderr.decode("utf-8", "replace"))


def _why_none(complaint: str) -> str:
    lines = complaint.strip().splitlines()
    return f"is no Python 3 that works: {lines[-1].strip()}" if lines else "is no Python 3"


def _found(answer: Answer, reason: str) -> TrainingPython:
    return TrainingPython(
        path=answer.executable,
        version=".".join(map(str, answer.version)),
        torch=answer.torch,
        reason=reason,
        cuda=answer.cuda,
        flags=answer.flags,
        distributions=answer.distributions,
    )


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
