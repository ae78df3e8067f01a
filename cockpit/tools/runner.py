"""Runs one diagnostic in the training interpreter and hands out what it says, as it says it."""

from __future__ import annotations

import os
import selectors
import subprocess
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from math import inf
from pathlib import Path
from signal import SIGINT, SIGKILL, SIGTERM
from typing import IO, Final

from cockpit.errors import ToolError
from cockpit.processes.descendants import find_descendants
from cockpit.processes.identity import identify, send
from cockpit.processes.lock import hold
from cockpit.tool_runs.events import (
    STDERR_LINES,
    Event,
    Finding,
    Finished,
    Level,
    MalformedEvent,
    Progress,
    finding_line,
    finished_line,
    parse_event,
    stopped,
    unfinished,
)
from cockpit.tool_runs.layout import ToolPaths

LONGEST_LINE_BYTES: Final = 1 << 20
WATCHED: Final = "--watched"
"""The tool ends when its stdin is closed."""
GRACE_S: Final = 3.0
"""A tool has nothing to save: so long after SIGTERM it is killed."""
ASKED_TO_END: Final = (-SIGINT, -SIGTERM)
"""Exit codes of a tool that did not break: somebody asked it to end."""
LOOK_S: Final = 0.2
"""So often it is asked whether a tool that says nothing shall be stopped."""


def never() -> bool:
    """Return False: nobody stops this tool."""
    return False


@dataclass(frozen=True, slots=True)
class ToolRequest:
    """Which diagnostic is run, where, and what is too long."""

    tool: str
    python: Path
    arguments: tuple[str, ...] = ()
    timeout_s: float = inf
    """It is ended when it takes longer as a whole."""
    is_stopped: Callable[[], bool] = never
    """Asked while the tool runs, also when it says nothing; from any thread it can become true."""
    silence_s: float = inf
    """It is ended when it says nothing for so long."""


def run_tool(
    request: ToolRequest, bundle: Path, paths: ToolPaths, environ: Mapping[str, str]
) -> Generator[Event]:
    """Yield the events of a tool while it runs; all are kept in the folder's `events.jsonl`.

    A stream that breaks off, or takes too long, ends with a finding that says so. Whoever stops
    iterating, by Ctrl-C too, ends the tool. The environment is the user's and nothing of
    cockpit's is added: a foreign interpreter must not meet our site-packages.
    """
    with ExitStack() as stack:
        try:
            stack.callback(os.close, hold(paths.lock))
            journal = stack.enter_context(Journal(paths.events))
            errors = stack.enter_context(paths.stderr.open("wb"))
        except OSError as error:
            raise ToolError(f"cannot write in {paths.root}: {error.strerror}") from error
        process = _start(request, bundle, errors, environ)
        stack.callback(end, process)
        try:
            yield from _watch(request, process, journal, paths.stderr)
        except (GeneratorExit, KeyboardInterrupt):
            for _ in _stopped(request, "", journal):
                pass
            raise
    if journal.failure:
        what = f"{request.tool}: its events could not be kept: {journal.failure}"
        yield Finding(Level.WARNING, "tool.unrecorded", what, "free some space", time.time())


class Journal:
    """Keeps the event lines; a full disk stops the keeping, not the tool."""

    def __init__(self, path: Path) -> None:
        self.failure = ""
        self._file = path.open("w", encoding="utf-8", errors="surrogateescape")

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self._file.close()

    def add(self, line: str) -> None:
        """Append one line at once; remember the failure of the first that could not be."""
        if self.failure:
            return
        try:
            self._file.write(line + "\n")
            self._file.flush()
        except OSError as error:
            self.failure = error.strerror or str(error)


def end(process: subprocess.Popen[bytes]) -> int | None:
    """End a tool and everything below it; return its exit code, None when the kernel holds it."""
    if process.poll() is None:
        below = [identify(stat.pid) for stat in find_descendants(process.pid)]
        process.terminate()
        if _wait(process, GRACE_S) is None:
            process.kill()
            _wait(process, GRACE_S)
        for identity in below:
            if identity is not None:
                send(identity, SIGKILL)
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()
    return process.returncode


def _start(
    request: ToolRequest, bundle: Path, errors: IO[bytes], environ: Mapping[str, str]
) -> subprocess.Popen[bytes]:
    # It stays in our process group: Ctrl-C, Ctrl-Z and a closed terminal mean it too.
    # Its stdin closes when we die, however we do, and then it ends as well.
    argv = [str(request.python), str(bundle), WATCHED, request.tool, *request.arguments]
    try:
        return subprocess.Popen(
            argv,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            env=dict(environ),
        )
    except OSError as error:
        raise ToolError(f"cannot start {request.python}: {error.strerror}") from error


