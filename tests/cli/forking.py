"""A process that has loaded cockpit's command line, and becomes `python -m cockpit` for each call.

A call is a process of its own, with its own arguments, environment, folder and pipes; what it is
spared is the start of an interpreter and the imports, which take longer than most commands.
"""

from __future__ import annotations

import gc
import json
import os
import pkgutil
import runpy
import socket
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module

from cockpit import cli, views


def serve(calls: socket.socket) -> bool:
    """Answer calls with their pid, then with their exit code; return True in the child of one."""
    while True:
        asked, descriptors, _, _ = socket.recv_fds(calls, 1 << 20, 3)
        if not asked:
            return False
        pid = os.fork()
        if pid == 0:
            calls.close()
            words, environ, folder = json.loads(asked)
            become(words, environ, folder, descriptors)
            return True
        for descriptor in descriptors:
            os.close(descriptor)
        calls.send(str(pid).encode())
        calls.send(str(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])).encode())


def become(
    words: Sequence[str], environ: dict[str, str], folder: str, descriptors: Sequence[int]
) -> None:
    for number, descriptor in enumerate(descriptors):
        os.dup2(descriptor, number)
        os.close(descriptor)
    os.environ.clear()
    os.environ.update(environ)
    os.chdir(folder)
    time.tzset()
    sys.argv[1:] = words


def load() -> None:
    """Import what most commands import; typer reads options with pydantic where there is one."""
    for package in (cli, views):
        for module in pkgutil.iter_modules(package.__path__):
            import_module(f"{package.__name__}.{module.name}")
    with suppress(ImportError):
        import_module("typer._adapters")
    gc.freeze()


if __name__ == "__main__":
    load()
    if serve(socket.socket(fileno=int(sys.argv[1]))):
        runpy.run_module("cockpit", run_name="__main__", alter_sys=True)
