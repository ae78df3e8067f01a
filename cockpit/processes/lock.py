"""A lock that the kernel drops when its holder dies: the test whether a supervisor lives."""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path
from typing import Final

PATIENCE_S: Final = 1.0


class LockHeld(Exception):
    """Somebody else holds the lock."""


def hold(path: Path) -> int:
    """Take the lock and return its descriptor; it is close-on-exec, so no child inherits it.

    Tries for a while, since who asks `is_held` has it for a moment. Raises LockHeld when another
    process keeps it.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    if not try_lock(descriptor, fcntl.LOCK_EX):
        os.close(descriptor)
        raise LockHeld(str(path))
    return descriptor


def try_lock(descriptor: int, how: int, patience_s: float = PATIENCE_S) -> bool:
    """Lock an open file; False when another process keeps it for longer than a look takes."""
    deadline = time.monotonic() + patience_s
    while True:
        try:
            fcntl.flock(descriptor, how | fcntl.LOCK_NB)
        except OSError:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.005)
        else:
            return True


def is_held(path: Path) -> bool:
    """Say whether a living process of this host holds the lock."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(descriptor)
    return False
