"""Calling cockpit as a person's shell does."""

from __future__ import annotations

import atexit
import json
import os
import signal
import socket
import subprocess
import sys
from functools import cache
from pathlib import Path
from threading import Thread, Timer

from cockpit.devices.feed import POLLER_MARK

ROOT = Path(__file__).parents[2]
PATIENCE_S = 120
READ_AT_START = ("FORCE_", "LANG", "LC_", "LD_", "PYTHON", "TERMINAL_")
"""What an interpreter and the libraries look at once: where it differs, a new one is started."""


def cockpit(*words: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    environ = os.environ | (env or {})
    if read_at_start(environ) != server().environ:
        return fresh(*words, env=env)
    return server().call(words, environ)


def fresh(*words: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Call cockpit in an interpreter that has loaded nothing yet."""
    return subprocess.run(
        [sys.executable, "-m", "cockpit", *words],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=PATIENCE_S,
        env=os.environ | (env or {}),
    )


def cockpit_json(*words: str) -> object:
    done = cockpit(*words, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def read_at_start(environ: dict[str, str]) -> dict[str, str]:
    return {name: text for name, text in environ.items() if name.startswith(READ_AT_START)}


class Output:
    """A pipe that is read until nobody holds its other end, as by a shell's `$(…)`."""

    def __init__(self) -> None:
        self._ours, self.theirs = os.pipe()
        self._text = ""
        self._reader = Thread(target=self._read, daemon=True)
        self._reader.start()

    def text(self) -> str:
        self._reader.join(PATIENCE_S)
        assert not self._reader.is_alive(), "somebody still holds the output"
        return self._text

    def _read(self) -> None:
        with open(self._ours) as file:  # noqa: PTH123  # of a descriptor
            self._text = file.read()


class Server:
    """The process of tests/cli/forking.py that answers the calls of this one."""

    def __init__(self) -> None:
        self.environ = read_at_start(dict(os.environ))
        self._calls, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.cli.forking", str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,  # as those of a call: a pipe is buffered otherwise
                stderr=subprocess.PIPE,
                cwd=ROOT,
                env=dict(os.environ) | POLLER_MARK,  # a child of this process, and of no run
            )
        atexit.register(self._close)

    def call(
        self, words: tuple[str, ...], environ: dict[str, str]
    ) -> subprocess.CompletedProcess[str]:
        out, error = Output(), Output()
        nothing = os.open(os.devnull, os.O_RDONLY)
        given = [nothing, out.theirs, error.theirs]
        asked = json.dumps([words, environ, str(Path.cwd())])
        socket.send_fds(self._calls, [asked.encode()], given)
        for descriptor in given:
            os.close(descriptor)
        pid = int(self._calls.recv(64))
        limit = Timer(PATIENCE_S, os.kill, (pid, signal.SIGKILL))
        limit.start()
        code = int(self._calls.recv(64))
        limit.cancel()
        return subprocess.CompletedProcess(words, code, out.text(), error.text())

    def _close(self) -> None:
        self._calls.close()
        self._process.communicate()


@cache
def server() -> Server:
    return Server()
