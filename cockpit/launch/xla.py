"""Is this interpreter, on this machine, fit for a training with torch_xla? Pure.

torch_xla is bound to one minor release of torch (undefined symbols otherwise), and takes the CPU
where it finds nothing better, without a word.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from cockpit.errors import EnvironmentNotFit
from cockpit.launch.arguments import torch_minor
from cockpit.launch.fallback import Fallback, TorchBuild
from cockpit.presets.model import LaunchKind

NEWEST: Final = (2, 9)
"""The last release of torch_xla on PyPI (2.9.0, seen in November 2026)."""
SILENT: Final = "this training would fall back to the CPU without a word"
DRY_RUN: Final = "CPU"


def device_of(env: Mapping[str, str], inherited: Mapping[str, str]) -> str:
    """Return PJRT_DEVICE as the training will see it: the preset's, the person's, else TPU."""
    return (env.get("PJRT_DEVICE") or inherited.get("PJRT_DEVICE") or "TPU").upper()


def xla_fallbacks(build: TorchBuild, device: str) -> tuple[Fallback, ...]:
    """Return why a training with torch_xla would not run on `device`; nothing where it would."""
    return tuple(_fallbacks(build, device))


def _fallbacks(build: TorchBuild, device: str) -> Iterator[Fallback]:
    xla = build.distributions.get("torch_xla")
    if xla is None:
        yield _missing(build)
    elif torch_minor(build.torch) != torch_minor(xla):
        torch = build.torch or "of unknown version"
        what = f"torch {torch} and torch_xla {xla} do not fit each other: both need the same minor"
        yield Fallback("xla.version-mismatch", f"{what} version", _install(build))
    if device == "TPU" and not build.tpus.has_tpu:
        yield Fallback("xla.no-tpu", _no_tpu(build), "--set env.PJRT_DEVICE=CPU for a dry run")


def _missing(build: TorchBuild) -> Fallback:
    what = f"{build.python} has no torch_xla: {SILENT}"
    if (tpu := build.distributions.get("torch_tpu")) is not None:
        what = f"{what} (torch_tpu {tpu} is there, whose scripts start with torchrun)"
        return Fallback("xla.missing", what, 'kind = "torchrun" under [launch]')
    return Fallback("xla.missing", what, _install(build))


def _no_tpu(build: TorchBuild) -> str:
    if build.tpus.chips:
        return "no TPU found: one is on the PCI bus, but there is no /dev/accel* or /dev/vfio/N"
    return "no TPU found: no /dev/accel*, and none on the PCI bus"


def _install(build: TorchBuild) -> str:
    minor = torch_minor(build.torch)
    if minor is not None and minor <= NEWEST:
        return _pip(str(build.python), f"torch_xla[tpu]=={minor[0]}.{minor[1]}.*")
    return _new_environment()


def _new_environment() -> str:
    """Return how a torch and a torch_xla that fit each other come beside what is there."""
    release = f"{NEWEST[0]}.{NEWEST[1]}.*"
    pip = _pip("~/xla/bin/python", f"torch=={release}", f"torch_xla[tpu]=={release}")
    return f"python3 -m venv ~/xla && {pip}, then --python ~/xla"


def _pip(python: str, *wanted: str) -> str:
    executable = python if python.startswith("~") else shlex.quote(python)
    return f"{executable} -m pip install {shlex.join(wanted)}"


@contextmanager
def naming_fallback(kind: LaunchKind) -> Iterator[None]:
    """Say what a missing torch_xla would have come to, when no interpreter has it."""
    try:
        yield
    except EnvironmentNotFit as error:
        if kind is LaunchKind.XLA and "torch_xla" in error.problem:
            problem = f"{error.problem}\nwithout torch_xla {SILENT}"
            raise EnvironmentNotFit(problem, _new_environment()) from error
        raise
