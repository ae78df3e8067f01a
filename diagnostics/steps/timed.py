"""One rank that trains and looks at the clock: where does the time of its steps go?

Phases are told apart by marks between them. On a CPU a mark reads the clock. On a GPU work is only
queued, so a mark is a CUDA event in the stream, and what lies between two of them is the time of
the device, waiting for the next kernel included (docs.pytorch.org, notes/cuda, "Asynchronous
execution"). A wait for data is seen as the gap that it leaves on the device.

DDP communicates during the backward pass, so a mark cannot part the two. What it costs is the
difference between steps that communicate and steps under `no_sync()`, which skips the all_reduce
(docs.pytorch.org, DistributedDataParallel.no_sync): the communication that compute does not hide,
and the wait for the slowest rank. A communication hook would time the hidden part as well, which
costs nobody anything.
"""

from __future__ import annotations

import contextlib
import gc
import time
from typing import Any, ContextManager, Iterator

import torch
from torch import distributed, nn
from torch.utils.data import DataLoader, IterableDataset

from diagnostics.cpu_meter import read_busy_s
from diagnostics.ranks.run import Rank
from diagnostics.steps.order import Order, Plan
from diagnostics.tracebacks import traceback_of
from diagnostics.trials import first_line
from diagnostics.workload import Workload, WorkloadError, autocast, load_workload

WARM_UP_STEPS = 3
"""The first steps choose algorithms, build DDP's buckets (twice) and fill the allocator's cache."""
QUIET_SHARE = 2
"""One step without communication for so many with it; at least two."""
LEARNING_RATE = 1e-4
"""Small, so that weights trained on noise stay finite."""


class StepBroken(WorkloadError):
    """The model can be had, but not trained for one step."""


def work(me: Rank, arguments: list[str]) -> None:
    """Measure each plan of the order, and say every block as soon as it is done."""
    order = Order.parse(arguments[0])
    if me.device == "cpu":
        torch.set_num_threads(order.threads)
    try:
        workload = load_workload(order.model, order.image_size)
        for number, plan in enumerate(order.plans):
            _measure(me, workload, order, plan, number)
    except WorkloadError as error:
        me.say(
            model_error=error.what,
            traceback=error.traceback_text,
            remedy=error.remedy,
            has_model=isinstance(error, StepBroken),
        )


def _measure(me: Rank, workload: Workload, order: Order, plan: Plan, number: int) -> None:
    trainer = Trainer(me, workload, order, plan)
    for _ in range(WARM_UP_STEPS):
        trainer.step()
    for block in range(order.blocks_of(plan)):
        me.arrive(f"block {block + 1} with a batch of {plan.batch}")
        distributed.barrier()
        said = trainer.run_block(order.steps)
        me.say(plan=number, block=block, **said)
    trainer.close()


