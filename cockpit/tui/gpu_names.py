"""GPUs by their kind: `16 × RTX 2080`. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from cockpit.devices.sample import GpuSample
from cockpit.units import MISSING


def gpu_names(samples: Iterable[GpuSample]) -> str:
    """Return each kind with its count; MIG devices are parts of their GPU and count apart."""
    gpus = tuple(samples)
    counts = Counter(short_name(gpu.name) or MISSING for gpu in gpus if gpu.mig_index is None)
    is_one = counts.total() == 1
    names = ", ".join(name if is_one else f"{count} × {name}" for name, count in counts.items())
    mig = sum(gpu.mig_index is not None for gpu in gpus)
    return f"{names} + {mig} MIG" if mig else names


def short_name(name: str) -> str:
    """Return a card's name without its maker: `RTX 2080`."""
    for word in ("NVIDIA ", "GeForce ", "Tesla "):
        name = name.replace(word, "")
    return name.strip()
