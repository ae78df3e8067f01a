"""What a launch plan comes to, in the words of the launch form. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from cockpit.errors import CockpitError, GpusBusy
from cockpit.launch.command import shell_lines
from cockpit.launch.interpreter import TrainingPython
from cockpit.supervise.prepare import Prepared
from cockpit.supervise.request import RunRequest
from cockpit.tui.file_facts import home
from cockpit.tui.form import GPUS, NOW, PYTHON, QUEUE, SHARE, START
from cockpit.tui.store import gpu_words
from cockpit.tui.widgets.facts import Fact
from cockpit.units import metric

_QUOTE_HINT: Final = re.compile(r" \(quote it, [^)]*\)")
BUSY_REMEDY: Final = (
    "Q waits in the queue until they are free · S uses them all the same · "
    "or in the field gpus: cpu"
)
_FLAGS: Final = ("python", "gpus")


def field_notes(prepared: Prepared) -> dict[str, str]:
    """Return what stands beside the values that say less than they mean."""
    plan = prepared.plan
    notes = {
        PYTHON: python_note(prepared.python),
        GPUS: "→ when free" if waits_for_gpus(prepared) else f"→ {gpu_words(plan.gpus)}",
        START: START_NOTES[start_of(prepared.request)],
    }
    batch = prepared.preset.batch
    if batch and plan.batch:
        notes[f"args.{batch.argument}"] = f"per {batch.scope} · global {plan.batch.global_batch}"
    return notes


START_NOTES: Final = {
    NOW: "on free GPUs, or it is refused",
    QUEUE: "as soon as its GPUs are free",
    SHARE: "on GPUs that others use, too",
}


def start_of(request: RunRequest) -> str:
    """Return when a request wants to begin, as the form says it."""
    return QUEUE if request.queues else SHARE if request.shares else NOW


def python_note(python: TrainingPython) -> str:
    """Return `→ 3.11 · torch 2.8 · ~/envs/epri/bin/python`."""
    torch = f"torch {python.torch}" if python.torch else "no torch"
    return f"→ {python.version} · {torch} · {home(python.path)}"


def waits_for_gpus(prepared: Prepared) -> bool:
    """Say whether a plan has no GPUs yet and will wait for them; one for the CPU never does."""
    is_for_gpus = bool(prepared.machine.gpus) and prepared.preset.launch.gpus != "cpu"
    return prepared.request.queues and is_for_gpus and not prepared.plan.gpus


def plan_facts(prepared: Prepared) -> tuple[Fact, ...]:
    """Return the plan beside the form."""
    plan, python, batch = prepared.plan, prepared.python, prepared.plan.batch
    where = "GPUs when free" if waits_for_gpus(prepared) else gpu_words(plan.gpus)
    ranks = f"{plan.world_size} · global batch {batch.global_batch}" if batch else plan.world_size
    facts = [
        Fact("runs on", where),
        Fact("GPU", ", ".join(sorted(set(plan.gpu_names)))),
        Fact("ranks", str(ranks)),
        Fact("epochs", str(plan.epochs or "")),
        Fact("lr, scaled", metric(batch.lr) if batch and batch.lr is not None else ""),
        *_departures(prepared),
        Fact("python", f"{python.version} · torch {python.torch or '–'}"),
        Fact("found at", home(python.path)),
        Fact("chosen as", python.reason),
        Fact("results", home(plan.results) if plan.results else "–"),
        Fact("reader", plan.metrics_reader),
    ]
    return tuple(fact for fact in facts if fact.value)


def _departures(prepared: Prepared) -> Iterable[Fact]:
    count = len(prepared.preset.departures)
    if count:
        yield Fact("departs from its guide", f"{count} times · i says where")


def refusal(error: CockpitError) -> tuple[str, str]:
    """Return problem and remedy of an error in the words of the form: a flag is a field there."""
    problem = _QUOTE_HINT.sub("", error.problem)
    for name in _FLAGS:
        problem = problem.replace(f"(--{name})", f"(the field {name})")
    if isinstance(error, GpusBusy):
        return problem, BUSY_REMEDY
    return problem, _as_fields(error.remedy)


def _as_fields(remedy: str) -> str:
    for name in _FLAGS:
        remedy = remedy.replace(f", or --{name} ", ", or ")
        remedy = remedy.replace(f"--{name} ", f"in the field {name}: ")
    return remedy


def dry_run(prepared: Prepared) -> str:
    """Return everything that would be done, as plain text."""
    plan = prepared.plan
    parts = ["\n".join(shell_lines(plan, short=False)), f"in {plan.cwd}", "environment"]
    parts[-1] += "".join(
        f"\n  {name}={value.value}   ({value.source})" for name, value in plan.env.items()
    )
    if plan.unset:
        parts.append("taken out of the environment: " + " ".join(plan.unset))
    parts.append(
        f"python {prepared.python.path} {prepared.python.version}: {prepared.python.reason}"
    )
    parts.append(f"run directory {prepared.paths.root}")
    parts += [f"file {path}\n{text}" for path, text in plan.files.items()]
    parts += [f"▲ {note}" for note in plan.notes]
    return "\n\n".join(parts)
