"""Slurm and TPUs: is this a place to train, and do their parts fit each other?"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Mapping, NamedTuple

from diagnostics.emit import NOTE, OK, WARNING, Finding
from diagnostics.remedies import install


class Slurm(NamedTuple):
    """What this machine shows of Slurm."""

    has_sbatch: bool
    job_id: str | None = None
    node: str | None = None


class Tpu(NamedTuple):
    """What there is of TPUs."""

    nodes: tuple[str, ...] = ()
    torch: str | None = None
    torch_xla: str | None = None
    libtpu: str | None = None


def read_slurm(environ: Mapping[str, str]) -> Slurm:
    """Return whether Slurm is here and this is one of its jobs."""
    sbatch = shutil.which("sbatch", path=environ.get("PATH"))
    return Slurm(sbatch is not None, environ.get("SLURM_JOB_ID"), environ.get("SLURMD_NODENAME"))


def judge_slurm(slurm: Slurm) -> list[Finding]:
    """Say whether this is a job of Slurm's; nothing where there is no Slurm."""
    code = "slurm.allocation"
    if slurm.job_id:
        where = f" on {slurm.node}" if slurm.node else ""
        return [Finding(OK, code, f"inside Slurm job {slurm.job_id}{where}")]
    if not slurm.has_sbatch:
        return []
    what = "Slurm is here, and this is no job of it: perhaps a login node"
    return [Finding(NOTE, code, what, "train in a job: cockpit slurm PRESET, or salloc --gpus=1")]


def read_tpu_nodes(devices: Path = Path("/dev")) -> tuple[str, ...]:
    """Return the device nodes of TPUs."""
    return tuple(sorted(str(node) for node in devices.glob("accel[0-9]*")))


def judge_tpu(tpu: Tpu, pip: str) -> list[Finding]:
    """Say whether the TPU's libraries fit; nothing where there is neither TPU nor library."""
    if not tpu.nodes and not tpu.torch_xla and not tpu.libtpu:
        return []
    code = "tpu.libraries"
    if not tpu.torch_xla:
        seen = f"a TPU ({', '.join(tpu.nodes)})" if tpu.nodes else f"libtpu {tpu.libtpu}"
        remedy = install(pip, "torch_xla[tpu]")
        return [Finding(NOTE, code, f"{seen}, but no torch_xla: it would not be used", remedy)]
    if tpu.torch and _minor(tpu.torch) != _minor(tpu.torch_xla):
        # Its library is bound to one release of torch and breaks with "undefined symbol".
        what = f"torch_xla {tpu.torch_xla} is built for torch {_minor(tpu.torch_xla)}"
        what += f", and torch {tpu.torch} is installed: it cannot be imported"
        remedy = install(pip, f"torch=={_minor(tpu.torch_xla)}.*")
        return [Finding(WARNING, code, what, remedy + ", in an environment of its own")]
    if tpu.nodes and not tpu.libtpu:
        what = f"torch_xla {tpu.torch_xla} without libtpu: the TPU cannot be reached"
        return [Finding(WARNING, code, what, install(pip, "torch_xla[tpu]"))]
    count = f"{len(tpu.nodes)} TPU chips" if tpu.nodes else "no TPU here"
    return [Finding(OK, code, f"torch_xla {tpu.torch_xla} fits torch {tpu.torch}, {count}")]


def _minor(version: str) -> str:
    return ".".join(version.split("+", maxsplit=1)[0].split(".")[:2])
