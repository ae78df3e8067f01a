"""Calling cockpit as a person's shell does."""

from __future__ import annotations

import json
import os
import subprocess
import sys


def cockpit(*words: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "cockpit", *words],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=120,
        env=os.environ | (env or {}),
    )


def cockpit_json(*words: str) -> object:
    done = cockpit(*words, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
