"""What `scaling` and `steptime` are asked, and what is chosen where nothing is."""

from __future__ import annotations

import argparse
import os
from typing import NamedTuple, Sequence, TextIO

from diagnostics.emit import emit
from diagnostics.parser import Parser
from diagnostics.steps.laws import doublings
from diagnostics.steps.order import Order, Plan
from diagnostics.workload import default_amp

LIMIT_S = 120.0
"""So long may ranks be silent: the first step on a GPU compiles kernels."""
CPU_STEPS, GPU_STEPS = 8, 20
BLOCKS = 7
"""Short blocks and many of them: the median of their rates passes over what disturbed a few."""
CPU_BATCH, GPU_BATCH = 8, 16
CPU_PIXELS, GPU_PIXELS = 64, 640
MOST_CPU_RANKS = 4
"""Without --ranks; every rank is a whole Python with torch."""
MOST_ASKED_CPU_RANKS = 64
GPU_WORKERS = 8
PROBE_BLOCKS = 3
"""So many blocks of that smaller batch are enough: nothing else is read from them."""
PROBE = 4
"""A batch so many times smaller shows how much of the compute time does not depend on it."""
AMP = ("auto", "on", "off")


class Settings(NamedTuple):
    """What is measured, on what."""

    backend: str
    gpu_count: int
    cores: int
    model: str
    image_size: int
    batch: int
    """Of one rank."""
    steps: int
    blocks: int
    workers: int
    amp: bool
    decode_ms: float
    threads: int
    """Of each rank, on a CPU."""
    limit_s: float

    @property
    def is_cpu(self) -> bool:
        """Whether ranks compute on the cores of the host."""
        return self.backend == "gloo"

    def order(self, plans: list[Plan], replicas: int = 0) -> Order:
        """Return the order to measure these plans."""
        return Order(
            self.model,
            self.image_size,
            plans,
            self.steps,
            self.blocks,
            self.amp,
            self.decode_ms,
            self.threads,
            replicas,
        )


def make_parser(tool: str) -> Parser:
    """Return a parser with the options that both tools have."""
    parser = Parser(prog="diagnostics.pyz " + tool)
    parser.add_argument("--ranks", default="")
    parser.add_argument("--backend", default="auto", choices=("auto", "nccl", "gloo"))
    parser.add_argument("--gpus", default="", help="0,1")
    parser.add_argument("--model", default="synthetic")
    parser.add_argument("--imgsz", type=int)
    parser.add_argument("--batch-per-rank", type=int)
    parser.add_argument("--steps", type=int)
    parser.add_argument("--blocks", type=int, default=BLOCKS)
    parser.add_argument("--workers", type=int)
    parser.add_argument("--amp", default="auto", choices=AMP)
    parser.add_argument("--decode-ms", type=float, default=0.0, help="CPU work for each sample")
    parser.add_argument("--limit", type=float, default=LIMIT_S, help="seconds without a sign")
    return parser


def settings_of(options: argparse.Namespace, gpu_count: int, most_ranks: int) -> Settings:
    """Return what to measure with at most so many ranks at once. Raises ValueError."""
    backend = backend_of(options, gpu_count)
    is_cpu = backend == "gloo"
    if is_cpu and most_ranks > MOST_ASKED_CPU_RANKS:
        raise ValueError(f"{most_ranks} ranks are too many for one machine")
    if not is_cpu and most_ranks > gpu_count:
        raise ValueError(f"{most_ranks} ranks need as many GPUs; torch can use {gpu_count}")
    batch = options.batch_per_rank
    image_size, workers = options.imgsz, options.workers
    cores = count_cores()
    found = Settings(
        backend=backend,
        gpu_count=gpu_count,
        cores=cores,
        model=options.model,
        image_size=(CPU_PIXELS if is_cpu else GPU_PIXELS) if image_size is None else image_size,
        batch=(CPU_BATCH if is_cpu else GPU_BATCH) if batch is None else batch,
        steps=(CPU_STEPS if is_cpu else GPU_STEPS) if options.steps is None else options.steps,
        blocks=options.blocks,
        workers=_workers(is_cpu, cores, most_ranks) if workers is None else workers,
        amp=default_amp("cpu" if is_cpu else "cuda")
        if options.amp == "auto"
        else options.amp == "on",
        decode_ms=options.decode_ms,
        threads=max(1, cores // most_ranks),
        limit_s=options.limit,
    )
    _refuse(found)
    return found


def emit_setup(tool: str, settings: Settings, sizes: Sequence[int], out: TextIO) -> None:
    """Say what is measured, on what: without it no figure can be compared."""
    emit(
        "measurement",
        out,
        name=tool + ".blocks",
        value=settings.blocks,
        unit="",
        model=settings.model,
        backend=settings.backend,
        ranks=", ".join(map(str, sizes)),
        batch_per_rank=settings.batch,
        image_size=settings.image_size,
        precision="mixed precision" if settings.amp else "float32",
        workers=settings.workers,
        steps=settings.steps,
    )


def backend_of(options: argparse.Namespace, gpu_count: int) -> str:
    """Return nccl or gloo. Raises ValueError where there is no GPU for NCCL."""
    backend: str = options.backend
    if backend == "auto":
        return "nccl" if gpu_count else "gloo"
    if backend == "nccl" and not gpu_count:
        raise ValueError("NCCL needs a torch built with it and a GPU; --backend gloo uses the CPU")
    return backend


def parse_ranks(text: str, default_most: int) -> list[int]:
    """Return the world sizes of `8` (doublings up to it) or `1,3,6`; one rank is always there.

    Raises ValueError.
    """
    try:
        numbers = [int(word) for word in text.split(",") if word.strip()]
    except ValueError:
        raise ValueError(f"--ranks {text}: not numbers such as 1,2,4") from None
    if any(number < 1 for number in numbers):
        raise ValueError(f"--ranks {text}: must be 1 or more")
    if len(numbers) > 1:
        return sorted({1, *numbers})
    return doublings(numbers[0] if numbers else default_most)


def count_cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def default_ranks(gpu_count: int) -> int:
    """Return the largest world size where none is asked for."""
    return gpu_count or min(MOST_CPU_RANKS, max(2, count_cores()))


def _workers(is_cpu: bool, cores: int, ranks: int) -> int:
    # On a CPU workers would take the cores that the ranks compute on.
    return 0 if is_cpu else min(GPU_WORKERS, max(1, cores // ranks))


def _refuse(settings: Settings) -> None:
    for flag, value, least in (
        ("--batch-per-rank", settings.batch, 1),
        ("--imgsz", settings.image_size, 1),
        ("--steps", settings.steps, 1),
        ("--blocks", settings.blocks, 1),
        ("--workers", settings.workers, 0),
        ("--decode-ms", settings.decode_ms, 0),
        ("--limit", settings.limit_s, 1),
    ):
        if not value >= least:
            raise ValueError(f"{flag} {value:g}: must be {least} or more")
