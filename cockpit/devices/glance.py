"""Which GPUs this machine has, at a glance: as the kernel's files name them, in no time."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

VARIABLE: Final = "COCKPIT_DEVICES"
REAL: Final = ("auto", "nvml")
"""Its words for the GPUs that are there; all of them are understood in `spec`."""
DRIVER: Final = Path("/proc/driver/nvidia/gpus")
"""The driver keeps a folder for each GPU there, with its model in the file `information`."""
DEVICES: Final = (Path("/dev/nvidiactl"), Path("/dev/dxg"))
"""Where one of these is and the driver's folder is not, the driver itself must be asked."""


@dataclass(frozen=True, slots=True)
class Glance:
    """The GPUs that a training would see here."""

    names: tuple[str, ...] = ()
    """As the driver calls them, one for each GPU."""
    is_simulated: bool = False


def glance(driver: Path = DRIVER) -> Glance:
    """Return the GPUs that COCKPIT_DEVICES means. Raises InputError where that makes no sense.

    Only where the kernel names none and a driver is there all the same is the driver asked.
    """
    text = os.environ.get(VARIABLE, "").strip().lower() or "auto"
    if text not in REAL:
        return _simulated()
    names = tuple(_model(folder / "information") for folder in _folders(driver))
    if names and all(names):
        return Glance(tuple(name for name in names if name))
    return _asked() if any(device.exists() for device in DEVICES) else Glance()


def _simulated() -> Glance:
    """Return what the other words of COCKPIT_DEVICES mean."""
    from cockpit.devices.spec import checked_spec, parse_spec

    spec = parse_spec(checked_spec())
    if spec.model is None:
        return Glance()
    return Glance((spec.model.name,) * spec.count, is_simulated=True)


def _folders(driver: Path) -> list[Path]:
    try:
        return sorted(driver.iterdir())
    except OSError:
        return []


def _model(file: Path) -> str | None:
    try:
        lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return None
    words = [line.partition(":") for line in lines]
    return next((name.strip() for key, _, name in words if key.strip() == "Model"), None)


def _asked() -> Glance:
    from cockpit.devices.feed import read_once
    from cockpit.devices.sample import DeviceSource
    from cockpit.devices.spec import checked_spec

    reading = read_once(checked_spec())
    if reading.inventory is None or reading.inventory.source is not DeviceSource.NVML:
        return Glance()
    return Glance(tuple(gpu.name for gpu in reading.gpus if gpu.mig_index is None))
