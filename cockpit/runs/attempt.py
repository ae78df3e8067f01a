"""What is written about one attempt of a run, and about the wish for another one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from cockpit.runs.fields import Fields
from cockpit.runs.record import SCHEMA, plain


@dataclass(frozen=True, slots=True)
class AttemptRecord:
    """attempts/<n>.json: what was really started."""

    attempt: int
    """From 1 on."""
    time: float
    reason: str
    """`launched`, `resumed`, or why it was started again."""
    argv: tuple[str, ...]
    env: Mapping[str, str]
    unset: tuple[str, ...]
    cwd: Path
    gpus: tuple[int, ...]
    gpu_uuids: tuple[str, ...]
    world_size: int
    python: str
    port: int | None = None
    epochs: int | None = None
    batch_per_rank: int | None = None
    global_batch: int | None = None
    checkpoint: Path | None = None
    """What it continues from; None: it starts anew."""
    epoch: int | None = None
    """Epochs done before it, where its trainer counts from 1 again."""
    changes: Mapping[str, str] = field(default_factory=dict)
    """Dotted preset keys that differ from what was asked at first."""
    gpu_names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ResumeRequest:
    """requests/resume.json: how a run is to be continued; written by the one who wants it."""

    changes: Mapping[str, str] = field(default_factory=dict)
    """Dotted preset keys and texts."""
    queues: bool = False
    shares: bool = False


def attempt_object(record: AttemptRecord) -> dict[str, Any]:
    """Return the JSON object of an attempt."""
    fields: dict[str, Any] = plain(asdict(record))
    return {"schema": SCHEMA, **fields}


def parse_attempt(value: object) -> AttemptRecord | None:
    """Return the attempt in a JSON object, or None where it is none."""
    fields = Fields(value)
    number = fields.integer("attempt")
    if number is None:
        return None
    return AttemptRecord(
        attempt=number,
        time=fields.number("time") or 0.0,
        reason=fields.text("reason") or "",
        argv=fields.texts("argv"),
        env=fields.text_table("env"),
        unset=fields.texts("unset"),
        cwd=fields.path("cwd") or Path("/"),
        gpus=fields.integers("gpus"),
        gpu_uuids=fields.texts("gpu_uuids"),
        world_size=fields.integer("world_size") or 1,
        python=fields.text("python") or "",
        port=fields.integer("port"),
        epochs=fields.integer("epochs"),
        batch_per_rank=fields.integer("batch_per_rank"),
        global_batch=fields.integer("global_batch"),
        checkpoint=fields.path("checkpoint"),
        epoch=fields.integer("epoch"),
        changes=fields.text_table("changes"),
        gpu_names=fields.texts("gpu_names"),
    )


def resume_object(request: ResumeRequest) -> dict[str, Any]:
    """Return the JSON object of a wish to resume."""
    return {"schema": SCHEMA, **plain(asdict(request))}


def parse_resume(value: object) -> ResumeRequest:
    """Return the wish in a JSON object; one that cannot be read asks for no change."""
    fields = Fields(value)
    return ResumeRequest(
        fields.text_table("changes"), queues=fields.flag("queues"), shares=fields.flag("shares")
    )
