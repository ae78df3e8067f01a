"""A probe's training: started as that of a run is, and what is said of one that failed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from cockpit.analysis.cause import Cause
from cockpit.devices.feed import DeviceFeed
from cockpit.errors import GpusBusy, LaunchError
from cockpit.runs.attempt import AttemptRecord
from cockpit.supervise.job import SpawnedJob, spawn
from cockpit.supervise.leases import give_back, take_all
from cockpit.supervise.prepare import Prepared
from cockpit.supervise.probe_plan import where_of
from cockpit.supervise.probe_watch import last_texts

LAST_LINES: Final = 6


@contextmanager
def leased(prepared: Prepared) -> Iterator[None]:
    """Keep other runs off the GPUs and the port meanwhile. Raises GpusBusy."""
    plan = prepared.plan
    held = take_all(
        plan.gpu_uuids,
        prepared.paths.run_id,
        is_simulated=prepared.machine.is_simulated,
        shares=prepared.request.shares,
        port=plan.port,
    )
    if held is None:
        raise GpusBusy(f"{where_of(plan)} was given to a run just now", "--gpu names another one")
    try:
        yield
    finally:
        give_back(held)


def start_training(prepared: Prepared, record: AttemptRecord) -> SpawnedJob:
    """Write what the trainer reads, and start it. Raises LaunchError."""
    paths = prepared.paths
    try:
        paths.out.mkdir(parents=True)
        for file, text in prepared.plan.files.items():
            file.parent.mkdir(exist_ok=True)
            file.write_text(text, encoding="utf-8")
        return spawn(record, paths)
    except OSError as error:
        why = f"cannot start {record.argv[0]}: {error.strerror}"
        raise LaunchError(why) from error


def how_it_failed(exit_code: int, cause: Cause | None) -> str:
    """Return how a training ended by itself, why, and the lines of its log that show it."""
    how = f"exit code {exit_code}" if exit_code > 0 else f"signal {-exit_code}"
    why = f"its training ended by itself with {how}"
    evidence = [one.text for one in cause.evidence[:LAST_LINES]] if cause else []
    return "\n".join([f"{why}: {cause.what}" if cause else why, *evidence])


def last_words(log: Path) -> str:
    """Return where to look for why a training showed nothing, with the end of its log."""
    return "\n".join(["see the end of its log:", *last_texts(log)[-LAST_LINES:]])


def foreign_pids(feed: DeviceFeed | None) -> list[int]:
    """Return the children of a probe that are no part of its training: what reads the GPUs."""
    pid = feed.poller_pid if feed is not None else None
    return [] if pid is None else [pid]
