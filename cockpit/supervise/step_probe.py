"""The process of a time probe: `python -P -m cockpit.supervise.step_probe JSON`.

Tells JSON lines to the descriptor in COCKPIT_PROBE_PIPE, and ends with its training when its
standard input is closed.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cockpit import locations
from cockpit.calibrations.lines import to_line
from cockpit.devices.feed import DeviceFeed
from cockpit.errors import CockpitError, ToolError
from cockpit.launch.weights import with_weights
from cockpit.runs.layout import RunPaths
from cockpit.supervise.job import Job
from cockpit.supervise.members import Members
from cockpit.supervise.oom_kills import OomKills
from cockpit.supervise.prepare import Prepared, prepare_preset, requested_preset
from cockpit.supervise.probe_gauge import INTERVAL_S, Gauge, GpuGauge, HostGauge
from cockpit.supervise.probe_job import (
    foreign_pids,
    how_it_failed,
    last_words,
    leased,
    start_training,
)
from cockpit.supervise.probe_line import Line
from cockpit.supervise.probe_plan import attempt_of, shown_command, where_of
from cockpit.supervise.probe_process import Told, tell
from cockpit.supervise.probe_result import calibration_of
from cockpit.supervise.probe_watch import end_job
from cockpit.supervise.request import RunRequest
from cockpit.supervise.start import as_record
from cockpit.supervise.time_watch import TimeWatch
from cockpit.supervise.weights import weights_of
from cockpit.views.explain import cause_of_run
from cockpit.views.train_samples import told_samples

FOLDER: Final = ".time-probe-"
LOOK_S: Final = 0.05
"""The time of a step is known to within this."""
SCAN_S: Final = 1.0
SAY_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class StepOrder:
    """What one probe is to do."""

    request: RunRequest
    steps: int
    limit_s: float


def main() -> int:
    """Do the probe that the command line describes, and tell how it ended."""
    return tell(_probe_apart, error_told)


def _probe_apart(line: Line) -> Told:
    """Return what `probe` does in a folder that is gone afterwards."""
    order = parse_order(sys.argv[1])
    data = locations.data_dir()  # the disk on which a run would write
    data.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=FOLDER, dir=data, ignore_cleanup_errors=True) as root:
        line.say({"folder": root})
        return probe(order, RunPaths(Path(root).resolve()), line)


def parse_order(text: str) -> StepOrder:
    """Return what is asked for."""
    asked = json.loads(text)
    fields = asked["request"]
    overrides = tuple((name, value) for name, value in fields["overrides"])
    request = RunRequest(**{**fields, "overrides": overrides, "queues": False, "step": None})
    return StepOrder(request, asked["steps"], asked["limit_s"])


def error_told(error: CockpitError) -> Told:
    """Return an error as it is told."""
    kind = type(error).__name__
    return {"error": {"kind": kind, "problem": error.problem, "remedy": error.remedy}}


def probe(order: StepOrder, paths: RunPaths, line: Line) -> Told:
    """Return what the training took, as it is told. Nothing of it is left.

    Raises Cancelled, what a launch raises, and ToolError for a training that fails.
    """
    line.say({"doing": "planning"})
    preset = with_weights(requested_preset(order.request), weights_of)
    prepared = prepare_preset(preset, order.request, paths=paths)
    with ExitStack() as stack:
        stack.enter_context(leased(prepared))
        feed = _feed(prepared)
        if feed is not None:
            stack.callback(feed.close)
            feed.start()
        line.check()
        return Probe(order, prepared, feed, line).run()


class Probe:
    """One training whose steps are timed."""

    def __init__(
        self, order: StepOrder, prepared: Prepared, feed: DeviceFeed | None, line: Line
    ) -> None:
        self._order = order
        self._prepared = prepared
        self._paths = prepared.paths
        self._feed = feed
        self._line = line
        self._members = Members(prepared.paths)
        self._oom_kills = OomKills()
        self._gauge: Gauge = (
            HostGauge(None) if feed is None else GpuGauge(feed, prepared.plan.gpu_uuids[0], None)
        )
        self._peak_bytes: int | None = None

    def run(self) -> Told:
        """Start it, watch it until enough was seen, end it, and tell what it took."""
        attempt = attempt_of(self._prepared, "time probe")
        self._line.say({"command": shown_command(attempt)})
        record = as_record(self._prepared, time.time())
        job = start_training(self._prepared, attempt)
        try:
            samples = told_samples(self._prepared.preset)
            watch = TimeWatch(record, self._paths, samples)
            total_s = self._follow(job, watch)
            ended = job.poll()
        finally:
            end_job(job, self._members, foreign_pids(self._feed))
        if ended is not None and ended.exit_code:
            raise self._failure(ended.exit_code)
        found = calibration_of(self._prepared, watch, total_s, self._peak_bytes)
        if found is None:
            raise self._nothing_seen(has_ended=ended is not None)
        return {"calibration": to_line(found)}

    def _follow(self, job: Job, watch: TimeWatch) -> float | None:
        """Look until enough was seen; return how long the whole job took if it came to its end."""
        scanned_s = said_s = 0.0
        while True:
            has_ended = job.poll() is not None
            now_s = watch.look()
            if has_ended:
                return now_s
            if watch.seen.is_enough(self._order.steps, now_s) or now_s >= self._order.limit_s:
                return None
            if now_s - scanned_s >= SCAN_S:
                scanned_s = now_s
                self._scan(job)
            if now_s - said_s >= SAY_S:
                said_s = now_s
                doing = self._doing(watch, now_s)
                self._line.say({"doing": doing, "steps": watch.seen.steps()})
            self._line.wait(LOOK_S)

    def _scan(self, job: Job) -> None:
        """Find its processes, and ask what the first rank holds."""
        self._members.scan(job.identity.pid, foreign_pids(self._feed))
        pids = {one.pid for one in self._members.alive()}
        if self._prepared.plan.world_size > 1 and self._feed is None:
            ranks = self._members.ranks()
            pids = {pid for pid in pids if ranks.get(pid) == 0}
        used = self._gauge.read(pids)
        if used is not None:
            self._peak_bytes = max(self._peak_bytes or 0, used)

    def _doing(self, watch: TimeWatch, now_s: float) -> str:
        steps, step_s = watch.seen.steps(), watch.seen.pace().step_s
        where = where_of(self._prepared.plan)
        epochs = watch.seen.epochs
        if not steps:
            done = f"{epochs} epoch{'s' * (epochs != 1)} done" if epochs else "no step seen yet"
            return f"{now_s:.0f} s on {where}, {done}"
        each = f", {step_s:.3g} s each" if step_s else ""
        of = f" of {self._order.steps}" if steps < self._order.steps else ""
        return f"{now_s:.0f} s on {where}, {steps:.0f}{of} steps{each}"

    def _failure(self, exit_code: int) -> ToolError:
        kills = self._oom_kills.since_then(self._members.pids())
        batch = self._prepared.plan.batch
        per_rank = batch.batch_per_rank if batch else None
        cause, _ = cause_of_run(self._paths, exit_code, batch=per_rank, oom_kills=kills)
        remedy = (cause.remedy if cause else None) or last_words(self._paths.log)
        return ToolError(how_it_failed(exit_code, cause), remedy)

    def _nothing_seen(self, *, has_ended: bool) -> ToolError:
        when = "before it was over" if has_ended else f"within {self._order.limit_s:.0f} s"
        why = f"no step and no epoch of its training was seen to end {when}"
        return ToolError(why, last_words(self._paths.log))


def _feed(prepared: Prepared) -> DeviceFeed | None:
    """Return what reads the GPUs; None where there are none but simulated ones."""
    if not prepared.plan.gpu_uuids or prepared.machine.is_simulated:
        return None
    return DeviceFeed(prepared.devices, INTERVAL_S)


if __name__ == "__main__":
    sys.exit(main())
