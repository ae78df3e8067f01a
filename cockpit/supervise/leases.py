"""GPUs and ports that a run was given: held by its supervisor, seen by all users of the machine."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from cockpit import locations
from cockpit.launch.ports import free_port, port_name
from cockpit.processes.lease import Holder, holder_of, shared_folder, take
from cockpit.runs.record import RunRecord

PLACE: Final = Path("/run/lock/cockpit")
SECOND_PLACE: Final = "cockpit-leases"
"""In the system's temporary folder, where the first cannot be made."""


def lease_folder(*, is_simulated: bool) -> Path | None:
    """Return where leases lie; None where no such folder can be made.

    Simulated GPUs are nobody else's: theirs lie beside the runs.
    """
    if not is_simulated:
        import tempfile

        return shared_folder(PLACE, Path(tempfile.gettempdir(), SECOND_PLACE))
    folder = locations.data_dir() / "leases"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    return folder


def holders_of_gpus(gpu_uuids: Iterable[str], *, is_simulated: bool) -> dict[str, Holder]:
    """Return which run each of these GPUs was given to, by UUID; those of none are left out."""
    folder = lease_folder(is_simulated=is_simulated)
    if folder is None:
        return {}
    found = ((gpu_uuid, holder_of(folder, gpu_uuid)) for gpu_uuid in gpu_uuids)
    return {gpu_uuid: holder for gpu_uuid, holder in found if holder is not None}


def take_all(
    gpu_uuids: Sequence[str],
    run_id: str,
    *,
    is_simulated: bool,
    shares: bool = False,
    port: int | None = None,
) -> list[int] | None:
    """Take these GPUs and the port; return the descriptors that hold them, None when one is taken.

    With `shares`, GPUs that another run holds are left to it and used all the same. Where no
    folder for leases can be made nothing is held.
    """
    held: list[int] = []
    for folder, name, is_shared in _wanted(gpu_uuids, port, is_simulated, shares):
        try:
            descriptor = take(folder, name, {"user": user(), "pid": os.getpid(), "run_id": run_id})
        except OSError:
            continue
        if descriptor is not None:
            held.append(descriptor)
        elif not is_shared:
            give_back(held)
            return None
    return held


def _wanted(
    gpu_uuids: Sequence[str], port: int | None, is_simulated: bool, shares: bool
) -> Iterator[tuple[Path, str, bool]]:
    """Yield folder, name and whether it may be shared, in one order: two cannot wait crosswise."""
    gpus, ports = lease_folder(is_simulated=is_simulated), lease_folder(is_simulated=False)
    if gpus is not None:
        yield from ((gpus, gpu_uuid, shares) for gpu_uuid in sorted(gpu_uuids))
    if ports is not None and port is not None:
        yield ports, port_name(port), False


class Holding:
    """What one run holds; given back when it is over, or by the end of its process."""

    def __init__(self, record: RunRecord, descriptors: Sequence[int] = ()) -> None:
        self._record = record
        self._descriptors = list(descriptors)
        for descriptor in descriptors:
            os.set_inheritable(descriptor, False)  # else the job would hold it too

    def change(self, gpu_uuids: Sequence[str], *, shares: bool) -> bool:
        """Hold these GPUs instead, and the run's port; False, holding none, when one is taken."""
        self.give_back()
        record = self._record
        taken = take_all(
            gpu_uuids,
            record.run_id,
            is_simulated=record.is_simulated,
            shares=shares,
            port=record.port,
        )
        self._descriptors = taken or []
        return taken is not None

    def give_back(self) -> None:
        """Let others have them."""
        give_back(self._descriptors)
        self._descriptors = []


def choose_port() -> int | None:
    """Return a port that is free now, for the plan; it is taken when the run starts."""
    folder = lease_folder(is_simulated=False)
    if folder is None:
        return None
    port, descriptor = free_port(folder)
    os.close(descriptor)
    return port


def give_back(descriptors: Sequence[int]) -> None:
    """Let others have these GPUs."""
    for descriptor in descriptors:
        os.close(descriptor)


def user() -> str:
    """Return who runs this, for others to read."""
    import getpass

    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())
