"""Leases: which living process was given a thing that only one may have, such as a GPU.

A lease is a file held by flock, so that it ends with its holder, however that ends. The folder is
shared by all users of a machine: any of them may look, and take what is free.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cockpit.processes.lock import try_lock

SHARED_FOLDER: Final = 0o1777
SHARED_FILE: Final = 0o666
LONGEST_WORDS: Final = 4096
LOOK_S: Final = 0.1
"""Who looks whether a lease is held has it for a moment."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Who has a lease, as that process wrote it; anybody may have written the file."""

    user: str
    pid: int | None
    what: str
    """The run id, for people."""

    def __str__(self) -> str:
        pid = f", pid {self.pid}" if self.pid is not None else ""
        return f"run {self.what or '?'} of {self.user or '?'}{pid}"


def shared_folder(*candidates: Path) -> Path | None:
    """Return the first of `candidates` that is or can be made a folder for everybody's leases."""
    for folder in candidates:
        try:
            folder.mkdir(exist_ok=True)
        except OSError:
            continue
        with suppress(OSError):  # somebody else made it, and its mode is theirs
            if folder.stat().st_mode & 0o7777 != SHARED_FOLDER:
                folder.chmod(SHARED_FOLDER)
        if not folder.is_symlink() and os.access(folder, os.W_OK | os.X_OK):
            return folder
    return None


def take(folder: Path, name: str, words: Mapping[str, object]) -> int | None:
    """Take the lease `name` and return its descriptor, or None while somebody else has it.

    The descriptor is close-on-exec; the lease ends when its last copy is closed. Raises OSError
    where the file cannot be used.
    """
    descriptor = _open(folder / _file_name(name))
    if not try_lock(descriptor, fcntl.LOCK_EX, LOOK_S):
        os.close(descriptor)
        return None
    describe(descriptor, words)
    return descriptor


def describe(descriptor: int, words: Mapping[str, object]) -> None:
    """Write into a lease who holds it: user, pid, run_id."""
    line = json.dumps({**words, "time": round(time.time(), 3)}, ensure_ascii=False)
    with suppress(OSError):  # a full disk: the lease holds, only its words are missing
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, line.encode(), 0)


def holder_of(folder: Path, name: str) -> Holder | None:
    """Return who has the lease `name`, or None where nobody has."""
    try:
        descriptor = os.open(folder / _file_name(name), os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return _parse(os.pread(descriptor, LONGEST_WORDS, 0))
    finally:
        os.close(descriptor)
    return None


def _open(path: Path) -> int:
    """Open a lease file; only one that is not there is created.

    A kernel with protected_regular refuses O_CREAT on another user's file in a sticky folder.
    """
    flags = os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC
    for _ in range(8):
        with suppress(FileNotFoundError):
            return os.open(path, flags)
        with suppress(FileExistsError):
            descriptor = os.open(path, flags | os.O_CREAT | os.O_EXCL, SHARED_FILE)
            os.fchmod(descriptor, SHARED_FILE)  # whatever the umask took away
            return descriptor
    return os.open(path, flags)


def _file_name(name: str) -> str:
    return "".join(letter if letter.isalnum() or letter in "-_." else "_" for letter in name)


def _parse(data: bytes) -> Holder:
    try:
        value = json.loads(data)
    except ValueError:
        value = None
    words = value if isinstance(value, dict) else {}
    user, pid, run_id = words.get("user"), words.get("pid"), words.get("run_id")
    return Holder(
        user=user if isinstance(user, str) and user.isprintable() else "",
        pid=pid if isinstance(pid, int) else None,
        what=run_id if isinstance(run_id, str) and run_id.isprintable() else "",
    )
