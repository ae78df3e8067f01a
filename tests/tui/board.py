"""Runs and readings that stand still, for the screens."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from cockpit.analysis.eta import Eta
from cockpit.devices.sample import (
    DeviceInventory,
    DeviceReading,
    DeviceSource,
    GpuProcess,
    GpuSample,
    HostSample,
)
from cockpit.metrics.series import MetricSeries, MetricTable
from cockpit.processes.identity import ProcessIdentity
from cockpit.runs.phase import Phase
from cockpit.units import GIB
from cockpit.views.run_view import Asked, Checkpoint, GitState, RunProcess, RunView

NOW = 1_795_200_187.0
"""2026-11-20 18:43:07 UTC."""


@dataclass
class StillRuns:
    """Runs that a test sets."""

    views: tuple[RunView, ...] = ()
    asked: int = field(default=0)

    def read(self, now_s: float) -> tuple[RunView, ...]:
        self.asked += 1
        return self.views


@dataclass
class StillDevices:
    """Readings that a test sets."""

    reading: DeviceReading
    is_open: bool = False

    def start(self) -> None:
        self.is_open = True

    def latest(self) -> DeviceReading:
        return self.reading

    def close(self) -> None:
        self.is_open = False


def host() -> HostSample:
    return HostSample(NOW, 97.0, 8, int(5.9 * GIB), 16 * GIB, 0, 212 * GIB, 4.2, 8 * GIB)


def cpu_only() -> DeviceReading:
    problem = "no NVIDIA driver here, so training runs on the CPU"
    return DeviceReading(DeviceInventory(DeviceSource.NONE, (), None, problem), (), host())


def gpu(
    index: int, *, pid: int | None = None, age_s: float = 0.0, problem: str | None = None
) -> GpuSample:
    return GpuSample(
        gpu_index=index,
        gpu_uuid=f"GPU-{index}",
        name="NVIDIA GeForce RTX 2080",
        time=NOW - age_s,
        utilization_pct=86 + index % 8,
        memory_used_bytes=int(6.1 * GIB),
        memory_total_bytes=8 * GIB,
        temperature_c=70 + index % 8,
        temperature_slowdown_c=93,
        power_w=206 + index % 8,
        power_limit_w=215,
        processes=() if pid is None else (GpuProcess(pid, int(6.1 * GIB)),),
        problem=problem,
    )


def gpus(samples: Iterable[GpuSample], source: DeviceSource = DeviceSource.NVML) -> DeviceReading:
    cards = tuple(samples)
    return DeviceReading(DeviceInventory(source, cards, "570.133", None), cards, host())


def process(
    pid: int, role: str = "rank", rank: int | None = None, *, alive: bool = True
) -> RunProcess:
    return RunProcess(ProcessIdentity(pid, 1, "boot"), role, rank, ("python",), alive)


def curves(epochs: int, total: int) -> MetricTable:
    at = tuple(float(epoch) for epoch in range(1, epochs + 1))
    series = {
        "loss": MetricSeries("loss", at, tuple(2.4 / epoch**0.6 for epoch in at)),
        "accuracy": MetricSeries("accuracy", at, tuple(1 - 0.5 / epoch for epoch in at)),
    }
    return MetricTable(series, epoch=epochs, epochs=total)


def run(name: str = "quickstart", phase: Phase = Phase.RUNNING, *, directory: Path | None = None,
        run_id: str = "", epoch: int = 6, epochs: int = 10, gpus: tuple[int, ...] = (),
        problem: str | None = None, ended: float | None = None, exit_code: int | None = None,
        log: Path | None = None,
        processes: tuple[RunProcess, ...] | None = None) -> RunView:  # fmt: skip
    run_id = run_id or f"{name}-20261120-184200"
    directory = directory or Path("/srv/runs") / run_id
    running = phase.is_live
    if processes is None:
        ranks = (process(41234, rank=0, alive=running), process(41235, rank=1, alive=running))
        processes = (process(41233, "launcher", alive=running), *ranks)
    return RunView(
        run_id=run_id,
        name=name,
        preset="quickstart",
        directory=directory,
        phase=phase,
        time=NOW,
        host="gpu-server",
        last_sign=NOW - 2,
        created=NOW - 30,
        started=None if phase is Phase.QUEUED else NOW - 29,
        ended=ended if ended is not None or not phase.is_over else NOW - 5,
        exit_code=exit_code,
        problem=problem,
        gpus=gpus,
        metrics=curves(epoch, epochs),
        epoch=epoch,
        epochs=epochs,
        eta=Eta(60, 56, 64, "last 5 epochs") if running else None,
        samples_per_s=3180.0 if running else None,
        results=directory / "out" / "results.csv",
        checkpoints=(
            Checkpoint(directory / "out" / "last.pt", 5 << 20, NOW - 12),
            Checkpoint(directory / "out" / "best.pt", 5 << 20, NOW - 14),
        ),
        processes=processes,
        supervisor=ProcessIdentity(41207, 1, "boot"),
        supervisor_is_alive=running and phase is not Phase.UNSUPERVISED,
        log=log or directory / "train.log",
        asked=Asked(
            argv=("/opt/venv/bin/python", "-m", "torch.distributed.run", "--standalone",
                  "--nproc-per-node", "2", "train.py", "--epochs", "10"),
            env={"OMP_NUM_THREADS": "1"},
            cwd=Path("/srv/presets"),
            world_size=2,
            global_batch=128,
            batch_per_rank=64,
            python="/opt/venv/bin/python",
            python_version="3.11.7",
            torch="2.13.0",
            git=GitState("a41c9e2f00", 2),
        ),
        headline=("accuracy", "loss"),
    )  # fmt: skip