class Trainer:
    """A model, its optimizer and its data on one rank."""

    def __init__(self, me: Rank, workload: Workload, order: Order, plan: Plan) -> None:
        self._me = me
        self._device = torch.device(me.device)
        self._workload = workload
        self._amp = order.amp
        self._steps_done = 0
        self._loss: Any = None
        batch = workload.make_batch(plan.batch, "cpu", torch.Generator().manual_seed(me.rank))
        torch.manual_seed(0)
        bare = workload.make_model().to(self._device).train()
        has_unused = self._has_unused(bare, batch)
        self.model = wrap(bare, me, order.replicas, has_unused)
        self._optimizer = torch.optim.SGD(
            [one for one in bare.parameters() if one.requires_grad], LEARNING_RATE, momentum=0.9
        )
        self._scaler = make_scaler(order.amp and self._device.type == "cuda")
        is_cuda = self._device.type == "cuda"
        self._batches: Iterator[dict[str, Any]] = iter(
            make_loader(batch, plan.workers, order.decode_ms / 1000 * plan.batch, is_cuda)
        )
        self.marks = DeviceMarks() if is_cuda else HostMarks()

    @property
    def _is_ddp(self) -> bool:
        return isinstance(self.model, nn.parallel.DistributedDataParallel)

    def run_block(self, steps: int) -> dict[str, Any]:
        """Return elapsed seconds, mean ms of each phase, and of forward and backward unsynced."""
        # The first step after unsynced ones does not send the buffers of BatchNorm.
        self.step()
        self.marks.read()
        busy_s, own_s = read_busy_s(), time.process_time()
        began_s = time.perf_counter()
        for _ in range(steps):
            self.step()
        laps = self.marks.read()
        elapsed_s = time.perf_counter() - began_s
        return {
            "elapsed_s": elapsed_s,
            "own_s": time.process_time() - own_s,
            "busy_s": read_busy_s() - busy_s,
            # Asked after the block, and of its last loss only: asking waits for the device.
            "is_finite": bool(torch.isfinite(self._loss).all()),
            "laps_ms": _means(laps),
            "quiet_ms": self._quiet(steps),
        }

    def step(self, *, is_quiet: bool = False) -> None:
        """Train on one batch; a quiet one neither communicates nor changes the weights."""
        self._steps_done += 1
        self._me.arrive(f"step {self._steps_done}")
        mark = self.marks.mark
        mark()
        batch = next(self._batches)
        mark()
        batch = {name: value.to(self._device, non_blocking=True) for name, value in batch.items()}
        mark()
        with self._unsynced(is_quiet):
            with autocast(self._device.type, self._amp):
                loss = self._workload.loss(self.model, batch)
            mark()
            self._loss = loss.detach()
            self._scaler.scale(loss).backward()
            mark()
        if not is_quiet:
            self._scaler.step(self._optimizer)
            self._scaler.update()
        self._optimizer.zero_grad(set_to_none=True)
        mark()
        self.marks.end_step()

    def close(self) -> None:
        """Let go of workers and memory."""
        del self._batches, self.model, self._optimizer
        gc.collect()
        if self._device.type == "cuda":
            torch.cuda.empty_cache()

    def _quiet(self, steps: int) -> list[float] | None:
        if not self._is_ddp:
            return None
        # The first of them still sends the buffers.
        self.step(is_quiet=True)
        self.marks.read()
        for _ in range(max(2, steps // QUIET_SHARE)):
            self.step(is_quiet=True)
        return _means(self.marks.read())[2:4]

    def _unsynced(self, is_quiet: bool) -> ContextManager[Any]:
        context: ContextManager[Any] = (
            self.model.no_sync() if is_quiet else contextlib.nullcontext()
        )
        return context

    def _has_unused(self, model: Any, batch: dict[str, Any]) -> bool:
        """Say whether a parameter has no part in the loss: DDP would wait for it in vain.

        It is the first step. Raises StepBroken.
        """
        on_device = {name: value.to(self._device) for name, value in batch.items()}
        try:
            with autocast(self._device.type, self._amp):
                loss = self._workload.loss(model, on_device)
            loss.backward()
        except (Exception, SystemExit) as error:
            if isinstance(error, WorkloadError) or "out of memory" in str(error).lower():
                raise
            what = f"{self._workload.name} fails in its first step"
            what += f": {type(error).__name__}: {first_line(error)}"
            raise StepBroken(what, traceback_of(error)) from error
        found = any(one.requires_grad and one.grad is None for one in model.parameters())
        model.zero_grad(set_to_none=True)
        return found


def wrap(model: Any, me: Rank, replicas: int, has_unused: bool) -> Any:
    """Return the model as several devices train it; for one rank, as it is."""
    if replicas > 1:
        return nn.DataParallel(model, device_ids=list(range(replicas)))
    if me.world_size == 1:
        return model
    devices = None if me.device == "cpu" else [me.rank]
    return nn.parallel.DistributedDataParallel(
        model, device_ids=devices, find_unused_parameters=has_unused
    )


def make_scaler(is_on: bool) -> Any:
    """Return a gradient scaler; torch before 2.3 has it in another place."""
    if hasattr(torch.amp, "GradScaler"):
        return torch.amp.GradScaler("cuda", enabled=is_on)
    return torch.cuda.amp.GradScaler(enabled=is_on)


def make_loader(
    batch: dict[str, Any], workers: int, decode_s: float, pins_memory: bool
) -> DataLoader[Any]:
    """Return a loader that never ends, as trainings have it: workers, prefetch, pinned memory."""
    return DataLoader(
        MadeUpBatches(batch, decode_s),
        batch_size=None,
        num_workers=workers,
        pin_memory=pins_memory,
        persistent_workers=False,
    )


class MadeUpBatches(IterableDataset):  # type: ignore[misc]  # torch is untyped here
    """The same batch again and again, copied, after as much CPU work as decoding it would take."""

    def __init__(self, batch: dict[str, Any], decode_s: float) -> None:
        super().__init__()
        self._batch = batch
        self._decode_s = decode_s

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Yield batches for ever; in a loader worker too, each of them its own."""
        while True:
            spin(self._decode_s)
            yield {name: value.clone() for name, value in self._batch.items()}


def spin(cpu_s: float) -> None:
    """Use so much CPU time; it takes longer where the cores are taken, as real decoding does."""
    end_s = time.thread_time() + cpu_s
    while time.thread_time() < end_s:
        pass


class HostMarks:
    """Marks of a device that is done when a call returns."""

    def __init__(self) -> None:
        self._marks: list[float] = []
        self._steps: list[list[float]] = []

    def mark(self) -> None:
        """Note that one phase ends and the next begins."""
        self._marks.append(time.perf_counter())

    def end_step(self) -> None:
        """Note that the last mark was the end of a step."""
        marks, self._marks = self._marks, []
        self._steps.append([1000 * (end - began) for began, end in zip(marks, marks[1:])])

    def read(self) -> list[list[float]]:
        """Return ms between marks of each step since the last call."""
        steps, self._steps = self._steps, []
        return steps


class DeviceMarks:
    """Marks in the stream of a GPU."""

    def __init__(self) -> None:
        self._marks: list[Any] = []
        self._steps: list[list[Any]] = []

    def mark(self) -> None:
        """Queue the end of one phase and the beginning of the next."""
        event = torch.cuda.Event(enable_timing=True)
        event.record()
        self._marks.append(event)

    def end_step(self) -> None:
        """Note that the last mark was the end of a step."""
        self._steps.append(self._marks)
        self._marks = []

    def read(self) -> list[list[float]]:
        """Wait for the device; return ms between marks of each step since the last call."""
        torch.cuda.synchronize()
        steps, self._steps = self._steps, []
        return [
            [began.elapsed_time(end) for began, end in zip(marks, marks[1:])] for marks in steps
        ]


def _means(steps: list[list[float]]) -> list[float]:
    return [sum(phase) / len(phase) for phase in zip(*steps)]
