"""One probe of `cockpit memory`: a preset's own training, started, measured from outside, ended.

`python -P -m cockpit.supervise.memory_probe --preset NAME --batch N …`, started by the tool, which
reads JSON lines from the descriptor in COCKPIT_PROBE_PIPE. It ends when its stdin is closed.
"""

from __future__ import annotations

import signal
import sys
import tempfile
import time
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Final

from cockpit.devices.feed import DeviceFeed
from cockpit.errors import CockpitError
from cockpit.runs.layout import RunPaths
from cockpit.supervise.job import Job
from cockpit.supervise.members import Members
from cockpit.supervise.oom_kills import OomKills, count_kernel_kills
from cockpit.supervise.prepare import Prepared
from cockpit.supervise.probe_gauge import INTERVAL_S, Gauge, GpuGauge, HostGauge
from cockpit.supervise.probe_job import (
    foreign_pids,
    how_it_failed,
    last_words,
    leased,
    start_training,
)
from cockpit.supervise.probe_line import Line
from cockpit.supervise.probe_plan import (
    ProbeOrder,
    attempt_of,
    parse_order,
    prepare_probe,
    shown_command,
    where_of,
)
from cockpit.supervise.probe_process import tell
from cockpit.supervise.probe_watch import Signs, Watch, end_job, last_texts
from cockpit.units import binary
from cockpit.views.explain import cause_of_run

OK: Final = "ok"
OUT_OF_MEMORY: Final = "out of memory"
FAILED: Final = "failed"
OOM_CAUSES: Final = frozenset({"cuda_oom", "cublas_alloc_failed", "host_oom_kill"})
LOOK_S: Final = 0.2
SAY_S: Final = 1.0

Told = dict[str, str | int | float | None]


def main() -> int:
    """Do the probe that the command line describes, and tell how it ended."""
    order = parse_order(sys.argv[1:])
    return tell(
        lambda line: {"end": _probe_apart(order, line)}, lambda error: {"end": _end_by(error)}
    )


def _probe_apart(order: ProbeOrder, line: Line) -> Told:
    """Return what `probe` does in a folder that is gone afterwards."""
    with suppress(OSError):  # the kernel shall end this training first when memory runs out
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")
    with tempfile.TemporaryDirectory(prefix="cockpit-memory-", ignore_cleanup_errors=True) as root:
        return probe(order, RunPaths(Path(root).resolve()), line)


def _end_by(error: CockpitError) -> Told:
    return {"outcome": FAILED, "trainer_error": error.problem, "remedy": error.remedy or None}


def probe(order: ProbeOrder, paths: RunPaths, line: Line) -> Told:
    """Return how the training of one batch ended, and what it took. Nothing of it is left.

    Raises Cancelled, and CockpitError for a preset that cannot be started.
    """
    line.say({"doing": f"batch {order.batch}: planning"})
    prepared = prepare_probe(order, paths)
    with ExitStack() as stack:
        stack.enter_context(leased(prepared))
        feed = None
        if prepared.plan.gpu_uuids:
            feed = DeviceFeed(prepared.devices, INTERVAL_S)
            stack.callback(feed.close)
            feed.start()
        gauge = _gauge(order, prepared, feed)
        line.say({"limit_bytes": gauge.limit_bytes, "kind": gauge.kind})
        line.check()
        return Probe(order, prepared, gauge, feed, line).run()


