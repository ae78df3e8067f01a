"""Which devices are meant: the words of COCKPIT_DEVICES, understood once."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import Final

from cockpit.errors import InputError, nearest
from cockpit.units import GIB

VARIABLE: Final = "COCKPIT_DEVICES"
KINDS: Final = ("auto", "none", "nvml", "simulated")
FAULTS: Final = ("lost", "hang", "hot", "missing")
FIELDS: Final = (
    "utilization_pct",
    "memory_used_bytes",
    "temperature_c",
    "power_w",
    "sm_clock_mhz",
    "processes",
)
"""What `missing=` can take away."""
DEFAULT_AFTER_S: Final = {"lost": 0.0, "hang": 3.0, "hot": 0.0}
MOST_GPUS: Final = 128


@dataclass(frozen=True, slots=True)
class Model:
    """What a simulated GPU has to offer."""

    name: str
    memory_total_bytes: int
    power_limit_w: float
    temperature_slowdown_c: float
    sm_clock_mhz: float


# Memory, board power and boost clock as NVIDIA's product pages give them (2025); slowdown
# temperatures are typical ones. Only simulated GPUs use these.
MODELS: Final = {
    "2080": Model("NVIDIA GeForce RTX 2080", 8 * GIB, 215, 88, 1815),
    "3060": Model("NVIDIA GeForce RTX 3060", 12 * GIB, 170, 90, 1777),
    "a100": Model("NVIDIA A100-SXM4-80GB", 80 * GIB, 400, 92, 1410),
    "h20": Model("NVIDIA H20", 96 * GIB, 500, 92, 1980),
    "h200": Model("NVIDIA H200", 141 * GIB, 700, 92, 1980),
}


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that a simulated GPU does wrong."""

    kind: str
    gpu_index: int
    after_s: float


@dataclass(frozen=True, slots=True)
class DeviceSpec:
    """What to read; a simulated one also says what to pretend."""

    kind: str
    count: int = 0
    model: Model | None = None
    faults: tuple[Fault, ...] = ()
    missing: frozenset[str] = frozenset()


def spec_from_environment() -> str:
    """Return COCKPIT_DEVICES, by default `auto`; it need not be right."""
    return os.environ.get(VARIABLE, "").strip() or "auto"


def checked_spec() -> str:
    """Return what the environment says of devices; raises InputError where that makes no sense.

    A launch must not take a mistake in it for a machine without GPUs.
    """
    text = spec_from_environment()
    parse_spec(text)
    return text


def parse_spec(text: str) -> DeviceSpec:
    """Return what `auto`, `none`, `nvml` or `simulated:8xh20,lost=6,hang=3@10` means.

    Raises InputError that names the word and the nearest right one.
    """
    kind, _, rest = text.strip().lower().partition(":")
    if kind not in KINDS:
        raise _wrong(f"{kind!r} is no source of devices{nearest(kind, KINDS)}")
    if kind != "simulated":
        if rest:
            raise _wrong(f"{kind!r} takes nothing after a colon")
        return DeviceSpec(kind)
    return _parse_simulated(rest or "2x2080")


def _parse_simulated(text: str) -> DeviceSpec:
    head, *words = text.split(",")
    match = re.fullmatch(r"(\d{1,3})x(\w+)", head.strip())
    if match is None:
        raise _wrong(f"{head!r} is not a count and a model, such as 2x2080")
    count, model = int(match[1]), match[2]
    if model not in MODELS:
        raise _wrong(f"{model!r} is no model{nearest(model, MODELS)}; known: {', '.join(MODELS)}")
    if not 1 <= count <= MOST_GPUS:
        raise _wrong(f"{count} GPUs cannot be simulated; 1 to {MOST_GPUS} can")
    pairs = [_split(word) for word in words]
    return DeviceSpec(
        "simulated",
        count,
        MODELS[model],
        tuple(_fault(key, value, count) for key, value in pairs if key != "missing"),
        frozenset(_field(value) for key, value in pairs if key == "missing"),
    )


def _split(word: str) -> tuple[str, str]:
    key, _, value = word.strip().partition("=")
    if key not in FAULTS:
        raise _wrong(f"{key!r} is no fault{nearest(key, FAULTS)}; known: {', '.join(FAULTS)}")
    return key, value


def _fault(kind: str, value: str, count: int) -> Fault:
    match = re.fullmatch(r"(\d+)(?:@(\d+(?:\.\d+)?))?", value)
    if match is None:
        raise _wrong(f"{kind}={value!r} is not a GPU, such as {kind}=1 or {kind}=1@10")
    gpu_index = int(match[1])
    if gpu_index >= count:
        raise _wrong(f"{kind}={value}: there are only GPUs 0 to {count - 1}")
    return Fault(kind, gpu_index, float(match[2]) if match[2] else DEFAULT_AFTER_S[kind])


def _field(value: str) -> str:
    if value not in FIELDS:
        raise _wrong(f"missing={value!r} is no reading{nearest(value, FIELDS)}")
    return value


def _wrong(problem: str) -> InputError:
    return InputError(
        f"{VARIABLE}: {problem}",
        "auto, none, nvml, or simulated:COUNTxMODEL such as simulated:2x2080",
    )
