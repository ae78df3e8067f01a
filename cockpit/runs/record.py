"""What is written about a run, as values: run.json, state.json and the lines of processes.jsonl."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from cockpit.processes.identity import ProcessIdentity
from cockpit.runs.alert import Alert, parse_alert
from cockpit.runs.fields import Fields
from cockpit.runs.gpu_figures import GpuFigures, parse_gpu_figures
from cockpit.runs.phase import Phase
from cockpit.runs.usage import RunUsage, parse_usage

SCHEMA: Final = 1


@dataclass(frozen=True, slots=True)
class RunRecord:
    """run.json: what was asked, fixed at birth."""

    run_id: str
    name: str
    preset: str
    preset_file: Path
    created: float
    """Epoch seconds."""
    host: str
    argv: tuple[str, ...]
    env: Mapping[str, str]
    """Set over the inherited environment."""
    env_sources: Mapping[str, str]
    unset: tuple[str, ...]
    cwd: Path
    gpus: tuple[int, ...]
    gpu_names: tuple[str, ...]
    world_size: int
    reader: str
    devices: str
    """What the readings come from: auto, none, simulated:…"""
    python: str
    python_version: str
    python_reason: str
    results: Path | None = None
    results_before: str | None = None
    """What stood at `results` before the start (see `files.stamp`): not this run's."""
    checkpoint: Path | None = None
    headline: tuple[str, ...] = ()
    epochs: int | None = None
    batch_per_rank: int | None = None
    global_batch: int | None = None
    torch: str | None = None
    git_commit: str | None = None
    git_changed_files: int | None = None
    is_simulated: bool = False
    sources: Mapping[str, str] = field(default_factory=dict)
    """Dotted preset key to the layer that gave its value."""
    cockpit_version: str = ""
    origin: str = "project"
    document: Mapping[str, Any] = field(default_factory=dict)
    """The merged preset, so that a later attempt is planned from what was asked."""
    texts: Mapping[str, str] = field(default_factory=dict)
    """The trainer's own files as they were, by section: config, data."""
    torchrun_flags: tuple[str, ...] = ()
    """Newer flags that the training interpreter's torchrun knows."""
    gpu_uuids: tuple[str, ...] = ()
    best: Path | None = None
    """The best weights that it will leave, where the preset says."""
    last: Path | None = None
    """The last weights, or the checkpoint that holds them."""
    follows: str | None = None
    """The run after which this one is a step of its preset; None: it is a training."""
    port: int | None = None
    queues: bool = False
    """It waits for its GPUs; until it has them `gpus` is empty."""
    shares: bool = False
    """It may use GPUs that others use."""


@dataclass(frozen=True, slots=True)
class MetricSummary:
    """The end of one headline curve, kept so that a list of old runs needs no results file."""

    name: str
    last: float
    best: float | None
    best_epoch: float | None


@dataclass(frozen=True, slots=True)
class StateRecord:
    """state.json: where the run stands, replaced by its supervisor."""

    phase: Phase
    host: str
    attempt: int
    touched: float
    """When this was written, epoch seconds."""
    supervisor: ProcessIdentity | None = None
    job: ProcessIdentity | None = None
    started: float | None = None
    """When the first attempt began."""
    attempt_started: float | None = None
    """When this attempt began."""
    earlier_s: float = 0.0
    """How long the attempts before it ran, pauses left out."""
    ended: float | None = None
    exit_code: int | None = None
    problem: str | None = None
    remedy: str | None = None
    epoch: int | None = None
    epochs: int | None = None
    summary: tuple[MetricSummary, ...] = ()
    gpus: tuple[int, ...] | None = None
    """gpu_index of those it was given for this attempt; None: as planned at the launch."""
    queued_since: float | None = None
    """Since when it waits for GPUs, epoch seconds; None: it does not."""
    queue_place: int | None = None
    """1: it is next."""
    next_attempt: float | None = None
    """When it is started again, epoch seconds; None: it is not."""
    cause: str | None = None
    """The stable code of why it failed."""
    alerts: tuple[Alert, ...] = ()
    """What the instruments noticed and what still holds, worst first."""
    gpu_figures: tuple[GpuFigures, ...] = ()
    """Over all attempts, one for each GPU that it ever had."""
    usage: RunUsage | None = None
    """What its processes take now; None once it is over."""
    rank_memory_bytes: int | None = None
    """The most that a rank of this attempt held of the host's memory; None on GPUs."""


@dataclass(frozen=True, slots=True)
class ProcessRecord:
    """A line of processes.jsonl: one process that was ever part of the run."""

    identity: ProcessIdentity
    role: str
    rank: int | None
    argv: tuple[str, ...]
    time: float


