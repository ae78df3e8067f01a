"""`cockpit memory`: which batch size fits, and how fast each one is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from cockpit.errors import InputError, nearest
from cockpit.tools.definition import Option, OptionKind, ToolDefinition, Values
from cockpit.tools.sizes import parse_size
from cockpit.tools.training_values import AMP, MODEL_HELP, SYNTHETIC, is_model

OPTIMIZERS: Final = ("sgd", "adamw")
DEVICES: Final = ("auto", "cuda", "cpu")
COUNTS: Final = ("max", "steps", "verify-steps", "ranks", "limit-probe")
LISTS: Final = {"imgsz": "320,640", "batch-sizes": "4,8,16"}
"""Options that are lists, and an example of each."""
MOST_MARGIN_PCT: Final = 90
_NUMBER: Final = re.compile(r"[1-9]\d{0,8}")
_PERCENT: Final = re.compile(r"\d{1,2}(\.\d+)?")


def problems_of(values: Values) -> list[str]:
    """Return one sentence for each value that is wrong in itself."""
    return list(_problems(values))


def problems_here(values: Values, gpu_count: int | None) -> list[str]:
    """Return why this machine has not the GPU that is asked for; None: nobody knows its GPUs."""
    gpu = values.get("gpu", "")
    if not gpu or gpu_count is None or int(gpu) < gpu_count:
        return []
    return [f"--gpu {gpu}: this machine has {gpu_count or 'no GPU'}"]


def _problems(values: Values) -> Iterator[str]:
    model = values.get("model", "")
    if model and not is_model(model):
        yield f"--model {model}: names no model{nearest(model, SYNTHETIC) or f'; {MODEL_HELP}'}"
    for name in LISTS:
        wrong = [one for one in values.get(name, "").split(",") if not _NUMBER.fullmatch(one)]
        if values.get(name) and wrong:
            yield f"--{name} {values[name]}: whole numbers of at least 1, as in {LISTS[name]}"
    for name in COUNTS:
        if values.get(name) and not _NUMBER.fullmatch(values[name]):
            yield f"--{name} {values[name]}: a whole number, 1 or more"
    for name, known in (("optimizer", OPTIMIZERS), ("amp", AMP), ("device", DEVICES)):
        if values.get(name) and values[name] not in known:
            close = nearest(values[name], known) or f": it is one of {', '.join(known)}"
            yield f"--{name} {values[name]}: unknown{close}"
    if values.get("gpu") and not values["gpu"].isdecimal():
        yield f"--gpu {values['gpu']}: the index of one GPU, as in 0"
    if values.get("gpu") and values.get("device") == "cpu":
        yield "--gpu and --device cpu: nothing runs on a GPU then"
    if values.get("limit"):
        try:
            parse_size(values["limit"])
        except InputError as error:
            yield f"--limit: {error.problem}" + (f": {error.remedy}" if error.remedy else "")
    margin = values.get("margin", "").rstrip("% ")
    if margin and not (_PERCENT.fullmatch(margin) and float(margin) <= MOST_MARGIN_PCT):
        yield f"--margin {values['margin']}: percent, from 0 to {MOST_MARGIN_PCT}"


OPTIONS: Final = (
    Option("model", OptionKind.TEXT, MODEL_HELP, "synthetic"),
    Option("imgsz", OptionKind.TEXT, "pixels; several, as in 320,480,640, for a table", "640"),
    Option("batch-sizes", OptionKind.TEXT, "measure exactly these, as in 4,8,16"),
    Option("optimizer", OptionKind.CHOICE, "adamw keeps twice as much", "sgd", OPTIMIZERS),
    Option("amp", OptionKind.CHOICE, "mixed precision; auto: on GPUs", "auto", AMP),
    Option("gpu", OptionKind.COUNT, "which GPU, by the driver's index", "0"),
    Option("device", OptionKind.CHOICE, "cpu measures host memory", "auto", DEVICES),
    Option("limit", OptionKind.TEXT, "as if there were only so much, as in 8GiB"),
    Option("margin", OptionKind.COUNT, "percent of the memory to leave free", "10"),
    Option("max", OptionKind.COUNT, "the largest batch to try", "512"),
    Option("steps", OptionKind.COUNT, "measured for each batch; on GPUs 10, on the CPU 3"),
    Option("verify-steps", OptionKind.COUNT, "by which the answer is verified", "50"),
    Option("ranks", OptionKind.COUNT, "for the global batch; else the GPUs of this machine"),
    Option("limit-probe", OptionKind.COUNT, "seconds for a batch of a preset's own command", "120"),
)
DEFINITION: Final = ToolDefinition(
    "memory",
    "which batch size fits, and how fast each one is",
    OPTIONS,
    takes_preset=True,
    problems_of=problems_of,
)
