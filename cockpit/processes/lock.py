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
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if time.monotonic() > deadline:
                os.close(descriptor)
                raise LockHeld(str(path)) from error
            time.sleep(0.005)
        else:
            return descriptor


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
