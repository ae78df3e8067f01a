"""Which code runs: the git state of the folder that the trainer lies in."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

TIMEOUT_S = 2.0


@dataclass(frozen=True, slots=True)
class GitFacts:
    """The commit, and how many tracked files differ from it."""

    commit: str
    changed_files: int


def read_git(folder: Path) -> GitFacts | None:
    """Return the git state of `folder`, or None where there is no git or no repository."""
    commit = _git(folder, "rev-parse", "--short", "HEAD")
    if not commit:
        return None
    changes = _git(folder, "status", "--porcelain", "--untracked-files=no")
    return GitFacts(commit.strip(), len((changes or "").splitlines()))


def _git(folder: Path, *words: str) -> str | None:
    command = ["git", "--no-optional-locks", "-C", str(folder), *words]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None