class Probe:
    """One training that is measured."""

    def __init__(
        self,
        order: ProbeOrder,
        prepared: Prepared,
        gauge: Gauge,
        feed: DeviceFeed | None,
        line: Line,
    ) -> None:
        self._order = order
        self._prepared = prepared
        self._plan = prepared.plan
        self._paths = prepared.paths
        self._record = attempt_of(prepared, "memory probe")
        self._gauge = gauge
        self._feed = feed
        self._line = line
        self._members = Members(prepared.paths)
        self._signs = Signs(prepared.paths.log, prepared.plan.results)
        self._watch = Watch(time.monotonic(), order.limit_s, order.is_longer)
        self._oom_kills = OomKills()
        self._kernel_kills = count_kernel_kills()

    def run(self) -> Told:
        """Start it, measure it until it is steady or over, end it, and judge it."""
        shown = shown_command(self._record)
        self._line.say({"command": shown})
        job = start_training(self._prepared, self._record)
        try:
            is_over_limit = self._follow(job)
            ended = job.poll()
        finally:
            is_gone = end_job(job, self._members, foreign_pids(self._feed))
        told = self._judge(ended.exit_code if ended else None, is_over_limit=is_over_limit)
        if not is_gone:
            told["doubt"] = "a process of it hangs in the kernel and may still hold memory"
        return told

    def _follow(self, job: Job) -> bool:
        """Watch it until nothing new is to be seen; True: it took more than there is."""
        said_s = 0.0
        while True:
            self._members.scan(job.identity.pid, foreign_pids(self._feed))
            pids = [one.pid for one in self._members.alive()]
            now_s = time.monotonic()
            self._watch.take(self._gauge.read(pids), self._signs.count(), now_s)
            limit = self._gauge.limit_bytes
            if limit is not None and self._watch.peak_bytes > limit:
                return True
            if job.poll() is not None:
                return False
            if self._watch.is_steady(now_s) or self._watch.is_late(now_s):
                return False
            if now_s - said_s >= SAY_S:
                said_s = now_s
                self._line.say({"doing": self._doing(now_s)})
            self._line.wait(LOOK_S)

    def _doing(self, now_s: float) -> str:
        peak = binary(self._watch.peak_bytes)
        seconds = now_s - self._watch.began_s
        return f"batch {self._order.batch}: {seconds:.0f} s, {peak} on {where_of(self._plan)}"

    def _judge(self, exit_code: int | None, *, is_over_limit: bool) -> Told:
        now_s, peak = time.monotonic(), self._watch.peak_bytes
        if is_over_limit:
            return {"outcome": OUT_OF_MEMORY, "needed_bytes": peak}
        if exit_code:
            return self._failed(exit_code)
        fields = self._gauge.fields(peak)
        if not any(fields.values()):
            why = f"no memory of {where_of(self._plan)} was seen in use by its training"
            return {"outcome": FAILED, "trainer_error": why, "remedy": last_words(self._paths.log)}
        doubt = self._watch.doubt(now_s) or self._gauge.doubt
        held = f"{now_s - self._watch.began_s:.0f} s of its own training"
        return {"outcome": OK, **fields, "held": held, **({"doubt": doubt} if doubt else {})}

    def _failed(self, exit_code: int) -> Told:
        """Return why it ended by itself, and badly: for want of memory, or else."""
        kills = self._oom_kills.since_then(self._members.pids())
        batch = self._order.batch
        cause, _ = cause_of_run(self._paths, exit_code, batch=batch, oom_kills=kills)
        self._keep_log()
        code = cause.facts.get("exit_code") if cause else None
        is_killed = -signal.SIGKILL in (exit_code, code) and self._has_kernel_killed()
        if is_killed or (cause is not None and cause.code in OOM_CAUSES):
            asked = cause.facts.get("asked_bytes") if cause else None
            needed = self._watch.peak_bytes + (asked if isinstance(asked, int) else 0)
            return {"outcome": OUT_OF_MEMORY, "needed_bytes": needed or None}
        remedy = cause.remedy if cause else None
        why = how_it_failed(exit_code, cause)
        return {"outcome": FAILED, "trainer_error": why, "remedy": remedy}

    def _has_kernel_killed(self) -> bool:
        """Say whether the kernel killed somebody for memory meanwhile; who else sends SIGKILL?"""
        return self._kernel_kills is None or count_kernel_kills() != self._kernel_kills

    def _keep_log(self) -> None:
        """Print the end of its log, which is about to be deleted: the tool keeps what we print."""
        print(f"--- log of batch {self._order.batch}", *last_texts(self._paths.log), sep="\n")
        sys.stdout.flush()


def _gauge(order: ProbeOrder, prepared: Prepared, feed: DeviceFeed | None) -> Gauge:
    if feed is None:
        return HostGauge(order.limit_bytes or order.host_bytes)
    return GpuGauge(feed, prepared.plan.gpu_uuids[0], order.limit_bytes)


if __name__ == "__main__":
    sys.exit(main())
