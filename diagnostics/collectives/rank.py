"""What each rank of `collectives` does: measure every operation at every size, then every pair."""

from __future__ import annotations

import json
import time
from typing import Any, Callable, Sequence

from diagnostics.collectives import check
from diagnostics.collectives.buffers import Buffers
from diagnostics.collectives.formulas import OPS, Op, size_words
from diagnostics.ranks.rank import Rank
from diagnostics.trials import TRIAL_ERRORS, first_line, show_traceback

PAIR_ITERATIONS = 10
PAIR_WARMUP = 2
ROUND_TRIPS = 20
MOST_BEAT_S = 5.0
"""In a long measurement the parent hears so often that it goes on; waking it costs a core."""
BEATS = 3
"""At least so many fall into the time after which a silent rank is taken to hang."""
LOOK_S = 0.001
"""So often a GPU is asked how far it is; its events tell the times, whatever the host does."""


class Pulse:
    """Tells the parent that something long goes on, not more often than it must."""

    def __init__(self, beat: Callable[[], None], every_s: float) -> None:
        self._beat = beat
        self._every_s = every_s
        self._due_s = time.perf_counter() + every_s

    def is_due(self, now_s: float) -> bool:
        """Say whether the parent has heard nothing for long at `now_s`, by time.perf_counter."""
        return now_s > self._due_s

    def tick(self, now_s: float) -> None:
        """Note that something more was done at `now_s`; tell it when it is time."""
        if self.is_due(now_s):
            self._beat()
            self._due_s = now_s + self._every_s


def beat_s(limit_s: float) -> float:
    """Return how often a rank is heard that may be silent for `limit_s`."""
    return min(MOST_BEAT_S, limit_s / BEATS)


def work(me: Rank, arguments: list[str]) -> None:
    """Measure what the plan, one JSON object, asks for."""
    import torch

    plan = json.loads(arguments[0])
    _present(me, torch)
    pulse = Pulse(me.beat, beat_s(plan["limit_s"]))
    bench = Bench(me, getattr(torch, plan["dtype"]), plan["iterations"], plan["warmup"], pulse)
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

    def __init__(
        self, me: Rank, dtype: Any, iterations: int, warmup: int, pulse: Pulse | None = None
    ) -> None:
        self._me = me
        self._pulse = pulse or Pulse(me.beat, MOST_BEAT_S)
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
        self._time(call, self._warmup)
        self._barrier()
        return self._time(call, self._iterations)

    def _time(self, call: Callable[[], Any], iterations: int) -> list[float]:
        return time_calls(call, iterations, self._me.device, self._pulse)

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
                self._tick()
            distributed.recv(answer, target)

        there_and_back()
        trips_s = sorted(self._time(there_and_back, ROUND_TRIPS))
        stream(PAIR_WARMUP)
        (total_s,) = self._time(lambda: stream(PAIR_ITERATIONS), 1)
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
                self._tick()
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

    def _tick(self) -> None:
        # What a GPU is told to do has not been done yet when the call returns.
        if self._me.device == "cpu":
            self._pulse.tick(time.perf_counter())

    def _barrier(self) -> None:
        self._is_agreed(True)


def time_calls(
    call: Callable[[], Any], iterations: int, device: str, pulse: Pulse | None = None
) -> list[float]:
    """Return the seconds from the begin of each call to that of the next; their sum is the whole.

    On a GPU by events in its stream, so that the calls are issued without waiting.
    """
    if device != "cpu":
        return _time_on_gpu(call, iterations, pulse)
    marks = [time.perf_counter()]
    for _ in range(iterations):
        call()
        marks.append(time.perf_counter())
        if pulse is not None:
            pulse.tick(marks[-1])
    return [later - earlier for earlier, later in zip(marks, marks[1:])]


def follow(events: Sequence[Any], pulse: Pulse) -> None:
    """Return when the last event has happened; a GPU that gets no further gives no sign of life."""
    done = 0
    while done < len(events):
        if events[done].query():
            done += 1
            pulse.tick(time.perf_counter())
        else:
            time.sleep(LOOK_S)


def _time_on_gpu(
    call: Callable[[], Any], iterations: int, pulse: Pulse | None = None
) -> list[float]:
    import torch

    events = [torch.cuda.Event(enable_timing=True) for _ in range(iterations + 1)]
    events[0].record()
    done = 0
    for number, event in enumerate(events[1:], start=1):
        call()
        event.record()
        # A full queue makes the calls wait. Asking costs time: only when a sign is due.
        if pulse is not None and pulse.is_due(time.perf_counter()) and events[done].query():
            pulse.tick(time.perf_counter())
            done = number
    if pulse is not None:
        follow(events[done:], pulse)
    torch.cuda.synchronize()
    return [first.elapsed_time(second) / 1e3 for first, second in zip(events, events[1:])]


def _attempt(act: Callable[[], Any]) -> str:
    try:
        act()
    except TRIAL_ERRORS as error:
        show_traceback()
        return f"{type(error).__name__}: {first_line(error)}"
    return ""
