"""What the figures of `collectives` mean: findings from values. Pure."""

from __future__ import annotations

import re
import statistics
from collections import Counter
from typing import Any, Iterable, Mapping, Sequence

from diagnostics.collectives.formulas import size_words
from diagnostics.emit import NOTE, OK, PROBLEM, WARNING, Finding
from diagnostics.ranks.failures import RanksFailed, RanksSilent

NVLINK_GB_PER_S = (
    ("V100-SXM", 150.0),
    ("A100-SXM", 300.0),
    ("A800-SXM", 200.0),
    ("H100 80GB HBM3", 450.0),
    ("H800", 200.0),
    ("H200 NVL", None),
    ("H200", 450.0),
    ("H20", 450.0),
    ("B200", 900.0),
)
"""NVLink of one GPU in one direction, half of what NVIDIA's data sheets name (November 2026).

Looked up by a part of the device name; only boards whose name tells that they have NVLink.
"""
LINK_SHARE_FAIR = 0.6
"""nccl-tests on a sound box reach 75 to 95 % of it; with in-switch sums all_reduce exceeds it."""
SLOW_PAIR = 0.8
"""Of the median of all pairs."""
NAMED_PAIRS = 4

CHANNEL = re.compile(r"Channel \S+ : (\d+)\[\w+\] -> (\d+)\[\w+\](?: \[\w+\])? via (\w+)")

LOOK_INTO_HANG = (
    "run it again with NCCL_DEBUG=INFO to see where; try NCCL_P2P_DISABLE=1: direct access "
    "between GPUs hangs where IOMMU or ACS is on"
)
LOOK_INTO_SILENCE = "look at the named ranks: cat /proc/PID/status, py-spy dump --pid PID"


def judge_correct(rows: Iterable[Mapping[str, Any]], not_finite: int) -> Finding:
    """Say whether every element of every result is what it must be."""
    rows = list(rows)
    bad = [row for row in rows if row["wrong"]]
    if not bad:
        return Finding(OK, "collectives.correct", f"every element is right in {len(rows)} results")
    worst = max(bad, key=lambda row: int(row["wrong"]))
    where = worst.get("op") or f"rank {worst['source_rank']} to rank {worst['target_rank']}"
    what = "{} wrong elements in {} of {} results; most in {} of {}: {}".format(
        sum(row["wrong"] for row in bad),
        len(bad),
        len(rows),
        where,
        size_words(worst["size_bytes"]),
        worst["wrong"],
    )
    what += f"; {not_finite} of them are NaN or infinite" if not_finite else ""
    remedy = "do not train on this box: try NCCL_P2P_DISABLE=1, then look for Xid and ECC errors"
    return Finding(PROBLEM, "collectives.wrong", what, remedy)


def judge_pairs(pairs: Sequence[Mapping[str, Any]], backend: str) -> Finding | None:
    """Name the pairs that are much slower than the others, and the rank that they share."""
    speeds = [row["gb_per_s"] for row in pairs if row["gb_per_s"] is not None]
    if len(speeds) < 2:
        return None
    median = statistics.median(speeds)
    slow = [
        row for row in pairs if row["gb_per_s"] is not None and row["gb_per_s"] < SLOW_PAIR * median
    ]
    if backend != "nccl" or not slow:  # ranks on one CPU differ by who was scheduled when
        low, high = min(speeds), max(speeds)
        what = f"all {len(speeds)} directions between ranks carry {low:.3g} to {high:.3g} GB/s"
        return Finding(OK, "collectives.pairs", what)
    worst = min(slow, key=lambda row: float(row["gb_per_s"]))
    what = f"{len(slow)} of {len(speeds)} directions are below {SLOW_PAIR:.0%} of the median "
    what += f"of {median:.3g} GB/s; "
    shared = set.intersection(*({row["source_rank"], row["target_rank"]} for row in slow))
    if len(slow) > 1 and len(shared) == 1:
        what += f"all of them end at rank {shared.pop()}; "
    what += "slowest is rank {} to rank {}: {:.3g} GB/s".format(
        worst["source_rank"], worst["target_rank"], worst["gb_per_s"]
    )
    remedy = "nvidia-smi topo -m shows how they are joined; look at the PCIe width under load"
    return Finding(WARNING, "collectives.slow-pair", what, remedy)


