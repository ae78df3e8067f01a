"""How GPUs hang on the machine: NUMA nodes, PCIe links, and an IOMMU between them."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple, Sequence

from diagnostics.emit import NOTE, OK, WARNING, Finding

SYS = Path("/sys")
NVIDIA, DISPLAY = "0x10de", "0x03"
"""PCI vendor, and the first digits of the class of display and 3D controllers."""


class Link(NamedTuple):
    """The PCIe link of a GPU; None where the kernel does not tell."""

    width: int | None = None
    width_max: int | None = None
    """What the GPU itself could do; the slot may have less."""
    speed_gt: float | None = None
    """GT/s of a lane, 16.0 for generation 4."""
    speed_max_gt: float | None = None


class Iommu(NamedTuple):
    """Whether addresses are translated between GPUs."""

    is_on: bool
    is_translating: bool
    """False in pass-through mode."""
    evidence: str = ""


def find_gpus(sys: Path = SYS) -> list[Path]:
    """Return the PCI devices that are NVIDIA GPUs, in the order of their addresses."""
    try:
        devices = sorted((sys / "bus/pci/devices").iterdir())
    except OSError:
        return []
    return [
        device
        for device in devices
        if _text(device / "vendor") == NVIDIA and _text(device / "class").startswith(DISPLAY)
    ]


def read_link(device: Path) -> Link:
    """Return the link of a PCI device as it is now; idle GPUs lower the speed."""
    return Link(
        _number(device / "current_link_width"),
        _number(device / "max_link_width"),
        _speed(device / "current_link_speed"),
        _speed(device / "max_link_speed"),
    )


def read_numa_nodes(devices: Sequence[Path]) -> list[int | None]:
    """Return the NUMA node of each device."""
    texts = [_text(device / "numa_node") for device in devices]
    return [int(text) if text.isdigit() else None for text in texts]


def judge_numa(nodes: Sequence[int | None]) -> list[Finding]:
    """Say which GPUs are near each other; nothing for one GPU, or where nobody knows."""
    known = [node for node in nodes if node is not None]
    if len(nodes) < 2 or len(known) != len(nodes):
        return []
    code = "gpu.numa"
    if len(set(known)) == 1:
        return [Finding(OK, code, f"all {len(nodes)} GPUs are on NUMA node {known[0]}")]
    groups: dict[int, list[str]] = {}
    for place, node in enumerate(known):
        groups.setdefault(node, []).append(str(place))
    shown = "; ".join(f"{node}: GPUs {', '.join(groups[node])}" for node in sorted(groups))
    what = f"GPUs are on {len(groups)} NUMA nodes ({shown}): a run within one has shorter ways"
    return [Finding(OK, code, what)]


def read_iommu(sys: Path = SYS, proc: Path = Path("/proc")) -> Iommu:
    """Return what the kernel says of the IOMMU."""
    words = _text(proc / "cmdline").split()
    asked = [word for word in words if word.startswith(("iommu", "intel_iommu", "amd_iommu"))]
    try:
        units = sorted(unit.name for unit in (sys / "class/iommu").iterdir())
    except OSError:
        units = []
    groups = sys / "kernel/iommu_groups"
    types = {_text(group / "type") for group in groups.glob("*")} - {""}
    is_through = "iommu=pt" in asked or (bool(types) and types <= {"identity"})
    evidence = " ".join(asked) or (f"/sys/class/iommu has {units[0]}" if units else "")
    return Iommu(bool(units), bool(units) and not is_through, evidence)


def judge_iommu(iommu: Iommu, gpu_count: int) -> list[Finding]:
    """Say whether an IOMMU stands between several GPUs; nothing for fewer."""
    if gpu_count < 2:
        return []
    code = "iommu.state"
    if iommu.is_translating:
        what = f"the IOMMU translates addresses ({iommu.evidence}): with ACS on, transfers between"
        what += " GPUs go through the processor, get slow or hang"
        remedy = "boot with iommu=pt, and switch ACS off in the BIOS; see NCCL's"
        remedy += " troubleshooting, PCI Access Control Services"
        return [Finding(NOTE, code, what, remedy)]
    if iommu.is_on:
        return [Finding(OK, code, f"the IOMMU passes addresses through ({iommu.evidence})")]
    return [Finding(OK, code, "no IOMMU between the GPUs")]


def judge_links(links: Sequence[tuple[str, Link]]) -> list[Finding]:
    """Say whether PCIe links run as they could while data is copied; nothing where not told.

    `links`: the name of each GPU and its link under load.
    """
    known = [(name, link) for name, link in links if link.width and link.width_max]
    if not known:
        return []
    slow = [f"{name}: {_words(link)}" for name, link in known if _is_slow(link)]
    code = "pcie.load"
    if slow:
        what = "PCIe under load is below what the GPU can do: " + "; ".join(slow)
        remedy = "reseat the card, or look for the slot, the riser and the BIOS setting"
        return [Finding(WARNING, code, what, remedy)]
    shown = sorted({_words(link) for _, link in known})
    return [Finding(OK, code, f"PCIe under load: {', '.join(shown)} on {len(known)} GPU(s)")]


def _is_slow(link: Link) -> bool:
    is_narrow = (link.width or 0) < (link.width_max or 0)
    # A generation less is how a newer card runs in an older board: told by width alone.
    speed, most = link.speed_gt, link.speed_max_gt
    return is_narrow or (speed is not None and most is not None and speed < most / 2)


def _words(link: Link) -> str:
    words = f"x{link.width}" + ("" if link.width == link.width_max else f" of x{link.width_max}")
    if link.speed_gt is None:
        return words
    most = link.speed_max_gt
    is_less = most is not None and link.speed_gt < most
    return f"{words}, {link.speed_gt:g} GT/s" + (f" of {most:g}" if is_less else "")


def _speed(file: Path) -> float | None:
    words = _text(file).split()
    try:
        return float(words[0])
    except (IndexError, ValueError):
        return None


def _number(file: Path) -> int | None:
    text = _text(file)
    return int(text) if text.isdigit() and int(text) else None


def _text(file: Path) -> str:
    try:
        return file.read_text(errors="replace").strip()
    except OSError:
        return ""
