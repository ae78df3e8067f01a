"""`cockpit estimate` as a tool: what a training will take; cockpit answers it itself."""

from __future__ import annotations

from typing import Final

from cockpit.tools.definition import Option, OptionKind, ToolDefinition, Values
from cockpit.views.question_rules import MOST_HOSTS, conflicts

COUNTS: Final = ("dataset-size", "gpus", "epochs", "imgsz", "batch-per-rank", "hosts")


def problems_of(values: Values) -> list[str]:
    """Return one sentence for each value that is wrong in itself."""
    problems = [
        f"--{name} {values[name]}: a whole number, at least 1"
        for name in COUNTS
        if values.get(name) and not (values[name].isdecimal() and int(values[name]) > 0)
    ]
    hosts = values.get("hosts", "")
    if hosts.isdecimal() and int(hosts) > MOST_HOSTS:
        problems.append(f"--hosts {hosts}: at most {MOST_HOSTS:,}")
    typed = [name for name, value in values.items() if value]
    return problems + conflicts(typed, [option.name for option in DEFINITION.options])


DEFINITION: Final = ToolDefinition(
    "estimate",
    "how long a training takes, what it needs and what it costs",
    (
        Option("dataset-size", OptionKind.COUNT, "training images; a preset may tell"),
        Option("gpus", OptionKind.COUNT, "how many, or ranks on a CPU"),
        Option("epochs", OptionKind.COUNT, "else as the preset has it, or 100"),
        Option("model", OptionKind.TEXT, "else as the preset has it, or yolo11n"),
        Option("imgsz", OptionKind.COUNT, "pixels; else as the preset has it, or 640"),
        Option("gpu", OptionKind.TEXT, "rtx-2080, a100, cpu; else those here"),
        Option("batch-per-rank", OptionKind.COUNT, "images; else as the preset has it, or 16"),
        Option("offer", OptionKind.TEXT, "what it costs there, as in p3.2xlarge"),
        Option("spot", OptionKind.FLAG, "at the spot price, interruptions counted"),
        Option("hosts", OptionKind.COUNT, "a training on each: in parallel against in turn"),
        Option("compare", OptionKind.TEXT, "side by side, as in a100,4x v100,cpu"),
    ),
    takes_preset=True,
    problems_of=problems_of,
    is_own=True,
)
