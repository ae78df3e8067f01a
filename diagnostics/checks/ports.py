"""Is the port free at which torchrun lets its ranks meet?"""

from __future__ import annotations

import contextlib
import errno
import os
import pwd
import socket
from pathlib import Path
from typing import NamedTuple

from diagnostics.emit import NOTE, OK, WARNING, Finding

DEFAULT_PORT = 29500
"""torch.distributed.run, `--master-port`."""
LISTENING = "0A"
"""The state of a socket in /proc/net/tcp."""
PROC = Path("/proc")


class Port(NamedTuple):
    """A port, and who holds it."""

    number: int
    is_taken: bool
    is_exported: bool = False
    """MASTER_PORT names it."""
    holder: str = ""
    """`python (pid 4711, ada)`, as far as it is known."""
    ephemeral: tuple[int, int] | None = None
    """The range from which the kernel gives a port to whoever asks."""


def read_port() -> Port:
    """Return how the port of MASTER_PORT stands, or of torchrun where it is not exported."""
    exported = os.environ.get("MASTER_PORT", "").strip()
    is_exported = exported.isdigit() and 0 < int(exported) < 1 << 16
    number = int(exported) if is_exported else DEFAULT_PORT
    is_taken = not can_listen(number)
    holder = find_holder(number) if is_taken else ""
    return Port(number, is_taken, is_exported, holder, read_ephemeral())


def judge_port(port: Port) -> Finding:
    """Say whether a torchrun that is started by hand would find its port free."""
    code = "port.free"
    name = f"port {port.number}" + (" (MASTER_PORT)" if port.is_exported else "")
    if port.is_taken:
        what = f"{name} is taken" + (f" by {port.holder}" if port.holder else "")
        if port.is_exported:
            return Finding(WARNING, code, what, "unset MASTER_PORT, or export a free one")
        remedy = f"by hand: torchrun --master-port={port.number + 1}; cockpit takes a free one"
        return Finding(NOTE, code, what + ", torchrun's own", remedy)
    if port.ephemeral and port.ephemeral[0] <= port.number <= port.ephemeral[1]:
        what = "{} is free, but any program may be given it: the kernel deals out {} to {}"
        remedy = f"choose a port below {port.ephemeral[0]}"
        return Finding(NOTE, code, what.format(name, *port.ephemeral), remedy)
    return Finding(OK, code, f"{name} is free")


def can_listen(number: int) -> bool:
    """Say whether a server could listen at that port; what it asks for itself is no matter."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as torch's store does
        try:
            probe.bind(("", number))
            probe.listen(1)
        except OSError as error:
            return error.errno != errno.EADDRINUSE
    return True


def find_holder(number: int, proc: Path = PROC) -> str:
    """Return who listens at a port; a user whose processes are hidden is named all the same."""
    for table in ("tcp", "tcp6"):
        try:
            lines = (proc / "net" / table).read_text(errors="replace").splitlines()[1:]
        except OSError:
            continue
        for words in (line.split() for line in lines):
            if len(words) < 10 or words[3] != LISTENING:
                continue
            if int(words[1].rpartition(":")[2], 16) == number:
                return _name_holder(words[9], _user_name(words[7]), proc)
    return ""


def read_ephemeral(proc: Path = PROC) -> tuple[int, int] | None:
    """Return the first and last port that the kernel deals out."""
    try:
        words = (proc / "sys/net/ipv4/ip_local_port_range").read_text().split()
        return int(words[0]), int(words[1])
    except (OSError, ValueError, IndexError):
        return None


def _name_holder(inode: str, user: str, proc: Path) -> str:
    wanted = f"socket:[{inode}]"
    for folder in proc.glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if any(os.readlink(str(link)) == wanted for link in (folder / "fd").iterdir()):
                command = (folder / "comm").read_text(errors="replace").strip()
                return f"{command} (pid {folder.name}, {user})"
    return f"a process of {user}"


def _user_name(uid: str) -> str:
    try:
        return pwd.getpwuid(int(uid)).pw_name
    except (KeyError, ValueError):
        return f"user {uid}"
