"""What `collectives` measures on this machine, from its arguments."""

from __future__ import annotations

import argparse
import contextlib
import importlib
import os
from pathlib import Path
from typing import Any, NamedTuple, TextIO

from diagnostics import host
from diagnostics.collectives.formulas import OPS, parse_sizes, size_words
from diagnostics.collectives.rank import pair_phase, phase
from diagnostics.emit import WARNING, Finding, emit_finding
from diagnostics.parser import Parser

DTYPES = {
    "float32": 4,
    "float16": 2,
    "bfloat16": 2,
    "float64": 8,
    "int32": 4,
    "int64": 8,
    "uint8": 1,
}
SIZES = {"nccl": "1KiB:1GiB:4", "gloo": "1KiB:16MiB:4"}
PAIR_BYTES = {"nccl": 64 << 20, "gloo": 16 << 20}
"""Pairs are measured at the largest size of the sweep, but with no more than this."""
CPU_RANKS = 2
MOST_CPU_RANKS = 64
COPIES = 2
"""All_to_all holds what it sends and what it gets."""


class Plan(NamedTuple):
    """What is measured, by whom."""

    backend: str
    world_size: int
    ops: list[str]
    sizes: list[int]
    dtype: str
    iterations: int
    warmup: int
    pair_bytes: int
    """0: no pairs."""

    def phases(self) -> list[str]:
        """Return every measurement, in its order."""
        names = [
            phase(op, size, in_place=in_place)
            for op in self.ops
            for size in self.sizes
            for in_place in OPS[op].in_place
        ]
        ranks = range(self.world_size if self.pair_bytes else 0)
        return names + [pair_phase(a, b) for a in ranks for b in ranks if a != b]


def parse(arguments: list[str]) -> argparse.Namespace:
    """Return the options. Raises ValueError."""
    parser = Parser(prog="diagnostics.pyz collectives")
    parser.add_argument("--op", default=",".join(OPS), help="all_reduce,broadcast")
    parser.add_argument("--sizes", default="", help="1KiB:64MiB, 1KiB:64MiB:4 or 1MiB,16MiB")
    parser.add_argument("--backend", default="auto", choices=("auto", "nccl", "gloo"))
    parser.add_argument("--ranks", type=int, default=0)
    parser.add_argument("--gpus", default="", help="0,1")
    parser.add_argument("--dtype", default="float32", choices=sorted(DTYPES))
    parser.add_argument("--iterations", type=int, default=20)
    parser.add_argument("--warmup", type=int, default=5)
    parser.add_argument("--pairs", dest="pairs", action="store_true", default=True)
    parser.add_argument("--no-pairs", dest="pairs", action="store_false")
    parser.add_argument("--limit", type=float, default=60.0, help="seconds without a sign of life")
    options = parser.parse_args(arguments)
    for name in ("iterations", "limit"):
        if not getattr(options, name) > 0:
            raise ValueError(f"--{name} must be more than 0")
    if options.ranks < 0 or options.warmup < 0:
        raise ValueError("--ranks and --warmup must not be negative")
    return options


def count_gpus(options: argparse.Namespace) -> int:
    """Return how many GPUs NCCL can use; chosen ones are made the only visible ones first.

    Torch is not imported where there is nothing to ask it.
    """
    if options.gpus:
        os.environ["CUDA_DEVICE_ORDER"] = "PCI_BUS_ID"
        os.environ["CUDA_VISIBLE_DEVICES"] = options.gpus.strip(",")
    has_device = host.has_nvidia_device() or host.has_amd_device()
    if options.backend == "gloo" or not (has_device or options.backend == "nccl"):
        return 0
    torch: Any = importlib.import_module("torch")
    if not torch.distributed.is_available() or not torch.distributed.is_nccl_available():
        return 0
    return int(torch.cuda.device_count()) if torch.cuda.is_available() else 0


def plan_of(options: argparse.Namespace, gpu_count: int) -> Plan:
    """Return the plan for this machine. Raises ValueError when it cannot be had."""
    backend = options.backend
    if backend == "auto":
        backend = "nccl" if gpu_count else "gloo"
    if backend == "nccl":
        if not gpu_count:
            raise ValueError(
                "NCCL needs a torch built with it and a GPU; --backend gloo uses the CPU"
            )
        world_size = options.ranks or gpu_count
        if world_size > gpu_count:
            raise ValueError(f"{world_size} ranks need as many GPUs; torch can use {gpu_count}")
    else:
        world_size = options.ranks or CPU_RANKS
        if world_size > MOST_CPU_RANKS:
            raise ValueError(f"{world_size} ranks are too many for one machine")
    if world_size < 1:
        raise ValueError("--ranks must be 1 or more")
    sizes = parse_sizes(options.sizes or SIZES[backend])
    wants_pairs = options.pairs and world_size > 1
    return Plan(
        backend=backend,
        world_size=world_size,
        ops=parse_ops(options.op),
        sizes=sizes,
        dtype=options.dtype,
        iterations=options.iterations,
        warmup=options.warmup,
        pair_bytes=min(max(sizes), PAIR_BYTES[backend]) if wants_pairs else 0,
    )


def parse_ops(text: str) -> list[str]:
    """Return the operations of `all_reduce,broadcast`, each once. Raises ValueError."""
    names = [name.strip().replace("-", "_") for name in text.split(",") if name.strip()]
    unknown = [name for name in names if name not in OPS]
    if unknown or not names:
        raise ValueError("{!r}: the operations are {}".format(",".join(unknown), ", ".join(OPS)))
    return list(dict.fromkeys(names))


def within_memory(plan: Plan, out: TextIO) -> Plan:
    """Leave out the sizes that the host cannot hold: the kernel would kill somebody else for it."""
    available = _available_bytes()
    if plan.backend == "nccl" or available is None:
        return plan
    fitting = [one for one in plan.sizes if one * COPIES * plan.world_size <= available]
    if len(fitting) < len(plan.sizes):
        largest = max(plan.sizes)
        needed = size_words(largest * COPIES * plan.world_size)
        what = f"{size_words(largest)} on {plan.world_size} ranks needs {needed} of memory, "
        what += f"{size_words(available)} are free"
        if not fitting:
            raise ValueError(what)
        left_out = f"{what}: sizes above {size_words(max(fitting))} are left out"
        emit_finding(Finding(WARNING, "collectives.memory", left_out), out)
    pair_bytes = min(plan.pair_bytes, max(fitting))
    return plan._replace(sizes=fitting, pair_bytes=pair_bytes)


def _available_bytes() -> int | None:
    with contextlib.suppress(OSError, ValueError, IndexError):
        for line in Path("/proc/meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) << 10
    return None
