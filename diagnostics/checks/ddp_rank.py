"""One rank of the smoke test: two training steps under DistributedDataParallel."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from diagnostics.checks import topology
from diagnostics.ranks.rank import Rank
from diagnostics.trials import PlainDescent

STEPS = 2
COPIED_BYTES = 32 << 20
LOAD_S = 0.5
"""A link that was idle takes a moment until it runs as fast as it can."""


def work(me: Rank, _: list[str]) -> None:
    """Take the steps, then tell whether this rank's parameters changed and equal all others'."""
    import torch

    if me.backend == "nccl":
        me.say(gpu=torch.cuda.get_device_name(me.device), link=measure_link(torch, me.device))
    me.arrive("building the model")
    torch.manual_seed(me.rank)  # other parameters on each rank: DDP has to make them equal
    model = _make_model(torch, me)
    before = _flat(torch, model).clone()
    optimizer = PlainDescent(model)
    for step in range(STEPS):
        me.arrive(f"step {step + 1} of {STEPS}")
        batch = torch.randn(4, 3, 8, 8, device=me.device)
        optimizer.zero_grad()
        model(batch).square().mean().backward()
        optimizer.step()
    me.arrive("comparing the parameters")
    mine = _flat(torch, model)
    everyone = [torch.empty_like(mine) for _ in range(me.world_size)]
    torch.distributed.all_gather(everyone, mine)
    me.say(
        has_changed=not torch.equal(before, mine),
        differing=[rank for rank, one in enumerate(everyone) if not torch.equal(one, mine)],
        is_finite=bool(torch.isfinite(mine).all()),
    )


def measure_link(torch: Any, device: str) -> dict[str, Any] | None:
    """Copy to and fro and return the best that the PCIe link was seen to do meanwhile."""
    address = _pci_address(torch.cuda.get_device_properties(device))
    place = topology.SYS / "bus/pci/devices" / address if address else None
    if place is None or not Path(place).is_dir():
        return None
    host = torch.empty(COPIED_BYTES, dtype=torch.uint8, pin_memory=True)
    there = torch.empty(COPIED_BYTES, dtype=torch.uint8, device=device)
    best = topology.read_link(place)
    deadline_s = time.monotonic() + LOAD_S
    while time.monotonic() < deadline_s and _could_be_faster(best):
        for _ in range(4):
            there.copy_(host, non_blocking=True)
        now = topology.read_link(place)  # while the copies are still under way
        torch.cuda.synchronize()
        if (now.width or 0, now.speed_gt or 0.0) > (best.width or 0, best.speed_gt or 0.0):
            best = now
    return dict(best._asdict())


def _could_be_faster(link: topology.Link) -> bool:
    return (link.width, link.speed_gt) != (link.width_max, link.speed_max_gt)


def _pci_address(properties: Any) -> str | None:
    bus = getattr(properties, "pci_bus_id", None)  # torch 2.8 and newer tell it
    if not isinstance(bus, int):
        return None
    domain, device = (getattr(properties, f"pci_{part}_id", 0) for part in ("domain", "device"))
    return f"{domain:04x}:{bus:02x}:{device:02x}.0"


def _make_model(torch: Any, me: Rank) -> Any:
    nn = torch.nn
    model = nn.Sequential(
        nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.Flatten(), nn.Linear(288, 2)
    ).to(me.device)
    on_gpu = me.backend == "nccl"
    if on_gpu:  # there is none for the CPU
        model = nn.SyncBatchNorm.convert_sync_batchnorm(model)
    return nn.parallel.DistributedDataParallel(model, device_ids=[me.rank] if on_gpu else None)


def _flat(torch: Any, model: Any) -> Any:
    """Return all parameters in one tensor, shape (count,), float32, on their device."""
    return torch.cat([one.detach().flatten() for one in model.parameters()])
