"""Telling somebody about a run: `python -P -m cockpit.supervise.notify`, notice JSON on stdin.

A process of its own, so that neither a slow address nor a program that hangs can hold up a run.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from typing import Final

PATIENCE_S: Final = 20.0
"""For each of the two; then it is given up."""


def main() -> int:
    """Run the command and post to the address that standard input names; 1 when one failed."""
    wish = json.load(sys.stdin)
    notice = wish["notice"]
    problems = []
    if wish["command"]:
        problems.append(run_command(wish["command"], notice))
    if wish["webhook"]:
        problems.append(post(wish["webhook"], notice))
    for problem in filter(None, problems):
        print(f"notice not sent: {problem}", file=sys.stderr, flush=True)
    return 1 if any(problems) else 0


def run_command(command: list[str], notice: Mapping[str, object]) -> str | None:
    """Run the user's program with the notice on its input and in its words; return what failed."""
    words = [fill(word, notice) for word in command]
    try:
        process = subprocess.Popen(
            words,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=sys.stderr,
            start_new_session=True,
        )
    except OSError as error:
        return f"{words[0]}: {error.strerror}"
    try:
        process.communicate(json.dumps(notice).encode(), timeout=PATIENCE_S)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return f"{words[0]} took longer than {PATIENCE_S:.0f} s and was killed"
    return None if process.returncode == 0 else f"{words[0]}: exit code {process.returncode}"


def fill(word: str, notice: Mapping[str, object]) -> str:
    """Return a word with {summary}, {run_id}, {phase}, … filled in; other braces stay."""
    for name, value in notice.items():
        word = word.replace("{" + name + "}", "" if value is None else str(value))
    return word


def post(address: str, notice: Mapping[str, object]) -> str | None:
    """Post the notice as JSON; return what failed."""
    import http.client
    import urllib.error
    import urllib.request

    request = urllib.request.Request(  # the user's own address, http or https
        address,
        data=json.dumps(notice).encode(),
        headers={"Content-Type": "application/json", "User-Agent": "cockpit"},
    )
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE_S):
            return None
    except (urllib.error.URLError, http.client.HTTPException, OSError, ValueError) as error:
        return f"webhook: {error}"


if __name__ == "__main__":
    sys.exit(main())
