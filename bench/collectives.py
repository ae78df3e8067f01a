"""What `collectives` adds to a bare loop in the same ranks: `python -m bench.collectives`.

Both time the same call on the same buffers, in turns, and their medians are compared: over NCCL
where there are GPUs, else over gloo on two CPU ranks. The bare loop runs twice: what it differs
from itself is the noise of this machine. The cost of one iteration is timed alone, too.
"""

from __future__ import annotations

import statistics
import sys
import time
from typing import Any, Final

from diagnostics.collectives.buffers import Buffers
from diagnostics.collectives.formulas import OPS, size_words
from diagnostics.collectives.plan import count_gpus, parse
from diagnostics.collectives.rank import Bench, time_calls
from diagnostics.collectives.rows import collective_row
from diagnostics.ranks.run import Rank, run_ranks

ROUNDS: Final = 200
SIZES: Final = (1 << 10, 1 << 16, 1 << 20)
ITERATIONS: Final = 20
WARMUP: Final = 5
LARGEST_RATIO: Final = 1.03
SILENCE_S: Final = 120.0
WAYS: Final = ("times_s", "bare_s", "again_s")


def main() -> int:
    """Print the ratio for each size; return 1 when one is too large."""
    gpu_count = count_gpus(parse([]))
    backend, world_size = ("nccl", gpu_count) if gpu_count > 1 else ("gloo", 2)
    said: dict[int, list[dict[str, Any]]] = {size: [] for size in SIZES}
    for one in run_ranks("bench.collectives:work", [], world_size, backend, SILENCE_S):
        said[one.fields["asked_bytes"]].append(one.fields)
    print(
        f"all_reduce on {world_size} ranks over {backend}, collectives / bare loop, {ROUNDS} pairs"
    )
    verdicts = [show(size, world_size, said[size]) for size in SIZES]
    print(f"  beside each call, timed with an empty one: {own_cost_s() * 1e6:.2f} µs")
    return 0 if all(verdicts) else 1


def show(size_bytes: int, world_size: int, said: list[dict[str, Any]]) -> bool:
    """Print one size and say whether its target is met."""
    tool_us, bare_us, again_us = [], [], []
    for number in range(ROUNDS):
        ranks = [fields for fields in said if fields["round"] == number]
        assert len(ranks) == world_size
        tool_us.append(collective_row(ranks, "float32", 4)["time_us"])
        bare_us.append(statistics.mean(fields["bare_s"] for fields in ranks) * 1e6)
        again_us.append(statistics.mean(fields["again_s"] for fields in ranks) * 1e6)
    tool, bare, again = map(statistics.median, (tool_us, bare_us, again_us))
    ratio = tool / bare
    figure = f"× {ratio:.3f} ({tool:.1f} / {bare:.1f} µs, noise × {again / bare:.3f})"
    is_met = ratio <= LARGEST_RATIO
    print(f"  {size_words(size_bytes):<10} {figure:<44} ≤ × 1.03{'' if is_met else '  MISSED'}")
    return is_met


def work(me: Rank, arguments: list[str]) -> None:
    """Time the call both ways, who is first in turns."""
    import torch

    op = OPS["all_reduce"]
    bench = Bench(me, torch.float32, ITERATIONS, WARMUP)
    for size_bytes in SIZES:
        count = op.elements(size_bytes, 4, me.world_size)
        buffers = Buffers(op, count, torch.float32, me, in_place=True)
        buffers.clear()
        for number in range(ROUNDS):
            times: dict[str, Any] = {}
            for turn in range(3):
                way = WAYS[(number + turn) % 3]
                is_ours = way == "times_s"
                times[way] = bench.time(buffers.call) if is_ours else bare_s(buffers, me)
            labels = {"op": "all_reduce", "asked_bytes": size_bytes, "in_place": True}
            me.say(**labels, **times, count=count, wrong=0, round=number)


def bare_s(buffers: Buffers, me: Rank) -> float:
    """Return the seconds of one call as a script would measure them: a loop and two clocks."""
    import torch

    for _ in range(WARMUP):
        buffers.call()
    torch.distributed.all_reduce(torch.ones(1, device=me.device))
    if me.device != "cpu":
        torch.cuda.synchronize()
    began = time.perf_counter()
    for _ in range(ITERATIONS):
        buffers.call()
    if me.device != "cpu":
        torch.cuda.synchronize()
    return (time.perf_counter() - began) / ITERATIONS


def own_cost_s() -> float:
    """Return what the clocks of `collectives` cost each iteration on the CPU."""
    count = 100_000

    def nothing() -> None:
        return

    began = time.perf_counter()
    for _ in range(count):
        nothing()
    empty_s = time.perf_counter() - began
    began = time.perf_counter()
    time_calls(nothing, count, "cpu", nothing)
    return (time.perf_counter() - began - empty_s) / count


if __name__ == "__main__":
    sys.exit(main())
