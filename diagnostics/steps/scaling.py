"""`scaling`: throughput on 1, 2, 4, … ranks, what it costs to have more, and where to stop."""

from __future__ import annotations

from typing import Any, Sequence, TextIO

from diagnostics.collectives.plan import count_gpus
from diagnostics.emit import NOTE, Finding, emit, emit_finding, emit_row
from diagnostics.ranks.run import RanksStopped
from diagnostics.steps.cause import Around, cause_of_scaling, fixed_share
from diagnostics.steps.laws import Point, baseline, karp_flatt, scaling_efficiency, speedup
from diagnostics.steps.options import (
    PROBE,
    PROBE_BLOCKS,
    Settings,
    default_ranks,
    emit_setup,
    make_parser,
    parse_ranks,
    settings_of,
)
from diagnostics.steps.order import Plan, blocks_of
from diagnostics.steps.runs import Course, Crew, ModelBroken, RanksLost, judge_model, run_order
from diagnostics.steps.verdicts import (
    judge_busy,
    judge_dp,
    judge_efficiency,
    judge_stop,
    judge_threads,
)

MODES = ("weak", "strong")
"""Weak: every rank has the batch. Strong: the ranks share the batch."""
DDP, DP = "ddp", "dp"


def scaling(arguments: list[str], out: TextIO) -> tuple[str, str]:
    """Measure each world size, emit its rows, and judge what there is at the end."""
    parser = make_parser("scaling")
    parser.add_argument("--mode", default="weak", choices=(*MODES, "both"))
    options = parser.parse_args(arguments)
    gpu_count = count_gpus(options)
    sizes = parse_ranks(options.ranks, default_ranks(gpu_count))
    settings = settings_of(options, gpu_count, sizes[-1])
    modes = MODES if options.mode == "both" else (options.mode,)
    sweep = Sweep(settings, sizes, modes, out)
    try:
        lost = sweep.run()
    except ModelBroken as error:
        return judge_model(error, "scaling", out)
    except RanksStopped as stop:
        return "stopped", f"{stop}: what was measured until then is kept"
    sweep.judge()
    if lost:
        return "failed", "; ".join(lost)
    return "passed", f"{len(sizes)} world sizes on {settings.backend}"