def _watch(
    request: ToolRequest, process: subprocess.Popen[bytes], journal: Journal, stderr: Path
) -> Iterator[Event]:
    deadline_s = time.monotonic() + request.timeout_s
    doing = ""
    is_malformed_said = False
    try:
        for number, line in enumerate(_read_lines(process, deadline_s, request), start=1):
            try:
                event = parse_event(line)
            except MalformedEvent as error:
                if not is_malformed_said:
                    is_malformed_said = True
                    yield _keep(_malformed(request.tool, number, error), journal)
                continue
            journal.add(line)
            if event is None:
                continue
            doing = event.what if isinstance(event, Progress) else doing
            yield event
            if isinstance(event, Finished):
                _wait(process, GRACE_S)
                return
    except TimeoutError:
        end(process)
        yield _keep(_late(request, doing), journal)
        return
    if request.is_stopped():
        end(process)
        yield from _stopped(request, doing, journal)
        return
    exit_code = _wait(process, max(0.0, min(deadline_s - time.monotonic(), request.silence_s)))
    if exit_code is None:
        exit_code = end(process)
    if exit_code in ASKED_TO_END:
        yield from _stopped(request, doing, journal)
        return
    yield _keep(unfinished(request.tool, exit_code, _last_lines(stderr), time.time()), journal)


def _read_lines(
    process: subprocess.Popen[bytes], deadline_s: float, request: ToolRequest
) -> Iterator[str]:
    """Yield whole lines until the stream ends or is stopped; raises TimeoutError when it is late.

    A last line without its line feed was cut, and is handed out for the parser to refuse.
    """
    assert process.stdout is not None
    descriptor = process.stdout.fileno()
    rest = b""
    heard_s = time.monotonic()
    with selectors.DefaultSelector() as selector:
        selector.register(descriptor, selectors.EVENT_READ)
        while not request.is_stopped():
            left_s = min(deadline_s, heard_s + request.silence_s) - time.monotonic()
            if left_s <= 0:
                raise TimeoutError
            if not selector.select(min(left_s, LOOK_S)):
                continue
            chunk = os.read(descriptor, 1 << 16)
            heard_s = time.monotonic()
            *lines, rest = (rest + chunk).split(b"\n")
            if len(rest) > LONGEST_LINE_BYTES or not chunk:
                lines, rest = [*lines, rest], b""
            for line in lines:
                if line.strip():
                    yield line.decode("utf-8", "replace")
            if not chunk:
                return


def _keep(finding: Finding, journal: Journal) -> Finding:
    journal.add(finding_line(finding))
    return finding


def _malformed(tool: str, number: int, error: MalformedEvent) -> Finding:
    what = f"line {number} of {tool} is no event: {error}"
    return Finding(Level.WARNING, "tool.malformed", what, time_s=time.time())


def _late(request: ToolRequest, doing: str) -> Finding:
    is_whole = request.timeout_s < request.silence_s
    late = "did not end within" if is_whole else "said nothing for"
    what = f"{request.tool} {late} {min(request.timeout_s, request.silence_s):.0f} s"
    what += f"; the last it said: {doing}" if doing else "; it had said nothing"
    if request.tool == "check":
        remedy = "try nvidia-smi: a driver that hangs needs a reset or a reboot (see dmesg)"
    elif doing:
        remedy = f"less at a time, if {doing!r} can take so long: what was measured is kept"
    else:
        remedy = "cockpit check tells whether torch and the driver answer"
    return Finding(Level.PROBLEM, f"{request.tool}.timeout", what, remedy, time.time())


def _stopped(request: ToolRequest, doing: str, journal: Journal) -> Iterator[Event]:
    finding, finished = stopped(request.tool, doing, time.time())
    yield _keep(finding, journal)
    journal.add(finished_line(finished))
    yield finished


def _last_lines(stderr: Path) -> list[str]:
    try:
        with stderr.open(encoding="utf-8", errors="replace") as file:
            return [line.rstrip("\n") for line in deque(file, STDERR_LINES)]
    except OSError:
        return []


def _wait(process: subprocess.Popen[bytes], timeout_s: float) -> int | None:
    try:
        return process.wait(timeout_s)
    except subprocess.TimeoutExpired:
        return None
