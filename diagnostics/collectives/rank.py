"""What each rank of `collectives` does: measure every operation at every size, then every pair."""

from __future__ import annotations

import json
import time
from typing import Any, Callable

from diagnostics.collectives import check
from diagnostics.collectives.buffers import Buffers
from diagnostics.collectives.formulas import OPS, Op, size_words
from diagnostics.ranks.rank import Rank
from diagnostics.trials import TRIAL_ERRORS, first_line, show_traceback

PAIR_ITERATIONS = 10
PAIR_WARMUP = 2
ROUND_TRIPS = 20
BEAT_S = 5.0
"""In a long measurement the parent hears so often that it goes on; waking it costs a core."""


def work(me: Rank, arguments: list[str]) -> None:
    """Measure what the plan, one JSON object, asks for."""
    import torch

    plan = json.loads(arguments[0])
    _present(me, torch)
    bench = Bench(me, getattr(torch, plan["dtype"]), plan["iterations"], plan["warmup"])
    for name in plan["ops"]:
        for size_bytes in plan["sizes"]:
            for in_place in OPS[name].in_place:
                bench.measure(OPS[name], size_bytes, in_place=in_place)
    if plan["pair_bytes"]:
        for source in range(me.world_size):
            for target in range(me.world_size):
                if source != target:
                    bench.measure_pair(source, target, plan["pair_bytes"])


def phase(op: str, size_bytes: int, *, in_place: bool) -> str:
    """Return what a measurement is called, in progress and when it hangs."""
    is_told = in_place and len(OPS[op].in_place) > 1
    return f"{op} of {size_words(size_bytes)}" + (", in place" if is_told else "")


def pair_phase(source: int, target: int) -> str:
    """Return what the measurement of a pair is called."""
    return f"rank {source} to rank {target}"


def _present(me: Rank, torch: Any) -> None:
    """Say what this rank runs on; `peers` are the GPUs whose memory it reaches directly."""
    if me.backend != "nccl":
        return
    peers = [
        other
        for other in range(me.world_size)
        if other != me.rank and torch.cuda.can_device_access_peer(me.rank, other)
    ]
    name = torch.cuda.get_device_name(me.rank)
    me.say(device=name, peers=peers, nccl=".".join(map(str, torch.cuda.nccl.version())))


