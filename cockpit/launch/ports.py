"""A free port for a trainer that wants one given, held so that no other run gets it meanwhile."""

from __future__ import annotations

import os
import random
import socket
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from typing import Final

from cockpit.errors import EnvironmentNotFit
from cockpit.processes.lease import take

LOWEST: Final = 10_000
"""Below are services with fixed ports."""
EPHEMERAL: Final = Path("/proc/sys/net/ipv4/ip_local_port_range")
USUAL_EPHEMERAL: Final = 32_768
"""Where the kernel's range begins on Linux, unless somebody moved it."""
HOST: Final = "127.0.0.1"


def free_port(folder: Path, taken: Collection[int] = ()) -> tuple[int, int]:
    """Return a free TCP port and the descriptor that holds it for us, close-on-exec.

    It lies below the range from which the kernel gives any program its own ports, so that none
    takes it by chance between now and the start. The reservation, `port-N.lock` in `folder`, ends
    when the descriptor is closed. Raises EnvironmentNotFit when there is none.
    """
    ports = [port for port in range(LOWEST, first_ephemeral()) if port not in taken]
    random.shuffle(ports)  # two who look at once seldom look at the same
    for port in ports:
        descriptor = _reserve(folder, port)
        if descriptor is None:
            continue
        if _is_free(port):
            return port, descriptor
        os.close(descriptor)
    raise EnvironmentNotFit(f"no TCP port from {LOWEST} to {first_ephemeral() - 1} is free")


def first_ephemeral(file: Path = EPHEMERAL) -> int:
    """Return the first port that the kernel gives away by itself; above it nothing is ours."""
    with suppress(OSError, ValueError, IndexError):
        first = int(file.read_text(encoding="ascii").split()[0])
        return first if first > LOWEST else USUAL_EPHEMERAL
    return USUAL_EPHEMERAL


def port_name(port: int) -> str:
    """Return the name of a port's reservation."""
    return f"port-{port}.lock"


def _reserve(folder: Path, port: int) -> int | None:
    try:
        return take(folder, port_name(port), {"pid": os.getpid()})
    except OSError:
        return None  # a file of that name that is not ours to use


def _is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True
