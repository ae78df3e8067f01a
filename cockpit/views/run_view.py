"""All that is known of a run at one moment: the one value that both faces show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cockpit.analysis.eta import Eta
from cockpit.calibrations.calibration import Foretold
from cockpit.metrics.series import MetricTable, TrainerFacts
from cockpit.processes.identity import ProcessIdentity
from cockpit.runs.alert import Alert
from cockpit.runs.gpu_figures import GpuFigures
from cockpit.runs.phase import Phase
from cockpit.runs.usage import RunUsage


@dataclass(frozen=True, slots=True)
class RunProcess:
    """One process of a run, as the supervisor recorded it."""

    identity: ProcessIdentity
    role: str
    """launcher, rank, worker"""
    rank: int | None
    argv: tuple[str, ...]
    is_alive: bool


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A file that training can continue from."""

    path: Path
    size_bytes: int
    modified: float
    """Epoch seconds."""
    epoch: int | None = None
    """The one that it holds, 1-based as the results count; None: nothing tells."""
    said: str = ""
    """The epoch or step as its name says it, as its trainer counts: `epoch 25`, `step 500`."""
    problem: str | None = None
    """Why it cannot be loaded; None: nothing speaks against it, or nobody looked."""
    is_checked: bool = False
    """Somebody looked whether it can be loaded."""


@dataclass(frozen=True, slots=True)
class Output:
    """A file that a run left beside its results and checkpoints: a plot, predictions."""

    path: Path
    size_bytes: int
    modified: float
    """Epoch seconds."""


@dataclass(frozen=True, slots=True)
class Opened:
    """What is shown of a run that was opened, not started here."""

    path: Path
    """What was named: a folder, a file, an archive."""
    kind: str
    """What it turned out to be: `Ultralytics run`, `copy of a cockpit run`, `results file`."""


@dataclass(frozen=True, slots=True)
class GitState:
    """The code that ran."""

    commit: str
    changed_files: int


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked for when the run was born, from run.json."""

    argv: tuple[str, ...] = ()
    env: dict[str, str] = field(default_factory=dict)
    cwd: Path = Path()
    world_size: int = 1
    global_batch: int | None = None
    batch_per_rank: int | None = None
    gpu_names: tuple[str, ...] = ()
    python: str = ""
    python_version: str = ""
    torch: str | None = None
    git: GitState | None = None


@dataclass(frozen=True, slots=True)
class RunView:
    """One run as it is known at `time`. Missing values are None."""

    run_id: str
    name: str
    preset: str
    directory: Path
    phase: Phase
    time: float
    """When this was read, epoch seconds."""
    host: str = ""
    is_remote: bool = False
    """The run belongs to another host: its phase is hearsay, see `last_sign`."""
    last_sign: float | None = None
    """When the supervisor last wrote, epoch seconds."""
    created: float | None = None
    started: float | None = None
    """When its first attempt began."""
    attempt_started: float | None = None
    earlier_s: float = 0.0
    """How long the attempts before this one ran."""
    ended: float | None = None
    exit_code: int | None = None
    """Negative: killed by that signal. None: not ended, or nobody saw it."""
    problem: str | None = None
    """Why the run failed or needs somebody, in one sentence without a full stop."""
    remedy: str | None = None
    """What to try, when there is something."""
    is_simulated: bool = False
    """Its GPUs are simulated; every screen says so."""
    gpus: tuple[int, ...] = ()
    """gpu_index; empty on CPU, and while it waits for them."""
    attempt: int = 1
    queue_place: int | None = None
    """1: it gets the next free GPUs; None: it does not wait for any."""
    next_attempt: float | None = None
    """When it is started again by itself, epoch seconds."""
    cause: str | None = None
    """The stable code of why it failed."""
    metrics: MetricTable = field(default_factory=MetricTable)
    epoch: int | None = None
    """The last completed one, 1-based."""
    epochs: int | None = None
    epoch_part: float | None = None
    """How much of the next epoch is done, 0 to 1, where the log tells."""
    reading: float | None = None
    """How much of a long results file was read, 0 to 1; None: all of it."""
    eta: Eta | None = None
    foretold: Foretold | None = None
    """What was said of its length as it began; None where nobody could say anything."""
    samples_per_s: float | None = None
    """Over the whole world."""
    data_wait: float | None = None
    """Share of its time that it waits for data, 0 to 1, where the trainer tells."""
    results: Path | None = None
    """The file that the curves come from."""
    results_written: float | None = None
    """When the last row of its curves was written, epoch seconds, where that is known."""
    found: str | None = None
    """What `auto` found, and why it was taken for the results."""
    trainer: TrainerFacts = field(default_factory=TrainerFacts)
    """What the trainer says of itself."""
    reader: str = "none"
    """The name of what reads it."""
    checkpoints: tuple[Checkpoint, ...] = ()
    """Newest first."""
    outputs: tuple[Output, ...] = ()
    """Newest first, and no more than a screen can show."""
    settings: Mapping[str, str] = field(default_factory=dict)
    """What the trainer was told, in its own words: model, data, epochs, batch, lr0 …"""
    opened: Opened | None = None
    """None: it was started by cockpit, here."""
    processes: tuple[RunProcess, ...] = ()
    supervisor: ProcessIdentity | None = None
    supervisor_is_alive: bool = False
    log: Path = Path()
    log_bytes: int = 0
    asked: Asked = field(default_factory=Asked)
    headline: tuple[str, ...] = ()
    """Names of the metrics that matter most, best first; the preset's choice or guessed."""
    alerts: tuple[Alert, ...] = ()
    """What its supervisor's instruments noticed and what still holds; empty once it is over."""
    gpu_figures: tuple[GpuFigures, ...] = ()
    """Means, peaks and energy of its GPUs so far."""
    gpu_ranks: Mapping[str, int | None] = field(default_factory=dict)
    """The UUID of each of its GPUs to its rank as planned; see `gpu_ranks.seen_ranks`."""
    rank_memory_bytes: int | None = None
    """The most that a rank held of the host's memory; None on GPUs."""
    usage: RunUsage | None = None
    """CPU, memory and workers of its processes; None where no supervisor tells."""

    @property
    def duration_s(self) -> float | None:
        """How long the job ran, over all attempts; pauses between them left out."""
        began = self.attempt_started or self.started
        if began is None:
            return None
        return self.earlier_s + (self.ended if self.ended is not None else self.time) - began
