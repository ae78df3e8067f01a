"""A probe as its parent sees it: started, listened to, and ended whatever happens."""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import subprocess
import sys
import tempfile
import time
from typing import Any, Callable, Mapping, NamedTuple

from diagnostics import host_memory
from diagnostics.memory_probe import FAILED, OUT_OF_MEMORY, PIPE, ProbeAsk, says_no_memory
from diagnostics.own_process import own_command, start_group
from diagnostics.ranks.failures import signal_name

GRACE_S = 1.0
"""A probe has nothing to save: so long after SIGTERM it is killed."""
COMMAND_GRACE_S = 15.0
"""A command that trains in processes of its own has them to end."""
STDERR_LINES = 8

Doing = Callable[[str], None]


class Interrupted(Exception):
    """The tool was asked to end, by SIGINT or SIGTERM; the probe is ended."""


class Ended(NamedTuple):
    """How a probe ended and what it told."""

    outcome: str
    fields: dict[str, Any]
    why: str = ""
    """Why it failed, one sentence; with its last words on the lines below."""


def run_probe(
    ask: ProbeAsk, alarm: int, silence_limit_s: float, doing: Doing, environ: Mapping[str, str]
) -> Ended:
    """Run one probe to its end; no process of it is left. Raises Interrupted.

    `alarm` is a descriptor that becomes readable when the tool is asked to end.
    """
    kills = host_memory.count_oom_kills()
    with tempfile.TemporaryFile() as printed:
        with _Process(ask, printed, environ) as process:
            fields, is_silent = process.listen(alarm, silence_limit_s, doing)
        lines = _read_last(printed)
    code = process.exit_code
    if "outcome" in fields:
        return _told(fields)
    if is_silent:
        why = f"it said nothing for {silence_limit_s:.0f} s while it was at: {process.doing}"
        return Ended(FAILED, fields, why)
    has_killed = kills is not None and kills != host_memory.count_oom_kills()
    if code == -signal.SIGKILL and has_killed:
        return Ended(OUT_OF_MEMORY, fields, "the kernel killed it for want of memory")
    # A library that cannot raise aborts or exits; a limit was set once it has told one.
    if code and "limit_bytes" in fields and says_no_memory("\n".join(lines)):
        return Ended(OUT_OF_MEMORY, fields, "a library ended it for want of memory")
    how = f"was ended by {signal_name(-code)}" if code < 0 else f"ended with exit code {code}"
    why = f"its process (pid {process.pid}) {how} while it was at: {process.doing}"
    return Ended(FAILED, fields, "\n".join([why, *lines]))


def _told(fields: dict[str, Any]) -> Ended:
    names = ("model_error", "step_error", "device_error", "trainer_error")
    words = [fields.get(name) for name in names]
    return Ended(fields["outcome"], fields, next(filter(None, words), ""))


def _read_last(printed: Any) -> list[str]:
    size = printed.seek(0, os.SEEK_END)
    printed.seek(max(0, size - (1 << 16)))
    text: str = printed.read().decode("utf-8", "replace")
    with contextlib.suppress(OSError):
        sys.stderr.write(text)
        sys.stderr.flush()
    return text.splitlines()[-STDERR_LINES:]


class _Process:
    """The process of one probe; leaving the context ends it."""

    def __init__(self, ask: ProbeAsk, printed: Any, environ: Mapping[str, str]) -> None:
        self.doing = "starting Python"
        self.exit_code = 0
        self._grace_s = COMMAND_GRACE_S if ask.command else GRACE_S
        command = ask.command or own_command(
            "diagnostics.memory_probe", [json.dumps(ask._asdict())]
        )
        self._pipe, theirs = os.pipe()
        try:
            self._process = start_group(command, {**environ, PIPE: str(theirs)}, printed, theirs)
        finally:
            os.close(theirs)
        self.pid = self._process.pid

    def __enter__(self) -> _Process:
        return self

    def __exit__(self, *_: object) -> None:
        for number in (signal.SIGTERM, signal.SIGKILL):
            if self._process.poll() is None:
                self._signal(number)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self._process.wait(self._grace_s)
        # Its own children, such as compilers, are in its group.
        self._signal(signal.SIGKILL)
        self.exit_code = self._process.returncode or 0
        os.close(self._pipe)
        if self._process.stdin is not None:
            self._process.stdin.close()

    def listen(self, alarm: int, limit_s: float, doing: Doing) -> tuple[dict[str, Any], bool]:
        """Return what it told, and whether it fell silent. Raises Interrupted."""
        told: dict[str, Any] = {}
        rest = b""
        heard_s = time.monotonic()
        with selectors.DefaultSelector() as selector:
            selector.register(self._pipe, selectors.EVENT_READ)
            selector.register(alarm, selectors.EVENT_READ)
            while True:
                ready = selector.select(max(0.0, heard_s + limit_s - time.monotonic()))
                if not ready:
                    return told, True
                if any(key.fd == alarm for key, _ in ready):
                    raise Interrupted
                chunk = os.read(self._pipe, 1 << 16)
                if not chunk:
                    with contextlib.suppress(subprocess.TimeoutExpired):
                        self._process.wait(self._grace_s)
                    return told, False
                heard_s = time.monotonic()
                *lines, rest = (rest + chunk).split(b"\n")
                for line in lines:
                    self._hear(json.loads(line), told, doing)

    def _hear(self, said: dict[str, Any], told: dict[str, Any], doing: Doing) -> None:
        if "doing" in said:
            self.doing = said["doing"]
            doing(self.doing)
        else:
            told.update(said.pop("end", {}))
            told.update(said)

    def _signal(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, number)
