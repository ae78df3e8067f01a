"""What a launch plan comes to, in the words of the launch form. Pure."""

from __future__ import annotations

import re
from typing import Final

from cockpit.errors import CockpitError
from cockpit.launch.command import shell_lines
from cockpit.supervise.prepare import Prepared
from cockpit.tui.facts import home
from cockpit.tui.form import GPUS, PYTHON
from cockpit.tui.store import gpu_words
from cockpit.tui.widgets.facts import Fact
from cockpit.units import metric

_QUOTE_HINT: Final = re.compile(r" \(quote it, [^)]*\)")
_FLAGS: Final = ("python", "gpus")


def field_notes(prepared: Prepared) -> dict[str, str]:
    """Return what stands beside the values that say less than they mean."""
    plan, python = prepared.plan, prepared.python
    notes = {
        PYTHON: f"→ {home(python.path)}  {python.version}",
        GPUS: f"→ {gpu_words(plan.gpus)}",
    }
    batch = prepared.preset.batch
    if batch and plan.batch:
        notes[f"args.{batch.argument}"] = f"per {batch.scope} · global {plan.batch.global_batch}"
    return notes


def plan_facts(prepared: Prepared) -> tuple[Fact, ...]:
    """Return the plan beside the form."""
    plan, python, batch = prepared.plan, prepared.python, prepared.plan.batch
    facts = [
        Fact("runs on", gpu_words(plan.gpus)),
        Fact("GPU", ", ".join(sorted(set(plan.gpu_names))) or "–"),
        Fact("ranks", str(plan.world_size)),
        Fact("epochs", str(plan.epochs or "–")),
        Fact("global batch", str(batch.global_batch) if batch else "–"),
    ]
    if batch and batch.lr is not None:
        facts.append(Fact("lr, scaled", metric(batch.lr)))
    return (
        *facts,
        Fact("", ""),
        Fact("python", python.version),
        Fact("torch", python.torch or "–"),
        Fact("chosen as", python.reason),
        Fact("results", home(plan.results) if plan.results else "–"),
        Fact("reader", plan.metrics_reader),
    )


def refusal(error: CockpitError) -> tuple[str, str]:
    """Return problem and remedy of an error in the words of the form: a flag is a field there."""
    problem = _QUOTE_HINT.sub("", error.problem)
    for name in _FLAGS:
        problem = problem.replace(f"(--{name})", f"(the field {name})")
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
