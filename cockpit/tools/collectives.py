"""`cockpit collectives`: how fast the GPUs talk to each other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from cockpit import units
from cockpit.errors import InputError, nearest
from cockpit.tools.definition import Option, OptionKind, ToolDefinition, Values
from cockpit.tools.sizes import parse_sizes

OPS: Final = ("all_reduce", "all_gather", "reduce_scatter", "broadcast", "all_to_all")
BACKENDS: Final = ("auto", "nccl", "gloo")
DTYPES: Final = ("float32", "float16", "bfloat16", "float64", "int32", "int64", "uint8")
ALIASES: Final = {
    **{"fp16": "float16", "half": "float16", "bf16": "bfloat16"},
    **{"fp32": "float32", "float": "float32", "fp64": "float64", "double": "float64"},
    **{"int": "int32", "long": "int64"},
}
"""As others call them."""
MOST_CPU_RANKS: Final = 64
COPIES: Final = 2
"""All_to_all holds what it sends and what it gets."""


@dataclass(frozen=True, slots=True)
class Here:
    """What this machine has; None where nobody could say."""

    gpu_count: int | None = None
    gpu_memory_bytes: int | None = None
    """Of the smallest GPU."""
    host_memory_bytes: int | None = None


def problems_of(values: Values) -> list[str]:
    """Return one sentence for each value that is wrong in itself."""
    return list(_problems(values))


def problems_here(values: Values, here: Here) -> list[str]:
    """Return one sentence for each right value that this machine cannot give."""
    is_on_cpu = values.get("backend") == "gloo" or here.gpu_count == 0
    if is_on_cpu and values.get("backend") == "nccl":
        return ["--backend nccl: this machine has no GPU; --backend gloo measures on the CPU"]
    ranks = int(values.get("ranks") or 0)
    if is_on_cpu:
        if values.get("gpus"):
            return [f"--gpus {values['gpus']}: nothing runs on a GPU here"]
        return _too_large(values, here.host_memory_bytes, ranks or 2)
    chosen = [int(part) for part in values.get("gpus", "").split(",") if part]
    problems = []
    if here.gpu_count is not None:
        count = f"this machine has {here.gpu_count}"
        problems += [f"--gpus: GPU {gpu}: {count}" for gpu in chosen if gpu >= here.gpu_count]
        most = len(chosen) or here.gpu_count
        if ranks > most:
            has = f"--gpus names {most}" if chosen else count
            problems.append(f"--ranks {ranks}: each rank needs a GPU of its own, and {has}")
    return problems + _too_large(values, here.gpu_memory_bytes, 1)


def _problems(values: Values) -> Iterator[str]:
    names = [name.strip() for name in values.get("op", "").split(",") if name.strip()]
    for name in names:
        if name.replace("-", "_") not in OPS:
            is_typo = not any(name in known.split("_") for known in OPS)  # reduce is another one
            close = (is_typo and nearest(name, OPS)) or f": it is one of {', '.join(OPS)}"
            yield f"--op {name}: no such operation{close}"
    if values.get("sizes"):
        try:
            parse_sizes(values["sizes"])
        except InputError as error:
            yield f"--sizes: {error.problem}" + (f": {error.remedy}" if error.remedy else "")
    for option, known in (("backend", BACKENDS), ("dtype", DTYPES)):
        if values.get(option) and values[option] not in known:
            alias = ALIASES.get(values[option].lower())
            close = f" (did you mean {alias}?)" if alias else nearest(values[option], known)
            close = close or f": it is one of {', '.join(known)}"
            yield f"--{option} {values[option]}: unknown{close}"
    yield from _number_problems(values)
    gpus = values.get("gpus", "")
    if gpus and not re.fullmatch(r"\d+(,\d+)*,?", gpus):
        yield f"--gpus {gpus}: write the indices, as in 0,1"
    elif len(set(filter(None, gpus.split(",")))) != len(list(filter(None, gpus.split(",")))):
        yield f"--gpus {gpus}: names a GPU twice"
    if gpus and values.get("backend") == "gloo":
        yield "--gpus and --backend gloo: gloo measures on the CPU"


def _number_problems(values: Values) -> Iterator[str]:
    for option, least in (("ranks", 1), ("iterations", 1), ("warmup", 0)):
        text = values.get(option, "")
        if text and not (text.isdecimal() and int(text) >= least):
            yield f"--{option} {text}: a whole number, {least} or more"
    ranks = values.get("ranks", "")
    if ranks.isdecimal() and int(ranks) > MOST_CPU_RANKS:
        yield f"--ranks {ranks}: at most {MOST_CPU_RANKS} on one machine"
    limit = values.get("limit", "")
    if limit and not _is_positive(limit):
        yield f"--limit {limit}: seconds, more than 0"


def _is_positive(text: str) -> bool:
    return re.fullmatch(r"\d+(\.\d+)?", text) is not None and float(text) > 0


def _too_large(values: Values, memory_bytes: int | None, ranks: int) -> list[str]:
    if not values.get("sizes") or memory_bytes is None:
        return []
    largest = max(parse_sizes(values["sizes"]))
    needed = largest * COPIES * ranks
    if needed <= memory_bytes:
        return []
    where = f"on {ranks} ranks" if ranks > 1 else "on each GPU"
    what = f"{units.binary(largest)} {where} needs {units.binary(needed)}"
    return [f"--sizes: {what}, and there is {units.binary(memory_bytes)}"]


_HELP: Final = "1KiB:64MiB doubles, 1KiB:1GiB:4 quadruples, 1MiB,16MiB is a list"
OPTIONS: Final = (
    Option("op", OptionKind.TEXT, "which operations, as in all_reduce,broadcast; else all"),
    Option("sizes", OptionKind.TEXT, _HELP),
    Option("backend", OptionKind.CHOICE, "NCCL on GPUs, gloo on the CPU", "auto", BACKENDS),
    Option("ranks", OptionKind.COUNT, "how many; on GPUs one for each, on the CPU 2"),
    Option("gpus", OptionKind.TEXT, "which GPUs, as in 0,1; else all"),
    Option("dtype", OptionKind.CHOICE, "type of the elements", "float32", DTYPES),
    Option("iterations", OptionKind.COUNT, "how often each is timed", "20"),
    Option("warmup", OptionKind.COUNT, "how often before that", "5"),
    Option("no-pairs", OptionKind.FLAG, "leave out the pairs of ranks"),
    Option("limit", OptionKind.COUNT, "seconds without a sign of life until a rank hangs", "60"),
)
DEFINITION: Final = ToolDefinition(
    "collectives", "how fast the GPUs talk to each other", OPTIONS, problems_of=problems_of
)