def to_json(record: RunRecord | StateRecord | ProcessRecord) -> dict[str, Any]:
    """Return the JSON object of a record."""
    fields: dict[str, Any] = plain(asdict(record))
    return {"schema": SCHEMA, **fields}


def parse_run(value: object) -> RunRecord | None:
    """Return the run record in a JSON object, or None where it is none."""
    fields = Fields(value)
    run_id, created = fields.text("run_id"), fields.number("created")
    if run_id is None or created is None:
        return None
    return RunRecord(
        run_id=run_id,
        name=fields.text("name") or run_id,
        preset=fields.text("preset") or "",
        preset_file=fields.path("preset_file") or Path(),
        created=created,
        host=fields.text("host") or "",
        argv=fields.texts("argv"),
        env=fields.text_table("env"),
        env_sources=fields.text_table("env_sources"),
        unset=fields.texts("unset"),
        cwd=fields.path("cwd") or Path("/"),
        gpus=fields.integers("gpus"),
        gpu_names=fields.texts("gpu_names"),
        world_size=fields.integer("world_size") or 1,
        reader=fields.text("reader") or "none",
        devices=fields.text("devices") or "auto",
        python=fields.text("python") or "",
        python_version=fields.text("python_version") or "",
        python_reason=fields.text("python_reason") or "",
        results=fields.path("results"),
        results_before=fields.text("results_before"),
        checkpoint=fields.path("checkpoint"),
        headline=fields.texts("headline"),
        epochs=fields.integer("epochs"),
        batch_per_rank=fields.integer("batch_per_rank"),
        global_batch=fields.integer("global_batch"),
        torch=fields.text("torch"),
        git_commit=fields.text("git_commit"),
        git_changed_files=fields.integer("git_changed_files"),
        is_simulated=fields.flag("is_simulated"),
        sources=fields.text_table("sources"),
        cockpit_version=fields.text("cockpit_version") or "",
        origin=fields.text("origin") or "project",
        document=fields.plain_table("document"),
        texts=fields.text_table("texts"),
        torchrun_flags=fields.texts("torchrun_flags"),
        gpu_uuids=fields.texts("gpu_uuids"),
        best=fields.path("best"),
        last=fields.path("last"),
        follows=fields.text("follows"),
        port=fields.integer("port"),
        queues=fields.flag("queues"),
        shares=fields.flag("shares"),
    )


def parse_state(value: object) -> StateRecord | None:
    """Return the state in a JSON object, or None where it is none."""
    fields = Fields(value)
    phase, touched = fields.text("phase"), fields.number("touched")
    if phase not in set(Phase) or touched is None:
        return None
    return StateRecord(
        phase=Phase(phase),
        host=fields.text("host") or "",
        attempt=fields.integer("attempt") or 1,
        touched=touched,
        supervisor=fields.process("supervisor"),
        job=fields.process("job"),
        started=fields.number("started"),
        attempt_started=fields.number("attempt_started"),
        earlier_s=fields.number("earlier_s") or 0.0,
        ended=fields.number("ended"),
        exit_code=fields.integer("exit_code"),
        problem=fields.text("problem"),
        remedy=fields.text("remedy"),
        epoch=fields.integer("epoch"),
        epochs=fields.integer("epochs"),
        summary=tuple(filter(None, map(_parse_summary, fields.tables("summary")))),
        gpus=fields.integers("gpus") if fields.has("gpus") else None,
        queued_since=fields.number("queued_since"),
        queue_place=fields.integer("queue_place"),
        next_attempt=fields.number("next_attempt"),
        cause=fields.text("cause"),
        alerts=tuple(filter(None, map(parse_alert, fields.tables("alerts")))),
        gpu_figures=tuple(filter(None, map(parse_gpu_figures, fields.tables("gpu_figures")))),
        usage=parse_usage(fields.table("usage")),
        rank_memory_bytes=fields.integer("rank_memory_bytes"),
    )


def parse_process(value: object) -> ProcessRecord | None:
    """Return the process in a line of processes.jsonl, or None where it is none."""
    fields = Fields(value)
    identity = fields.process("identity")
    if identity is None:
        return None
    return ProcessRecord(
        identity,
        role=fields.text("role") or "worker",
        rank=fields.integer("rank"),
        argv=fields.texts("argv"),
        time=fields.number("time") or 0.0,
    )


def _parse_summary(fields: Fields) -> MetricSummary | None:
    name, last = fields.text("name"), fields.number("last")
    if name is None or last is None:
        return None
    return MetricSummary(name, last, fields.number("best"), fields.number("best_epoch"))


def plain(value: Any) -> Any:
    """Return a value that JSON can hold: paths as text, tuples as lists."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return str(value) if isinstance(value, Path) else value
