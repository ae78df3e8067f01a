"""What this machine has, asked without torch."""

from __future__ import annotations

import importlib.util
import platform
import re
import resource
import shutil
import sys
import sysconfig
from pathlib import Path

DRIVER_FILE = Path("/proc/driver/nvidia/version")
WSL_DRIVER = Path("/usr/lib/wsl/lib/libcuda.so.1")


def name_system() -> str:
    """Return `Linux x86_64`."""
    return f"{platform.system()} {platform.machine()}"


def is_managed() -> bool:
    """Say whether the system forbids pip to install into this Python (PEP 668)."""
    mark = Path(sysconfig.get_path("stdlib")) / "EXTERNALLY-MANAGED"
    return sys.prefix == sys.base_prefix and mark.exists()


def has_pip() -> bool:
    """Say whether this Python has pip; environments made by uv have none."""
    return importlib.util.find_spec("pip") is not None


def read_free_bytes(folder: Path) -> tuple[int, int] | None:
    """Return (free, total) of the disk on which `folder` lies or would be made."""
    for place in (folder, *folder.parents):
        if place.is_dir():
            usage = shutil.disk_usage(str(place))
            return usage.free, usage.total
    return None


def read_open_files() -> tuple[int, int]:
    """Return how many open files a process may have: (soft, hard), -1 for no limit."""
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    soft, hard = (-1 if limit == resource.RLIM_INFINITY else limit for limit in limits)
    return soft, hard


def read_driver_version(file: Path = DRIVER_FILE) -> str | None:
    """Return the version of the loaded NVIDIA kernel module, or None."""
    try:
        return parse_driver_version(file.read_text(encoding="utf-8", errors="replace"))
    except OSError:
        return None


def parse_driver_version(text: str) -> str | None:
    """Return `570.86.15` from /proc/driver/nvidia/version, closed and open module alike."""
    line = next((line for line in text.splitlines() if line.startswith("NVRM version")), "")
    found = re.search(r"\s(\d+\.\d+(?:\.\d+)?)\s", line)
    return found.group(1) if found else None


def has_nvidia_device() -> bool:
    """Say whether the machine shows an NVIDIA GPU, whatever libraries are installed."""
    gpus = Path("/proc/driver/nvidia/gpus")
    return (
        any(Path("/dev").glob("nvidia[0-9]*"))
        or (gpus.is_dir() and any(gpus.iterdir()))
        or WSL_DRIVER.exists()
    )


def has_amd_device() -> bool:
    """Say whether the machine shows an AMD GPU for computing."""
    return Path("/dev/kfd").exists()
