"""Has ranks train and gathers what they measured, plan by plan, as soon as it is there."""

from __future__ import annotations

import time
from typing import Any, Callable, Iterator, NamedTuple, TextIO

from diagnostics.emit import PROBLEM, WARNING, Finding, emit, emit_finding
from diagnostics.ranks.run import RanksFailed, RanksSilent, run_ranks
from diagnostics.steps.order import Block, Measured, Order, merge

WORKER = "diagnostics.steps.timed:work"


class ModelBroken(Exception):
    """The model cannot be had or trained; every rank says so, and more ranks would as well."""

    def __init__(self, fields: dict[str, Any]) -> None:
        self.what: str = fields["model_error"]
        super().__init__(self.what)
        self.traceback_text: str = fields["traceback"]
        self.remedy: str | None = fields["remedy"]
        self.has_model: bool = fields["has_model"]


def judge_model(error: ModelBroken, tool: str, out: TextIO) -> tuple[str, str]:
    """Emit why there is no model, with the user's own traceback; return the outcome."""
    what = error.what + ("\n" + error.traceback_text if error.traceback_text else "")
    code = "model.step" if error.has_model else tool + ".model"
    emit_finding(Finding(PROBLEM, code, what, error.remedy), out)
    return "failed", error.what


class Crew(NamedTuple):
    """Which ranks do it, and how long they may be silent."""

    world_size: int
    backend: str
    silence_limit_s: float


class Course:
    """How far a tool is, told to whoever watches; a block of steps is the unit."""

    def __init__(self, tool: str, blocks: int, out: TextIO) -> None:
        self.tool = tool
        self.out = out
        self._total = blocks
        self._done = 0
        self._has_told_nan = False
        self._began_s = time.monotonic()

    def advance(self, what: str, blocks: int = 1) -> None:
        """Tell what is done now, and that so many blocks more are over."""
        self._done = min(self._done + blocks, self._total)
        left = words_left(time.monotonic() - self._began_s, self._done, self._total)
        what += f"; {left}" if left else ""
        emit("progress", self.out, done=self._done, total=self._total, what=what)

    def judge_loss(self, measured: Measured) -> None:
        """Tell once that a loss was no number."""
        if measured.is_finite or self._has_told_nan:
            return
        self._has_told_nan = True
        what = f"the loss is not a finite number with a batch of {measured.point.batch_per_rank}"
        what += ": the times are measured all the same"
        remedy = "without mixed precision (--amp off) it shows whether float16 is the cause"
        emit_finding(Finding(WARNING, self.tool + ".nan", what, remedy), self.out)


def words_left(elapsed_s: float, done: int, total: int) -> str:
    """Return `about 20 s left`; empty before the first block and after the last. Pure."""
    if not 0 < done < total:
        return ""
    left_s = elapsed_s / done * (total - done)
    return f"about {left_s:.0f} s left" if left_s < 100 else f"about {left_s / 60:.0f} min left"


def run_order(order: Order, crew: Crew, course: Course) -> Iterator[tuple[int, Measured]]:
    """Yield (number of the plan, what it came to) when all ranks have told all of its blocks.

    Ranks that die or hang end it with a finding, and with `RanksLost`. Raises ModelBroken and
    RanksStopped.
    """
    try:
        yield from _gather(order, crew, course)
    except RanksFailed as failure:
        emit_finding(_death(failure, course.tool, crew), course.out)
        raise RanksLost(str(failure)) from failure
    except RanksSilent as silence:
        emit_finding(_silence(silence, course.tool, crew), course.out)
        raise RanksLost(str(silence)) from silence


class RanksLost(Exception):
    """The ranks of one world size are lost; the finding is out, the next size may be tried."""


def _gather(order: Order, crew: Crew, course: Course) -> Iterator[tuple[int, Measured]]:
    told: dict[int, list[list[Block]]] = {}
    course.advance(_words(crew) + ": starting", 0)
    for rank, fields in run_ranks(
        WORKER,
        [order.text()],
        crew.world_size,
        crew.backend,
        crew.silence_limit_s,
        environ=_environ(order, crew),
        on_start=_pid_teller(course.out),
    ):
        if "model_error" in fields:
            raise ModelBroken(fields)
        number = fields["plan"]
        most = order.blocks_of(order.plans[number])
        blocks = told.setdefault(number, [[] for _ in range(crew.world_size)])
        done = min(map(len, blocks))
        blocks[rank].append(Block.of(fields))
        if min(map(len, blocks)) > done:
            batch = order.plans[number].batch
            course.advance(f"{_words(crew)}, batch {batch}: block {done + 1} of {most}")
        if all(len(of_rank) == most for of_rank in blocks):
            measured = merge(blocks, order.plans[number], order.steps)
            course.judge_loss(measured)
            yield number, measured


def _environ(order: Order, crew: Crew) -> dict[str, str]:
    threads = str(order.threads)
    return (
        {"OMP_NUM_THREADS": threads, "MKL_NUM_THREADS": threads} if crew.backend == "gloo" else {}
    )


def _pid_teller(out: TextIO) -> Callable[[list[int]], None]:
    def tell(pids: list[int]) -> None:
        for rank, pid in enumerate(pids):
            emit("measurement", out, name="rank.pid", value=pid, unit="", rank=rank)

    return tell


def _death(failure: RanksFailed, tool: str, crew: Crew) -> Finding:
    what = f"{_words(crew)}: {failure}"
    if failure.stderr:
        what += "; its last words:\n" + "\n".join(failure.stderr)
    remedy = None
    if failure.signal == "SIGKILL":
        remedy = "if you did not kill it: out of memory? dmesg | grep -i 'killed process'"
    if "out of memory" in failure.error.lower():
        remedy = "a smaller --batch-per-rank; cockpit memory finds the largest that fits"
    return Finding(PROBLEM, tool + ".rank-died", what, remedy)


def _silence(silence: RanksSilent, tool: str, crew: Crew) -> Finding:
    missing = ", ".join(map(str, silence.missing)) or "none"
    arrived = ", ".join(map(str, silence.arrived)) or "none"
    what = f"{_words(crew)}: {silence}; ranks that arrived: {arrived}; missing: {missing}"
    remedy = "cockpit collectives shows whether the ranks can talk; --limit waits longer"
    return Finding(PROBLEM, tool + ".hang", what, remedy)


def _words(crew: Crew) -> str:
    return "1 rank" if crew.world_size == 1 else f"{crew.world_size} ranks"
