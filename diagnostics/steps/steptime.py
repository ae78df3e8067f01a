"""`steptime`: where the time of a step goes, and what workers of the loader would change."""

from __future__ import annotations

import argparse
from typing import TextIO

from diagnostics.collectives.plan import count_gpus
from diagnostics.emit import OK, Finding, emit, emit_finding, emit_row
from diagnostics.ranks.run import RanksStopped
from diagnostics.steps.cause import Around, cause_of_step, fixed_share
from diagnostics.steps.options import (
    PROBE,
    PROBE_BLOCKS,
    Settings,
    backend_of,
    count_cores,
    emit_setup,
    make_parser,
    settings_of,
)
from diagnostics.steps.order import NAMES, Measured, Plan, blocks_of
from diagnostics.steps.runs import Course, Crew, ModelBroken, RanksLost, judge_model, run_order
from diagnostics.steps.verdicts import judge_busy

CPU_RANKS = 2
"""Fewer would not communicate."""


def steptime(arguments: list[str], out: TextIO) -> tuple[str, str]:
    """Measure one world size, emit its phases, and name what is too large."""
    parser = make_parser("steptime")
    parser.add_argument("--sweep-workers", default="", help="0,2,4,8")
    options = parser.parse_args(arguments)
    gpu_count = count_gpus(options)
    ranks = parse_rank_count(options, gpu_count)
    settings = settings_of(options, gpu_count, ranks)
    look = Look(settings, ranks, parse_workers(options.sweep_workers), out)
    try:
        look.run()
    except ModelBroken as error:
        return judge_model(error, "steptime", out)
    except RanksLost as error:
        return "failed", str(error)
    except RanksStopped as stop:
        return "stopped", f"{stop}: what was measured until then is kept"
    look.judge()
    return "passed", f"{ranks} ranks on {settings.backend}, batch {settings.batch} each"


class Look:
    """What is to be measured of one world size, and what has been."""

    def __init__(self, settings: Settings, ranks: int, sweep: list[int], out: TextIO) -> None:
        self.settings = settings
        self.ranks = ranks
        self.out = out
        batch = settings.batch
        self._plans = [Plan(batch, settings.workers)]
        if batch > 1:
            self._plans.append(Plan(max(1, batch // PROBE), settings.workers, PROBE_BLOCKS))
        self._loaders = len(self._plans)
        self._plans += [Plan(batch, workers) for workers in sweep]
        self._measured: list[Measured] = []

    def run(self) -> None:
        """Measure; the phases are out as soon as they are known."""
        emit_setup("steptime", self.settings, [self.ranks], self.out)
        blocks = sum(blocks_of(plan, self.settings.blocks) for plan in self._plans)
        course = Course("steptime", blocks, self.out)
        crew = Crew(self.ranks, self.settings.backend, self.settings.limit_s)
        for number, measured in run_order(self.settings.order(self._plans), crew, course):
            self._measured.append(measured)
            if number == 0:
                self._emit_phases(measured)
            elif number >= self._loaders:
                self._emit_loader(self._plans[number].workers, measured)

    def judge(self) -> None:
        """Emit where the step goes and what that means."""
        settings, first = self.settings, self._measured[0]
        emit_finding(judge_phases(first), self.out)
        share = self._fixed_share()
        cores = settings.cores if settings.is_cpu else None
        is_told = settings.is_cpu and not settings.workers
        others = first.others if is_told else 0.0
        around = Around(cores, settings.threads, share, others)
        emit("measurement", self.out, name="steptime.fixed_compute_share", value=share, unit="")
        busy = judge_busy("steptime", others, settings.cores)
        if busy is not None:
            emit_finding(busy, self.out)
        emit_finding(cause_of_step(first.point, around), self.out)

    def _emit_phases(self, measured: Measured) -> None:
        point = measured.point
        for name, unit, value in (
            ("samples_per_s", "1/s", point.samples_per_s),
            ("step_time", "ms", point.step_ms),
            ("spread", "%", point.spread_pct),
        ):
            labels = {"world_size": self.ranks, "batch_per_rank": point.batch_per_rank}
            emit("measurement", self.out, name="steptime." + name, value=value, unit=unit, **labels)
        for phase, time_ms in zip(NAMES, measured.phases):
            share = None if time_ms is None else 100 * time_ms / measured.phases.sum_ms
            row = {"phase": phase, "time_ms": time_ms, "share_pct": share}
            emit_row("steptime", row, self.out)

    def _emit_loader(self, workers: int, measured: Measured) -> None:
        point = measured.point
        row = {
            "workers": workers,
            "samples_per_s": point.samples_per_s,
            "step_time_ms": point.step_ms,
            "data_wait_ms": point.data_wait_ms,
            "spread_pct": point.spread_pct,
        }
        emit_row("steptime_loaders", row, self.out)

    def _fixed_share(self) -> float | None:
        if self._loaders < 2 or len(self._measured) < 2:
            return None
        whole, part = self._measured[0].point, self._measured[1].point
        if whole.compute_ms is None or part.compute_ms is None:
            return None
        return fixed_share(
            whole.batch_per_rank, whole.compute_ms, part.batch_per_rank, part.compute_ms
        )


def judge_phases(measured: Measured) -> Finding:
    """Say where most of the step goes. Pure."""
    times = [(time_ms, name) for name, time_ms in zip(NAMES, measured.phases) if time_ms]
    step_ms, sum_ms = measured.point.step_ms, measured.phases.sum_ms
    largest = sorted(times, reverse=True)[:2]
    parts = ", ".join(f"{name} {time_ms / sum_ms:.0%}" for time_ms, name in largest)
    what = f"a step takes {step_ms:.1f} ms; most of it: {parts}"
    return Finding(OK, "steptime.largest", what)


def parse_rank_count(options: argparse.Namespace, gpu_count: int) -> int:
    """Return the world size: by default every GPU, on a CPU two. Raises ValueError."""
    text = options.ranks.strip()
    if not text:
        is_cpu = backend_of(options, gpu_count) == "gloo"
        return min(CPU_RANKS, max(1, count_cores())) if is_cpu else gpu_count
    if not text.isdecimal() or int(text) < 1:
        raise ValueError(f"--ranks {text}: must be a number, 1 or more")
    return int(text)


def parse_workers(text: str) -> list[int]:
    """Return the worker counts of `0,2,4`. Raises ValueError."""
    words = [word.strip() for word in text.split(",") if word.strip()]
    if not all(word.isdecimal() for word in words):
        raise ValueError(f"--sweep-workers {text}: not counts such as 0,2,4")
    return sorted({int(word) for word in words})
