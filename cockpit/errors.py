"""Every error that a user can meet.

CockpitError
├── InputError           a value on the command line is wrong (exit 2)
├── PresetError          a preset cannot be read or is wrong (exit 2)
├── RunNotFound          no run, or several, have that name (exit 2)
├── EnvironmentNotFit    the machine or the interpreter cannot do this (exit 3)
│   └── GpusBusy         it could, but others use the GPUs now (exit 3)
├── LaunchError          a run could not be started (exit 1)
├── ToolError            a diagnostic did not come to its end (exit 1)
└── IllegalTransition    a run cannot go from this phase to that one (exit 1)
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class CockpitError(Exception):
    """What happened, and what to try; the command line prints both and no traceback."""

    exit_code = 1

    def __init__(self, problem: str, remedy: str = "") -> None:
        super().__init__(problem)
        self.problem = problem
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.problem}\n  try: {self.remedy}" if self.remedy else self.problem


class InputError(CockpitError):
    """A value that the user gave is wrong."""

    exit_code = 2


class PresetError(InputError):
    """A preset cannot be read or is wrong; `problem` holds one line for each problem."""


class RunNotFound(InputError):
    """No run has that id, or several do."""


class EnvironmentNotFit(CockpitError):
    """The machine or the training interpreter cannot do what was asked."""

    exit_code = 3


class GpusBusy(EnvironmentNotFit):
    """The GPUs that were asked for exist, and others use them now."""


class LaunchError(CockpitError):
    """A run could not be started."""


class ToolError(CockpitError):
    """A diagnostic ended without a result."""


class IllegalTransition(CockpitError):
    """A run cannot go from this phase to that one."""

    def __init__(self, now: str, to: str) -> None:
        super().__init__(f"a run that is {now} cannot become {to}")


def nearest(word: str, known: Iterable[str]) -> str:
    """Return ` (did you mean x?)` for the closest known word, or nothing."""
    found = get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f" (did you mean {found[0]}?)" if found else ""
