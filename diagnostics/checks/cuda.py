"""Driver, CUDA build and GPUs: do they fit, and do the GPUs reach each other?"""

from __future__ import annotations

import re
from typing import Any, NamedTuple, Sequence

from diagnostics.emit import NOTE, OK, PROBLEM, WARNING, Finding
from diagnostics.verdicts import size

OLDEST_DRIVERS = {11: (450, 80, 2), 12: (525, 60, 13), 13: (580, 65, 6)}
"""By CUDA's major version, for Linux: NVIDIA, "CUDA Compatibility", table "Minor Version
Compatibility", and the release notes of 11.0, 12.0 and 13.0 (read in November 2026)."""


class Peers(NamedTuple):
    """Which pairs of GPUs may read each other's memory."""

    names: tuple[str, ...]
    """Of each GPU, by its number in torch."""
    cut: tuple[tuple[int, int], ...]
    """The pairs that may not, in one direction or both."""


def parse_version(text: str) -> tuple[int, ...]:
    """Return the numbers at the start of a version: `580.65.06` is (580, 65, 6)."""
    found = re.match(r"\d+(?:\.\d+)*", text)
    return tuple(map(int, found.group().split("."))) if found else ()


def judge_driver_for(driver: str | None, cuda_build: str | None, gpu_count: int) -> list[Finding]:
    """Say whether the driver is new enough for torch's CUDA; nothing where that is not known."""
    if driver is None or not cuda_build:
        return []
    major = parse_version(cuda_build)[0]
    oldest = OLDEST_DRIVERS.get(major)
    if oldest is None:
        return []
    code, wanted = "driver.cuda", "{}.{:02d}.{:02d}".format(*oldest)
    if parse_version(driver) >= oldest:
        what = f"driver {driver} is new enough for CUDA {major} ({wanted} or newer)"
        return [Finding(OK, code, what)]
    what = f"driver {driver} is too old for CUDA {cuda_build}, which needs {wanted} or newer"
    if gpu_count:
        # A data centre GPU with NVIDIA's compatibility package works all the same.
        return [Finding(NOTE, code, what + "; torch reaches the GPUs all the same")]
    older = max((one for one, least in OLDEST_DRIVERS.items() if parse_version(driver) >= least),
                default=None)  # fmt: skip
    choice = f", or install a torch that is built for CUDA {older}" if older else ""
    return [Finding(PROBLEM, code, what, f"update the NVIDIA driver{choice}")]


def judge_total(memory_bytes: Sequence[int]) -> list[Finding]:
    """Say how much memory all GPUs have together."""
    if not memory_bytes:
        return []
    count = "1 GPU" if len(memory_bytes) == 1 else f"{len(memory_bytes)} GPUs"
    total = f"total GPU memory: {size(sum(memory_bytes))} on {count}"
    if min(memory_bytes) < 0.9 * max(memory_bytes):
        what = total + "; they differ in size, and the smallest decides which batch fits"
        return [Finding(NOTE, "gpu.total", what)]
    return [Finding(OK, "gpu.total", total)]


def read_peers(torch: Any, count: int) -> Peers:
    """Ask the driver of every pair."""
    names = tuple(torch.cuda.get_device_properties(ordinal).name for ordinal in range(count))
    cut = tuple(
        (one, other)
        for one in range(count)
        for other in range(one + 1, count)
        if not (
            torch.cuda.can_device_access_peer(one, other)
            and torch.cuda.can_device_access_peer(other, one)
        )
    )
    return Peers(names, cut)


def judge_peers(peers: Peers) -> Finding:
    """Say whether GPUs exchange gradients directly or through the host's memory."""
    code, count = "gpu.p2p", len(peers.names)
    pairs = count * (count - 1) // 2
    if not peers.cut:
        return Finding(OK, code, f"P2P between all {pairs} pairs of GPUs" if pairs > 1 else "P2P")
    shown = ", ".join(f"{one}-{other}" for one, other in peers.cut[:4])
    shown += f" and {len(peers.cut) - 4} more" if len(peers.cut) > 4 else ""
    how = "NCCL goes through the host's memory there, which is slower"
    if len(peers.cut) == pairs:
        what = f"no P2P between any of {count} GPUs: {how}"
        if all("GeForce" in name or "TITAN" in name for name in peers.names):
            return Finding(NOTE, code, what + "; usual for GeForce cards")
        remedy = "nvidia-smi topo -p2p r; in a virtual machine or with IOMMU it may be cut off"
        return Finding(WARNING, code, what, remedy)
    what = f"no P2P between {len(peers.cut)} of {pairs} pairs of GPUs ({shown}): {how}"
    return Finding(NOTE, code, what, "choose GPUs of one group: nvidia-smi topo -m")
