"""The one place that knows the names of a run's files; docs/architecture.md lists the writers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class RunPaths:
    """The files of one run."""

    root: Path

    @property
    def run_id(self) -> str:
        """The folder's name is the run's identity."""
        return self.root.name

    @property
    def marks(self) -> dict[str, str]:
        """Variables that every process of the run carries, and by which it is found again.

        An id is unique in one runs folder only: two people may share a box, a name and a second.
        """
        return {"COCKPIT_RUN_ID": self.run_id, "COCKPIT_RUN_DIR": str(self.root)}

    @property
    def run(self) -> Path:
        """What was asked; written once by the launcher."""
        return self.root / "run.json"

    @property
    def config(self) -> Path:
        """Files derived for the trainer; written once by the launcher."""
        return self.root / "config"

    def attempt(self, number: int) -> Path:
        """What was really started; written once by the supervisor. Numbers start at 1."""
        return self.root / "attempts" / f"{number}.json"

    @property
    def forecast(self) -> Path:
        """What was foretold as the job began; written once by the supervisor."""
        return self.root / "forecast.json"

    @property
    def state(self) -> Path:
        """Phase, processes, times; replaced by the supervisor."""
        return self.root / "state.json"

    @property
    def events(self) -> Path:
        """What happened, in order; appended by the supervisor."""
        return self.root / "events.jsonl"

    @property
    def gpu_samples(self) -> Path:
        """GPU readings; appended by the supervisor."""
        return self.root / "gpu.jsonl"

    @property
    def host_samples(self) -> Path:
        """Host readings; appended by the supervisor."""
        return self.root / "host.jsonl"

    @property
    def processes(self) -> Path:
        """Every process that was ever part of the run; appended by the supervisor."""
        return self.root / "processes.jsonl"

    @property
    def log_sizes(self) -> Path:
        """(time, size of train.log) each second it grew; appended by the supervisor."""
        return self.root / "log_sizes.jsonl"

    @property
    def supervisor_log(self) -> Path:
        """The supervisor's own words."""
        return self.root / "supervisor.log"

    @property
    def log(self) -> Path:
        """Standard output and error of the job, written by the job itself."""
        return self.root / "train.log"

    @property
    def out(self) -> Path:
        """`{out}` of a preset: the trainer writes here."""
        return self.root / "out"

    @property
    def kept_results(self) -> Path:
        """Copy of a results file that lies elsewhere, made at the end; by the supervisor."""
        return self.root / "results"

    @property
    def report(self) -> Path:
        """What is known of the run, for people; replaced by `cockpit report`."""
        return self.root / "reports" / "report.md"

    @property
    def ranks(self) -> Path:
        """The log of each rank, where torchrun keeps one; by the job."""
        return self.root / "ranks"

    @property
    def resume_request(self) -> Path:
        """How the run is to be continued; consumed by the supervisor that does it."""
        return self.root / "requests" / "resume.json"

    @property
    def stop_request(self) -> Path:
        """Written by whoever wants the run stopped; consumed by the supervisor."""
        return self.root / "requests" / "stop.json"

    @property
    def lock(self) -> Path:
        """Held while the supervisor lives."""
        return self.root / "supervisor.lock"