class Bench:
    """One rank's hand on the operations."""

    def __init__(self, me: Rank, dtype: Any, iterations: int, warmup: int) -> None:
        self._me = me
        self._dtype = dtype
        self._iterations = iterations
        self._warmup = warmup

    def measure(self, op: Op, size_bytes: int, *, in_place: bool) -> None:
        """Measure one operation at one size, and say the times and how many elements are wrong."""
        import torch

        me = self._me
        me.arrive(phase(op.name, size_bytes, in_place=in_place))
        labels = {"op": op.name, "asked_bytes": size_bytes, "in_place": in_place}
        item_bytes = torch.empty(0, dtype=self._dtype).element_size()
        count = op.elements(size_bytes, item_bytes, me.world_size)
        parts: list[Buffers] = []

        def prepare() -> None:
            parts.append(Buffers(op, count, self._dtype, me, in_place=in_place))

        def call_once() -> None:
            parts[0].call()

        for act, lack in ((prepare, "memory"), (call_once, "operation")):
            error = _attempt(act)
            if not self._is_agreed(not error):
                me.say(**labels, lacks=lack, error=error)
                return
        wrong, not_finite = parts[0].count_wrong()
        parts[0].clear()
        times_s = self.time(parts[0].call)
        me.say(**labels, count=count, times_s=times_s, wrong=wrong, not_finite=not_finite)

    def time(self, call: Callable[[], Any]) -> list[float]:
        """Return the seconds of each iteration, after the warm-up; all ranks begin together."""
        for _ in range(self._warmup):
            call()
        self._barrier()
        return time_calls(call, self._iterations, self._me.device, self._me.beat)

    def measure_pair(self, source: int, target: int, size_bytes: int) -> None:
        """Measure one direction between two ranks; the source says what it saw."""
        import torch

        me = self._me
        me.arrive(pair_phase(source, target))
        if me.rank in (source, target):
            values = check.pattern(source, me.world_size)
            count = max(1, size_bytes // torch.empty(0, dtype=self._dtype).element_size())
            data = torch.zeros(count, dtype=self._dtype, device=me.device)
            if me.rank == source:
                check.fill(data, values)
                self._send(data, source, target)
            else:
                self._receive(data, source, values)
        self._barrier()

    def _send(self, data: Any, source: int, target: int) -> None:
        import torch

        distributed = torch.distributed
        answer = torch.zeros(1, dtype=torch.int64, device=self._me.device)
        small = torch.zeros(1, dtype=torch.int64, device=self._me.device)

        def there_and_back() -> None:
            distributed.send(small, target)
            distributed.recv(answer, target)

        def stream(count: int) -> None:
            for _ in range(count):
                distributed.send(data, target)
            distributed.recv(answer, target)

        there_and_back()
        trips_s = sorted(time_calls(there_and_back, ROUND_TRIPS, self._me.device))
        stream(PAIR_WARMUP)
        (total_s,) = time_calls(lambda: stream(PAIR_ITERATIONS), 1, self._me.device)
        self._me.say(
            source_rank=source,
            target_rank=target,
            size_bytes=data.numel() * data.element_size(),
            time_s=total_s / PAIR_ITERATIONS,
            latency_s=trips_s[ROUND_TRIPS // 2] / 2,
            wrong=int(answer),
        )

    def _receive(self, data: Any, source: int, values: Any) -> None:
        import torch

        distributed = torch.distributed
        small = torch.zeros(1, dtype=torch.int64, device=self._me.device)
        for _ in range(1 + ROUND_TRIPS):
            distributed.recv(small, source)
            distributed.send(small, source)
        for count in (PAIR_WARMUP, PAIR_ITERATIONS):
            for _ in range(count):
                distributed.recv(data, source)
            # Judged after the warm-up, so that the judging is not in the time of what follows.
            if count == PAIR_WARMUP:
                small.fill_(check.count_wrong(data, values))
            distributed.send(small, source)

    def _is_agreed(self, is_fine: bool) -> bool:
        """Say whether all ranks are fine; else one would wait for ever for those that are not."""
        import torch

        votes = torch.tensor([int(is_fine)], device=self._me.device)
        torch.distributed.all_reduce(votes)
        return int(votes) == self._me.world_size

    def _barrier(self) -> None:
        self._is_agreed(True)


def time_calls(
    call: Callable[[], Any], iterations: int, device: str, beat: Callable[[], None] | None = None
) -> list[float]:
    """Return the seconds from the begin of each call to that of the next; their sum is the whole.

    On a GPU by events in its stream, so that the calls are issued without waiting. `beat` is
    called now and then.
    """
    if device != "cpu":
        return _time_on_gpu(call, iterations)
    marks = [time.perf_counter()]
    due_s = marks[0] + BEAT_S
    for _ in range(iterations):
        call()
        now_s = time.perf_counter()
        marks.append(now_s)
        if now_s > due_s and beat is not None:
            beat()
            due_s = now_s + BEAT_S
    return [later - earlier for earlier, later in zip(marks, marks[1:])]


def _time_on_gpu(call: Callable[[], Any], iterations: int) -> list[float]:
    import torch

    events = [torch.cuda.Event(enable_timing=True) for _ in range(iterations + 1)]
    events[0].record()
    for event in events[1:]:
        call()
        event.record()
    torch.cuda.synchronize()
    return [first.elapsed_time(second) / 1e3 for first, second in zip(events, events[1:])]


def _attempt(act: Callable[[], Any]) -> str:
    try:
        act()
    except TRIAL_ERRORS as error:
        show_traceback()
        return f"{type(error).__name__}: {first_line(error)}"
    return ""