class Sweep:
    """What is to be measured, and what has been."""

    def __init__(
        self, settings: Settings, sizes: list[int], modes: Sequence[str], out: TextIO
    ) -> None:
        self.settings = settings
        self.sizes = sizes
        self.modes = modes
        self.out = out
        self.points: dict[tuple[str, str], list[Point]] = {}
        self._probe: float | None = None
        self._others = 0.0
        plans = [plan for size in sizes for plan in self._plans(size)]
        if not settings.is_cpu:
            plans += [plan for size in sizes[1:] for plan in self._shared(size)]
        blocks = sum(blocks_of(plan, settings.blocks) for plan in plans)
        self._course = Course("scaling", blocks, out)

    def run(self) -> list[str]:
        """Measure all; return which world sizes were lost, and why."""
        self._say_how()
        lost: list[str] = []
        for size in self.sizes:
            for method in self._methods(size):
                try:
                    self._measure(size, method)
                except RanksLost as error:
                    ranks = "1 rank" if size == 1 else f"{size} ranks"
                    lost.append(f"{ranks} ({method}): {error}")
        return lost

    def judge(self) -> None:
        """Emit what the figures mean."""
        points = self.points.get((self.modes[0], DDP), [])
        around = Around(
            self.settings.cores if self.settings.is_cpu else None,
            self.settings.threads,
            self._fixed_share(),
            self._busy_elsewhere(),
        )
        share = around.fixed_share
        emit("measurement", self.out, name="scaling.fixed_compute_share", value=share, unit="")
        for mode in self.modes:
            of_mode = self.points.get((mode, DDP), [])
            findings = (judge_efficiency(of_mode, mode), judge_stop(of_mode, mode))
            for finding in filter(None, findings):
                emit_finding(finding, self.out)
        compared = judge_dp(points, self.points.get((self.modes[0], DP), []))
        if compared is not None:
            emit_finding(compared, self.out)
        busy = judge_busy("scaling", around.others, self.settings.cores)
        if busy is not None:
            emit_finding(busy, self.out)
        emit_finding(cause_of_scaling(points, around), self.out)

    def _say_how(self) -> None:
        settings = self.settings
        emit_setup("scaling", settings, self.sizes, self.out)
        if settings.is_cpu:
            labels = {"cores": settings.cores, "ranks": self.sizes[-1]}
            name = "scaling.threads_per_rank"
            emit("measurement", self.out, name=name, value=settings.threads, unit="", **labels)
            emit_finding(judge_threads(settings.threads, settings.cores), self.out)
            what = "DataParallel spreads one process over GPUs: there is none to compare with"
            emit_finding(Finding(NOTE, "scaling.dp", what), self.out)
        left_out = [size for size in self.sizes if settings.batch % size]
        if "strong" in self.modes and left_out:
            what = "strong scaling leaves out {} ranks: they cannot share {} samples evenly"
            what = what.format(", ".join(map(str, left_out)), settings.batch)
            remedy = "a --batch-per-rank that every number of ranks divides"
            emit_finding(Finding(NOTE, "scaling.indivisible", what, remedy), self.out)

    def _methods(self, size: int) -> tuple[str, ...]:
        return (DDP,) if size == 1 or self.settings.is_cpu else (DDP, DP)

    def _batches(self, size: int) -> dict[str, int]:
        """Return the batch of a rank in each mode that this world size can have."""
        batch = self.settings.batch
        batches = {"weak": batch, "strong": 0 if batch % size else batch // size}
        return {mode: batches[mode] for mode in self.modes if batches[mode]}

    def _plans(self, size: int) -> list[Plan]:
        workers, probe = self.settings.workers, max(1, self.settings.batch // PROBE)
        batches = dict.fromkeys(self._batches(size).values())
        plans = [Plan(batch, workers) for batch in batches]
        if size == 1 and self.settings.batch > 1 and probe not in batches:
            plans.append(Plan(probe, workers, PROBE_BLOCKS))
        return plans

    def _shared(self, size: int) -> list[Plan]:
        """Return the plans of DataParallel: one process loads the batches of all."""
        batches = dict.fromkeys(self._batches(size).values())
        return [Plan(batch * size, self.settings.workers) for batch in batches]

    def _measure(self, size: int, method: str) -> None:
        is_dp = method == DP
        plans = self._shared(size) if is_dp else self._plans(size)
        if not plans:
            return
        crew = Crew(1 if is_dp else size, self.settings.backend, self.settings.limit_s)
        order = self.settings.order(plans, size if is_dp else 0)
        for number, measured in run_order(order, crew, self._course):
            point = measured.point
            self._others = max(self._others, measured.others)
            if is_dp:
                point = point._replace(world_size=size, batch_per_rank=plans[number].batch // size)
            self._take(point, method)

    def _take(self, point: Point, method: str) -> None:
        batches = self._batches(point.world_size)
        if point.batch_per_rank not in batches.values():
            self._probe = point.compute_ms
            return
        for mode, batch in batches.items():
            if batch == point.batch_per_rank:
                points = self.points.setdefault((mode, method), [])
                points.append(point)
                alone = baseline(self.points.get((mode, DDP), []))
                emit_row("scaling", row_of(point, alone, mode, method), self.out)

    def _busy_elsewhere(self) -> float:
        """Return the cores that others kept busy; 0 where that cannot be told from our own."""
        is_ours = self.settings.workers > 0 or not self.settings.is_cpu
        return 0.0 if is_ours else self._others

    def _fixed_share(self) -> float | None:
        alone = baseline(self.points.get((self.modes[0], DDP), []))
        if alone is None or alone.compute_ms is None or self._probe is None:
            return None
        smaller = max(1, self.settings.batch // PROBE)
        return fixed_share(alone.batch_per_rank, alone.compute_ms, smaller, self._probe)


def row_of(point: Point, alone: Point | None, mode: str, method: str) -> dict[str, Any]:
    """Return the line of the table; speed-up and what follows are None without one rank."""
    row: dict[str, Any] = {
        "mode": mode,
        "method": method,
        "world_size": point.world_size,
        "batch_per_rank": point.batch_per_rank,
        "global_batch": point.batch_per_rank * point.world_size,
        "samples_per_s": point.samples_per_s,
        "step_time_ms": point.step_ms,
        "speedup": None,
        "scaling_efficiency": None,
        "karp_flatt": None,
        "data_wait_ms": point.data_wait_ms,
        "compute_ms": point.compute_ms,
        "communication_ms": point.communication_ms,
        "spread_pct": point.spread_pct,
    }
    if alone is not None:
        rates = point.samples_per_s, alone.samples_per_s
        row["speedup"] = speedup(*rates)
        row["scaling_efficiency"] = scaling_efficiency(*rates, point.world_size)
        row["karp_flatt"] = karp_flatt(speedup(*rates), point.world_size)
    return row
