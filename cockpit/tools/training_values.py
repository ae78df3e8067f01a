"""The options of the tools that train for a moment, `scaling` and `steptime`, and what is wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from cockpit import units
from cockpit.errors import nearest
from cockpit.tools.definition import Option, OptionKind, Values

BACKENDS: Final = ("auto", "nccl", "gloo")
AMP: Final = ("auto", "on", "off")
MOST_RANKS: Final = 64
"""As in `collectives`: so many ranks are enough for one machine."""
RANK_BYTES: Final = 256 << 20
"""What a rank on the CPU takes at least: a Python that has imported torch."""
SYNTHETIC: Final = ("synthetic", "synthetic:small", "synthetic:medium")
_FILE: Final = re.compile(r".+\.(ya?ml|pt)", re.IGNORECASE)
_FUNCTION: Final = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*")
_INDICES: Final = re.compile(r"\d+(,\d+)*,?")
_NUMBER: Final = re.compile(r"\d+(\.\d+)?")

MODEL_HELP: Final = "synthetic, NAME.yaml or NAME.pt of Ultralytics, or package.module:function"
OPTIONS: Final = (
    Option("backend", OptionKind.CHOICE, "NCCL on GPUs, gloo on the CPU", "auto", BACKENDS),
    Option("gpus", OptionKind.TEXT, "which GPUs, as in 0,1; else all"),
    Option("model", OptionKind.TEXT, MODEL_HELP, "synthetic"),
    Option("imgsz", OptionKind.COUNT, "pixels; on GPUs 640, on the CPU 64"),
    Option("batch-per-rank", OptionKind.COUNT, "samples of one rank; on GPUs 16, on the CPU 8"),
    Option("steps", OptionKind.COUNT, "of a block; on GPUs 20, on the CPU 8"),
    Option("blocks", OptionKind.COUNT, "the median of so many counts", "7"),
    Option("workers", OptionKind.COUNT, "of the data loader; on GPUs up to 8, on the CPU 0"),
    Option("amp", OptionKind.CHOICE, "mixed precision; auto: on GPUs", "auto", AMP),
    Option("decode-ms", OptionKind.TEXT, "CPU work made up for each sample", "0"),
    Option("limit", OptionKind.COUNT, "seconds without a sign of life until a rank hangs", "120"),
)
"""What both have besides --ranks."""
LEAST: Final = {
    "imgsz": 1,
    "batch-per-rank": 1,
    "steps": 1,
    "blocks": 1,
    "workers": 0,
    "limit": 1,
}


def common_problems(values: Values) -> Iterator[str]:
    """Yield one sentence for each value that is wrong in itself, `--ranks` left out."""
    for name, least in LEAST.items():
        text = values.get(name, "")
        if text and not (text.isdecimal() and int(text) >= least):
            yield f"--{name} {text}: a whole number, {least} or more"
    for name, known in (("backend", BACKENDS), ("amp", AMP)):
        if values.get(name) and values[name] not in known:
            close = nearest(values[name], known) or f": it is one of {', '.join(known)}"
            yield f"--{name} {values[name]}: unknown{close}"
    model = values.get("model", "")
    if model and not is_model(model):
        close = nearest(model, SYNTHETIC) or f"; {MODEL_HELP}"
        yield f"--model {model}: names no model{close}"
    decode = values.get("decode-ms", "")
    if decode and not _NUMBER.fullmatch(decode):
        yield f"--decode-ms {decode}: milliseconds, 0 or more"
    yield from _gpu_problems(values)


def is_model(text: str) -> bool:
    """Say whether this can name a model; whether there is one shows in the training Python."""
    if text.partition(":")[0] == "synthetic":
        return text in SYNTHETIC
    return bool(_FILE.fullmatch(text) or _FUNCTION.fullmatch(text))


def rank_numbers(text: str) -> list[int] | None:
    """Return the numbers of `4` or `1,2,4`, or None where these are none above zero."""
    words = [word.strip() for word in text.split(",") if word.strip()]
    if not words or not all(word.isdecimal() and 0 < int(word) <= MOST_RANKS for word in words):
        return None
    return [int(word) for word in words]


def problems_here(
    values: Values, gpu_count: int | None, memory_bytes: int | None = None
) -> list[str]:
    """Return why this machine cannot give what is asked.

    None: nobody knows its GPUs, or what is free of its memory.
    """
    backend = values.get("backend") or "auto"
    if backend == "gloo":
        return _too_many(values, memory_bytes)
    if gpu_count is None:
        return []
    if gpu_count == 0:
        what = "--backend nccl: this machine has no GPU; --backend gloo measures on the CPU"
        return [what] if backend == "nccl" else _too_many(values, memory_bytes)
    chosen = [int(part) for part in values.get("gpus", "").split(",") if part]
    has = f"this machine has {gpu_count}"
    problems = [f"--gpus: GPU {gpu}: {has}" for gpu in chosen if gpu >= gpu_count]
    ranks = rank_numbers(values.get("ranks", "")) or [1]
    if max(ranks) > (len(chosen) or gpu_count):
        has = f"--gpus names {len(chosen)}" if chosen else has
        problems.append(f"--ranks {max(ranks)}: each rank needs a GPU of its own, and {has}")
    return problems


def _too_many(values: Values, memory_bytes: int | None) -> list[str]:
    ranks = max(rank_numbers(values.get("ranks", "")) or [1])
    if memory_bytes is None or ranks * RANK_BYTES <= memory_bytes:
        return []
    needed, free = units.binary(ranks * RANK_BYTES), units.binary(memory_bytes)
    return [f"--ranks {ranks}: needs at least {needed} of memory, and {free} are free"]


def _gpu_problems(values: Values) -> Iterator[str]:
    gpus = values.get("gpus", "")
    if not gpus:
        return
    if not _INDICES.fullmatch(gpus):
        yield f"--gpus {gpus}: write the indices, as in 0,1"
    if values.get("backend") == "gloo":
        yield "--gpus and --backend gloo: gloo measures on the CPU"
