"""What the tool `memory` is asked, from its command line."""

from __future__ import annotations

import argparse
import json
import re
from typing import NamedTuple

from diagnostics.memory_search import LARGEST_BATCH
from diagnostics.memory_step import OPTIMIZERS
from diagnostics.parser import Parser

UNITS = {
    **{"": 1, "b": 1, "k": 1 << 10, "kib": 1 << 10, "m": 1 << 20, "mib": 1 << 20},
    **{"g": 1 << 30, "gib": 1 << 30},
}
"""K, M and G are binary."""
STEPS = {"cuda": (3, 10), "cpu": (1, 3)}
"""Warm-up and measured steps."""


class Options(NamedTuple):
    """What is swept, and how."""

    model: str
    image_sizes: tuple[int | None, ...]
    """None: whatever a command of its own takes."""
    batch_sizes: tuple[int, ...]
    """Measure exactly these; empty to look for the largest that fits."""
    optimizer: str
    amp: bool | None
    """None leaves it to the device."""
    gpu: int | None
    device: str
    """auto, cuda or cpu."""
    limit_bytes: int | None
    margin_pct: float
    most: int
    steps: int | None
    verify_steps: int
    ranks: int | None
    """For the global batch; None counts the GPUs."""
    silence_limit_s: float
    command: tuple[str, ...]
    """Run for each probe instead of our own, as `memory_probe` says; empty for ours."""
    first: int
    """The batch that a search begins with."""
    probe_limit_s: int
    """So long a probe of such a command lasts at most."""


def parse_options(arguments: list[str]) -> Options:
    """Return the options. Raises ValueError with one sentence when they are wrong."""
    parser = Parser(prog="diagnostics.pyz memory")
    parser.add_argument("--model", default="synthetic")
    parser.add_argument("--imgsz", type=parse_counts, default=(640,), metavar="N,N")
    parser.add_argument("--batch-sizes", type=parse_counts, default=(), metavar="N,N")
    parser.add_argument("--optimizer", choices=OPTIMIZERS, default="sgd")
    parser.add_argument("--amp", choices=("auto", "on", "off"), default="auto")
    parser.add_argument("--gpu", type=int, metavar="INDEX")
    parser.add_argument("--device", choices=("auto", "cuda", "cpu"), default="auto")
    parser.add_argument("--limit", type=parse_bytes, metavar="SIZE")
    parser.add_argument("--margin", type=parse_percent, default=10.0, metavar="PERCENT")
    parser.add_argument("--max", type=parse_count, default=LARGEST_BATCH, metavar="N")
    parser.add_argument("--steps", type=parse_count, metavar="N")
    parser.add_argument("--verify-steps", type=parse_count, default=50, metavar="N")
    parser.add_argument("--ranks", type=parse_count, metavar="N")
    parser.add_argument("--silence-limit", type=float, default=300.0, metavar="SECONDS")
    parser.add_argument("--probe-command", type=parse_command, default=(), metavar="JSON")
    parser.add_argument("--first", type=parse_count, default=1, metavar="N")
    parser.add_argument("--limit-probe", type=parse_count, default=120, metavar="SECONDS")
    found = parser.parse_args(arguments)
    return Options(
        model=found.model,
        image_sizes=(None,) if found.probe_command else found.imgsz,
        batch_sizes=found.batch_sizes,
        optimizer=found.optimizer,
        amp=None if found.amp == "auto" else found.amp == "on",
        gpu=found.gpu,
        device=found.device,
        limit_bytes=found.limit,
        margin_pct=found.margin,
        most=found.max,
        steps=found.steps,
        verify_steps=found.verify_steps,
        ranks=found.ranks,
        silence_limit_s=found.silence_limit,
        command=found.probe_command,
        first=found.first,
        probe_limit_s=found.limit_probe,
    )


def parse_count(text: str) -> int:
    """Return a number of at least one. Raises ArgumentTypeError."""
    if not re.fullmatch(r"\d{1,9}", text.strip()) or int(text) < 1:
        raise argparse.ArgumentTypeError(f"'{text}' is not a number of at least 1")
    return int(text)


def parse_counts(text: str) -> tuple[int, ...]:
    """Return numbers of at least one, in order and each once."""
    return tuple(sorted({parse_count(one) for one in text.split(",")}))


def parse_bytes(text: str) -> int:
    """Return a size such as `8GiB`, `7.5 GiB`, `900M`. Raises ArgumentTypeError."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?) ?([a-z]*)", text.strip().lower())
    size = int(float(found[1]) * UNITS.get(found[2], 0)) if found else 0
    if size < 1:
        raise argparse.ArgumentTypeError(f"'{text}' is no size; write 8GiB or 900MiB")
    return size


def parse_percent(text: str) -> float:
    """Return a share from 0 to 90. Raises ArgumentTypeError."""
    found = re.fullmatch(r"(\d{1,2}(?:\.\d+)?) ?%?", text.strip())
    if not found or float(found[1]) > 90:
        raise argparse.ArgumentTypeError(f"'{text}' is no share from 0 to 90")
    return float(found[1])


def parse_command(text: str) -> tuple[str, ...]:
    """Return the words of a command from a JSON list. Raises ArgumentTypeError."""
    try:
        words = json.loads(text)
    except ValueError:
        words = None
    if not isinstance(words, list) or not words or not all(isinstance(one, str) for one in words):
        raise argparse.ArgumentTypeError(f"'{text}' is no JSON list of words")
    return tuple(words)