def judge_link(
    backend: str, devices: Sequence[str], peers: Mapping[int, Sequence[int]], best_busbw: float
) -> Finding:
    """Say how the best bus bandwidth compares to what joins the ranks."""
    if backend != "nccl":
        what = f"{backend} on the CPU measures the memory of this machine, not a network or a GPU"
        return Finding(NOTE, "collectives.link", what)
    world_size = len(devices)
    if world_size < 2:
        what = "one rank: NCCL works, but nothing moves between GPUs"
        return Finding(NOTE, "collectives.link", what)
    limit = nvlink_gb_per_s(devices)
    if limit is not None and world_size <= 8:
        what = "all_reduce reaches {:.3g} GB/s of bus bandwidth, NVLink of this GPU carries {:.3g}"
        what = what.format(best_busbw, limit)
        if best_busbw >= LINK_SHARE_FAIR * limit:
            return Finding(OK, "collectives.link", what)
        remedy = "nvidia-smi nvlink --status; systemctl status nvidia-fabricmanager"
        return Finding(WARNING, "collectives.link", what, remedy)
    directions = sum(len(others) for others in peers.values())
    possible = world_size * (world_size - 1)
    if directions == possible:
        what = "all GPUs reach each other's memory directly (P2P)"
        return Finding(OK, "collectives.link", what)
    what = "{} of {} directions between GPUs have no direct access (P2P): host memory carries them"
    return Finding(NOTE, "collectives.link", what.format(possible - directions, possible))


def nvlink_gb_per_s(devices: Sequence[str]) -> float | None:
    """Return what NVLink of these GPUs carries in one direction; None where it is not known."""
    if len(set(devices)) != 1:
        return None
    return next((limit for part, limit in NVLINK_GB_PER_S if part in devices[0]), None)


def judge_transports(log: str, peers: Mapping[int, Sequence[int]]) -> Finding | None:
    """Say over what NCCL talks, by its own log; None where it said nothing."""
    found = CHANNEL.findall(log)
    if not found:
        return None
    counts = Counter(name for _, _, name in found)
    what = "NCCL uses " + ", ".join(f"{name} on {n} channels" for name, n in counts.most_common())
    if "NET" in counts:
        remedy = "within one box it should be P2P or SHM: unset NCCL_P2P_DISABLE, NCCL_SHM_DISABLE"
        return Finding(WARNING, "collectives.transport", what, remedy)
    avoided = any(name == "SHM" and int(b) in peers.get(int(a), ()) for a, b, name in found)
    if avoided:
        what += "; some GPUs could reach each other directly, but do not"
        remedy = "unset NCCL_P2P_DISABLE and NCCL_P2P_LEVEL, or set NCCL_P2P_LEVEL=SYS"
        return Finding(NOTE, "collectives.transport", what, remedy)
    return Finding(NOTE, "collectives.transport", what)


def judge_lack(fields: Mapping[str, Any], backend: str) -> Finding:
    """Say which operation, or size, could not be measured, and why."""
    op, size = fields["op"], size_words(fields["asked_bytes"])
    if fields["lacks"] == "memory":
        what = f"{op} of {size} was left out: {fields['error']}"
        return Finding(WARNING, "collectives.memory", what, "measure smaller sizes")
    what = f"{backend} of this torch cannot do {op} of {size}: {fields['error']}"
    return Finding(NOTE, "collectives.unsupported", what)


def judge_silence(silence: RanksSilent, backend: str) -> Finding:
    """Say who hangs where."""
    what = str(silence)
    what += f"; arrived: {ranks_words(silence.arrived)}"
    what += f"; missing: {ranks_words(silence.missing)}" if silence.missing else "; missing: none"
    remedy = LOOK_INTO_HANG if backend == "nccl" else LOOK_INTO_SILENCE
    return Finding(PROBLEM, "collectives.hang", what, remedy)


def judge_death(failure: RanksFailed) -> Finding:
    """Say which rank died, of what, and what it said last."""
    what = str(failure)
    if failure.stderr:
        what += "; its last words:\n" + "\n".join(failure.stderr)
    remedy = None
    if failure.signal == "SIGKILL":
        remedy = "if you did not kill it: out of memory? dmesg | grep -i 'killed process'"
    return Finding(PROBLEM, "collectives.rank-died", what, remedy)


def ranks_words(ranks: Sequence[int]) -> str:
    """Return `rank 1`, `ranks 0, 2` or `none`."""
    if not ranks:
        return "none"
    return ("rank " if len(ranks) == 1 else "ranks ") + ", ".join(map(str, ranks))
