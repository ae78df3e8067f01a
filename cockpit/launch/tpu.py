"""Whether this machine shows a TPU, read from device nodes and the PCI bus; no driver is asked."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

DEVICES: Final = Path("/dev")
PCI: Final = Path("/sys/bus/pci/devices")
GOOGLE: Final = "0x1ae0"
NO_ACCELERATOR: Final = ("0x01", "0x02")
"""PCI classes of Google's other devices on its own machines: NVMe disks, gVNIC network cards."""
_ACCEL: Final = re.compile(r"accel\d+")
_VFIO: Final = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class TpuSight:
    """What this machine shows of TPUs."""

    nodes: tuple[Path, ...] = ()
    """/dev/accelN, or /dev/vfio/N on newer ones; the latter may belong to any device."""
    chips: int = 0
    """Google's accelerators on the PCI bus."""

    @property
    def has_tpu(self) -> bool:
        """True when there is one that a process could open."""
        is_accel = any(_ACCEL.fullmatch(node.name) for node in self.nodes)
        return is_accel or bool(self.nodes and self.chips)


def find_tpus(devices: Path = DEVICES, pci: Path = PCI) -> TpuSight:
    """Return what is seen of TPUs below these two folders."""
    accel = [node for node in _listed(devices) if _ACCEL.fullmatch(node.name)]
    vfio = [node for node in _listed(devices / "vfio") if _VFIO.fullmatch(node.name)]
    chips = [device for device in _listed(pci) if _is_tpu(device)]
    return TpuSight((*accel, *vfio), len(chips))


def _is_tpu(device: Path) -> bool:
    is_google = _text(device / "vendor") == GOOGLE
    return is_google and not _text(device / "class").startswith(NO_ACCELERATOR)


def _listed(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="ascii").strip().lower()
    except (OSError, ValueError):
        return ""
