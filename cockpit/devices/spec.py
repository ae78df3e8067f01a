"""Which devices are meant: the words of --devices and COCKPIT_DEVICES, understood once."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from cockpit.devices.simulated_models import MODELS, Model
from cockpit.errors import InputError, nearest

VARIABLE: Final = "COCKPIT_DEVICES"
KINDS: Final = ("auto", "none", "nvml", "simulated")
FAULTS: Final = (
    *("lost", "hang", "hot", "throttle", "brake", "idle", "slow", "remap"),
    *("busy", "hidden"),
)
"""What a GPU can be told to be or to have, as in `lost=3` or `lost=3@10`."""
NUMBERED: Final = {"xid": "79", "mig": "2"}
"""The same with a number, as in `xid=3:79@10`; here the one of the example."""
MISSING: Final = "missing"
WORDS: Final = (*FAULTS, *NUMBERED, MISSING)
FIELDS: Final = (
    "utilization_pct",
    "memory_used_bytes",
    "temperature_c",
    "power_w",
    "sm_clock_mhz",
    "processes",
    "temperature_slowdown_c",
    "power_limit_w",
    "throttle",
    "fan_pct",
    "pcie",
    "nvlink",
    "memory_health",
    "energy_j",
)
"""What `missing=` can take away."""
HANG_AFTER_S: Final = 3.0
"""Without `@`: it has told something before it hangs. All else begins at once."""
MOST_GPUS: Final = 128


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that happens to a simulated GPU."""

    kind: str
    gpu_index: int
    after_s: float
    number: int = 0
    """The code of an Xid, the count of MIG devices."""


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


def parse_spec(text: str, given_by: str = VARIABLE) -> DeviceSpec:
    """Return what `auto`, `none`, `nvml` or `simulated:8xh20,lost=6,hang=3@10` means.

    Raises InputError that begins with `given_by` and names the word and the nearest right one.
    """
    try:
        return _parse(text)
    except ValueError as error:
        raise InputError(
            f"{given_by}: {error}",
            "auto, none, nvml, or simulated:COUNTxMODEL such as simulated:2x2080",
        ) from error


def _parse(text: str) -> DeviceSpec:
    kind, _, rest = text.strip().lower().partition(":")
    if kind not in KINDS:
        raise ValueError(_unknown(kind, "source of devices", KINDS))
    if kind != "simulated":
        if rest:
            raise ValueError(f"{kind!r} takes nothing after a colon")
        return DeviceSpec(kind)
    return _parse_simulated(rest or "2x2080")


def _parse_simulated(text: str) -> DeviceSpec:
    head, *words = text.split(",")
    match = re.fullmatch(r"(\d{1,3})x(\w+)", head.strip())
    if match is None:
        raise ValueError(f"{head!r} is not a count and a model, such as 2x2080")
    count, name = int(match[1]), match[2]
    if name not in MODELS:
        raise ValueError(_unknown(name, "model", MODELS))
    if not 1 <= count <= MOST_GPUS:
        raise ValueError(f"{count} GPUs cannot be simulated; 1 to {MOST_GPUS} can")
    pairs = [_split(word) for word in words]
    faults = [
        fault
        for key, value in pairs
        if key != MISSING
        for fault in _faults(key, value, count, MODELS[name])
    ]
    missing = frozenset(_field(value) for key, value in pairs if key == MISSING)
    return DeviceSpec("simulated", count, MODELS[name], tuple(faults), missing)


def _split(word: str) -> tuple[str, str]:
    key, _, value = word.strip().partition("=")
    if key not in WORDS:
        raise ValueError(_unknown(key, "word for simulated GPUs", WORDS))
    return key, value


def _faults(kind: str, value: str, count: int, model: Model) -> list[Fault]:
    """Return what one word means; `busy` alone is meant for every GPU."""
    if kind == "busy" and not value:
        return [Fault(kind, gpu_index, 0.0) for gpu_index in range(count)]
    number = r":(\d+)" if kind in NUMBERED else "()"
    match = re.fullmatch(rf"(\d+){number}(?:@(\d+(?:\.\d+)?))?", value)
    if match is None:
        example = f"{kind}=1:{NUMBERED[kind]}" if kind in NUMBERED else f"{kind}=1"
        raise ValueError(f"{kind}={value!r} is not a GPU, such as {example} or {example}@10")
    fault = Fault(kind, int(match[1]), _after_s(kind, match[3]), int(match[2] or 0))
    if fault.gpu_index >= count:
        raise ValueError(f"{kind}={value}: there are only GPUs 0 to {count - 1}")
    if kind == "mig" and not 1 <= fault.number <= model.mig_count:
        most = f"1 to {model.mig_count}" if model.mig_count else "no"
        raise ValueError(f"{kind}={value}: {model.name} has {most} MIG devices")
    return [fault]


def _after_s(kind: str, text: str | None) -> float:
    if text is not None:
        return float(text)
    return HANG_AFTER_S if kind == "hang" else 0.0


def _field(value: str) -> str:
    if value not in FIELDS:
        raise ValueError(_unknown(f"missing={value}", "reading", FIELDS, value))
    return value


def _unknown(said: str, what: str, known: Iterable[str], word: str | None = None) -> str:
    names = list(known)
    return f"{said!r} is no {what}{nearest(word or said, names)}; known: {', '.join(names)}"
