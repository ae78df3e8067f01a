"""GPUs that a run was given: held by its supervisor, seen by every user of this machine."""

from __future__ import annotations

import getpass
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from cockpit import locations
from cockpit.processes.lease import Holder, holder_of, shared_folder, take

PLACES: Final = (Path("/run/lock/cockpit"), Path(tempfile.gettempdir(), "cockpit-leases"))
"""The first that can be made; both are emptied by a reboot, as are the leases."""


def lease_folder(*, is_simulated: bool) -> Path | None:
    """Return where leases lie; None where no such folder can be made.

    Simulated GPUs are nobody else's: theirs lie beside the runs.
    """
    if not is_simulated:
        return shared_folder(*PLACES)
    folder = locations.data_dir() / "leases"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    return folder


def holder_of_gpu(gpu_uuid: str, *, is_simulated: bool) -> Holder | None:
    """Return which run was given a GPU; None where none was."""
    folder = lease_folder(is_simulated=is_simulated)
    return None if folder is None else holder_of(folder, gpu_uuid)


def take_gpus(
    gpu_uuids: Sequence[str], run_id: str, *, is_simulated: bool, shares: bool = False
) -> list[int] | None:
    """Take all of these GPUs and return the descriptors that hold them; None when one is taken.

    With `shares`, those that another run holds are left to it and used all the same. Where no
    folder for leases can be made nothing is held.
    """
    folder = lease_folder(is_simulated=is_simulated)
    held: list[int] = []
    if folder is None:
        return held
    words = {"user": user(), "pid": os.getpid(), "run_id": run_id}
    for gpu_uuid in sorted(gpu_uuids):  # in one order, so that two who want the same cannot cross
        try:
            descriptor = take(folder, gpu_uuid, words)
        except OSError:
            continue
        if descriptor is not None:
            held.append(descriptor)
        elif not shares:
            give_back(held)
            return None
    return held


def give_back(descriptors: Sequence[int]) -> None:
    """Let others have these GPUs."""
    for descriptor in descriptors:
        os.close(descriptor)


def user() -> str:
    """Return who runs this, for others to read."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())
