"""A checked document as a Preset value."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path

from cockpit.presets.model import (
    ArgStyle,
    Batch,
    BatchScope,
    Departure,
    DerivedFile,
    EstimateFacts,
    Launch,
    LaunchKind,
    MetricsSource,
    Needs,
    Origin,
    Preset,
    Resume,
    ResumeEpochs,
    Retry,
    Step,
    Weights,
)
from cockpit.presets.schema import STEP_KEYS, WORKDIR
from cockpit.presets.values import Document, as_arg, parse_size


def build_preset(
    name: str, file: Path, origin: Origin, document: Document, sources: Mapping[str, str]
) -> Preset:
    """Return the preset that a document without problems describes."""
    tables = _Tables(document)
    return Preset(
        name=name,
        file=file,
        origin=origin,
        summary=tables.text("summary") or "",
        launch=_launch(tables),
        args={key: as_arg(value) for key, value in tables.table("args").items()},
        env={key: str(value) for key, value in tables.table("env").items()},
        epochs_argument=tables.text("epochs.argument"),
        config=_derived_file(tables, "config"),
        data=_derived_file(tables, "data"),
        batch=_batch(tables),
        needs=_needs(tables),
        metrics=MetricsSource(
            reader=tables.text("metrics.reader") or "auto",
            file=tables.text("metrics.file"),
            headline=tables.texts("metrics.headline") or (),
        ),
        resume=_resume(tables),
        retry=_retry(tables),
        weights=Weights(tables.text("weights.best"), tables.text("weights.last")),
        estimate=EstimateFacts(
            tables.text("estimate.model"), tables.integer("estimate.train_samples")
        ),
        prepare=_steps(document.get("prepare"), tables.text("launch.workdir")),
        after=_steps(document.get("after"), tables.text("launch.workdir")),
        departures=_departures(document.get("departure")),
        sources=dict(sources),
        document=document,
    )


class _Tables:
    """Typed access to a checked document by dotted key; a missing key is None."""

    def __init__(self, document: Document) -> None:
        self._document = document

    def table(self, section: str) -> Document:
        value = self._document.get(section)
        return value if isinstance(value, dict) else {}

    def value(self, dotted: str) -> object:
        section, _, key = dotted.partition(".")
        return self.table(section).get(key) if key else self._document.get(section)

    def text(self, dotted: str) -> str | None:
        value = self.value(dotted)
        return str(value) if value is not None and value != "" else None

    def texts(self, dotted: str) -> tuple[str, ...] | None:
        value = self.value(dotted)
        return tuple(str(item) for item in value) if isinstance(value, list) else None

    def integer(self, dotted: str) -> int | None:
        value = self.value(dotted)
        return value if isinstance(value, int) else None

    def number(self, dotted: str) -> float | None:
        value = self.value(dotted)
        return float(value) if isinstance(value, int | float) else None

    def size(self, dotted: str) -> int | None:
        text = self.text(dotted)
        return parse_size(text) if text else None


def _launch(tables: _Tables) -> Launch:
    kind = LaunchKind(tables.text("launch.kind") or "")
    usual = ArgStyle.KEY_VALUE if kind is LaunchKind.ULTRALYTICS else ArgStyle.DASHES
    return Launch(
        kind=kind,
        script=tables.text("launch.script"),
        workdir=tables.text("launch.workdir"),
        python=tables.text("launch.python") or "auto",
        gpus=tables.text("launch.gpus") or "auto",
        cpu_ranks=tables.integer("launch.cpu_ranks"),
        modules=tables.texts("launch.modules") or (),
        style=ArgStyle(tables.text("launch.style") or usual),
        positional=tables.texts("launch.positional") or (),
        local_rank=tables.text("launch.local_rank"),
        max_restarts=tables.integer("launch.max_restarts") or 0,
    )


def _derived_file(tables: _Tables, section: str) -> DerivedFile | None:
    file, argument = tables.text(f"{section}.file"), tables.text(f"{section}.argument")
    if file is None or argument is None:
        return None
    values = tables.value(f"{section}.set")
    changes = values if isinstance(values, dict) else {}
    return DerivedFile(file, argument, {key: as_arg(value) for key, value in changes.items()})


def _batch(tables: _Tables) -> Batch | None:
    argument = tables.text("batch.argument")
    if argument is None:
        return None
    return Batch(
        argument=argument,
        scope=BatchScope(tables.text("batch.scope") or BatchScope.RANK),
        accumulation=tables.text("batch.accumulation"),
        lr_argument=tables.text("batch.lr_argument"),
        lr_base=tables.number("batch.lr_base"),
        lr_base_batch=tables.integer("batch.lr_base_batch"),
    )


def _needs(tables: _Tables) -> Needs:
    return Needs(
        gpus=tables.integer("needs.gpus"),
        gpu_memory_bytes=tables.size("needs.gpu_memory"),
        ram_bytes=tables.size("needs.ram"),
        disk_bytes=tables.size("needs.disk"),
    )


def _resume(tables: _Tables) -> Resume | None:
    checkpoint = tables.text("resume.checkpoint")
    if checkpoint is None:
        return None
    return Resume(
        checkpoint,
        args=tables.texts("resume.args"),
        others=tables.texts("resume.others") or (),
        epochs=ResumeEpochs(tables.text("resume.epochs") or ResumeEpochs.TOTAL),
    )


def _retry(tables: _Tables) -> Retry:
    usual, wait_s = Retry(), tables.number("retry.wait_s")
    attempts = tables.integer("retry.attempts") or 0
    return Retry(attempts, usual.wait_s if wait_s is None else wait_s)


def _steps(items: object, workdir: str | None) -> tuple[Step, ...]:
    """Return the steps; {workdir} is known by now, and follows a change of launch.workdir."""
    if not isinstance(items, list):
        return ()
    here = workdir or "."
    return tuple(_step({key: item.get(key) for key in STEP_KEYS}, here) for item in items)


def _step(item: Mapping[str, str | None], workdir: str) -> Step:
    done_when, folder = item["done_when"], item["workdir"]
    return Step(
        what=item["what"] or "",
        command=(item["command"] or "").replace(WORKDIR, shlex.quote(workdir)),
        done_when=done_when and done_when.replace(WORKDIR, workdir),
        workdir=folder and folder.replace(WORKDIR, workdir),
        name=item["name"],
    )


def _departures(items: object) -> tuple[Departure, ...]:
    if not isinstance(items, list):
        return ()
    return tuple(Departure(item["from"], item["why"]) for item in items)
