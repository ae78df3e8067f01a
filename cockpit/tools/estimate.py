"""`cockpit estimate` as a tool: what a training will take; cockpit answers it itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from cockpit.errors import InputError
from cockpit.tools.definition import Option, OptionKind, ToolDefinition, Values
from cockpit.views.question_amounts import parse_count, parse_money
from cockpit.views.question_rules import (
    MOST_CHECKPOINT_EPOCHS,
    MOST_HOSTS,
    MOST_RUNS,
    MOST_STEPS,
    PROBE_STEPS,
    conflicts,
)

COUNTS: Final = ("dataset-size", "gpus", "epochs", "imgsz", "batch-per-rank")
"""Their limits are told by the question itself."""
LIMITED: Final = {
    "probe-steps": ("steps", MOST_STEPS),
    "checkpoint-every": ("epochs", MOST_CHECKPOINT_EPOCHS),
    "runs-per-month": ("runs", MOST_RUNS),
    "hosts": ("hosts", MOST_HOSTS),
}
"""What is counted, and the most of it."""
AMOUNTS: Final = {"price": "of a GPU hour", "budget": "of money"}
PRESET: Final = "preset"


def problems_of(values: Values) -> list[str]:
    """Return one sentence for each value that is wrong in itself; `preset` may be among them."""
    problems = [
        f"--{name} {values[name]}: a whole number, at least 1"
        for name in COUNTS
        if values.get(name) and not (values[name].isdecimal() and int(values[name]) > 0)
    ]
    problems += _unreadable(values)
    if values.get("compare") and values.get("gpu"):
        problems.append(f"--gpu {values['gpu']}: --compare names what is compared")
    typed = [_field(name) for name, value in values.items() if value]
    asked = [PRESET, *(_field(option.name) for option in DEFINITION.options)]
    return problems + conflicts(typed, asked)


def count_of(values: Values, name: str) -> int | None:
    """Return one of `LIMITED`; None for none. Raises InputError."""
    what, most = LIMITED[name]
    return parse_count(values[name], f"--{name}", what, most) if values.get(name) else None


def amount_of(values: Values, name: str) -> float | None:
    """Return one of `AMOUNTS`; None for none. Raises InputError."""
    return parse_money(values[name], f"--{name}", AMOUNTS[name]) if values.get(name) else None


def price_of(values: Values) -> str:
    """Return what a probe takes; nothing without one, since an estimate itself starts nothing."""
    if values.get("probe") != "on":
        return ""
    steps = values.get("probe-steps") or PROBE_STEPS
    return f"first trains {steps} steps of its preset here: up to 5 min of this machine"


def _unreadable(values: Values) -> Iterator[str]:
    """Yield why amounts and limited counts mean nothing."""
    reads: dict[str, Callable[[Values, str], object]] = dict.fromkeys(LIMITED, count_of)
    for name, read in (reads | dict.fromkeys(AMOUNTS, amount_of)).items():
        try:
            read(values, name)
        except InputError as error:
            yield error.problem


def _field(name: str) -> str:
    return name.replace("-", "_")


DEFINITION: Final = ToolDefinition(
    "estimate",
    "how long a training takes and what it costs; what meets a budget",
    (
        Option("dataset-size", OptionKind.COUNT, "training images; a preset may tell"),
        Option("gpus", OptionKind.COUNT, "how many, or ranks on a CPU"),
        Option("epochs", OptionKind.COUNT, "else as the preset has it, or 100"),
        Option("model", OptionKind.TEXT, "else as the preset has it, or yolo11n"),
        Option("imgsz", OptionKind.COUNT, "pixels; else as the preset has it, or 640"),
        Option("gpu", OptionKind.TEXT, "rtx-2080, a100, cpu; else those here"),
        Option("batch-per-rank", OptionKind.COUNT, "images; else as the preset has it, or 16"),
        Option("probe", OptionKind.FLAG, "first train some steps here, up to 5 min"),
        Option("probe-steps", OptionKind.COUNT, "of the probe; usually 50"),
        Option("offer", OptionKind.TEXT, "what it costs there, as in p3.2xlarge"),
        Option("price", OptionKind.COUNT, "what a GPU hour costs you, as in 1.10"),
        Option("spot", OptionKind.FLAG, "at the spot price, with interruptions"),
        Option("checkpoint-every", OptionKind.COUNT, "epochs that a loss costs; usually 1"),
        Option("runs-per-month", OptionKind.COUNT, "for the cost of a month; usually 30"),
        Option("budget", OptionKind.COUNT, "which schemes cost no more"),
        Option("deadline", OptionKind.TEXT, "which end in time: 8h, 18:00"),
        Option("hosts", OptionKind.COUNT, "in parallel against in turn, one on each"),
        Option("compare", OptionKind.TEXT, "side by side, as in a100,4xv100,cpu"),
        Option("against", OptionKind.TEXT, "of those compared: whose speed is called 1.0"),
    ),
    takes_preset=True,
    is_own=True,
    problems_of=problems_of,
    price_of=price_of,
)
