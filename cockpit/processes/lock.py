"""A lock that the kernel drops when its holder dies: the test whether a supervisor lives."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path


class LockHeld(Exception):
    """Somebody else holds the lock."""


def hold(path: Path) -> int:
    """Take the lock and return its descriptor; it is close-on-exec, so no child inherits it.

    Raises LockHeld when another process has it.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        raise LockHeld(str(path)) from error
    return descriptor


def is_held(path: Path) -> bool:
    """Say whether a living process of this host holds the lock."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(descriptor)
    return False
