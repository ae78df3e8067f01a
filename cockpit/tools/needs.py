"""Does this machine have what a preset needs? From facts to findings, pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from cockpit import units
from cockpit.errors import CockpitError
from cockpit.launch.fallback import TorchBuild, cuda_fallback
from cockpit.launch.gpus import choose_gpus, parse_gpu_choice
from cockpit.launch.plan import Gpu, Machine
from cockpit.launch.xla import device_of, xla_fallbacks
from cockpit.presets.model import LaunchKind, Preset
from cockpit.tool_runs.events import Event, Finding, Level, Measurement


@dataclass(frozen=True, slots=True)
class Facts:
    """What the training interpreter measured; None where it could not."""

    gpu_memory_bytes: tuple[float, ...]
    """One for each GPU that torch can use."""
    memory_bytes: float | None
    disk_free_bytes: float | None
    gpu_names: tuple[str, ...] = ()
    """As the driver names them, in the same order."""


def facts_of(events: Sequence[Event]) -> Facts:
    """Return the facts among the measurements of `check`."""
    measured = [event for event in events if isinstance(event, Measurement)]
    values = {event.name: event.value for event in measured}
    gpus = [event for event in measured if event.name == "gpu.memory"]
    names = tuple(str(event.labels.get("gpu", "")) for event in gpus)
    sizes = tuple(event.value or 0.0 for event in gpus)
    return Facts(sizes, values.get("host.memory"), values.get("disk.free"), names)


def judge_needs(preset: Preset, facts: Facts) -> Iterator[Finding]:
    """Yield one finding for each thing that the preset needs."""
    if preset.launch.kind is not LaunchKind.XLA:
        yield judge_gpus(preset, facts)
    needs, gpus = preset.needs, facts.gpu_memory_bytes
    if needs.gpu_memory_bytes is not None and gpus:
        yield _judge_size("gpu_memory", "memory of a GPU", min(gpus), needs.gpu_memory_bytes)
    if needs.ram_bytes is not None:
        yield _judge_size("ram", "host memory", facts.memory_bytes, needs.ram_bytes)
    if needs.disk_bytes is not None:
        yield _judge_size("disk", "free disk", facts.disk_free_bytes, needs.disk_bytes)


def judge_device(
    preset: Preset, build: TorchBuild, environ: Mapping[str, str]
) -> Iterator[Finding]:
    """Yield why this training would quietly run on the CPU; for XLA also that it would not."""
    if preset.launch.kind is LaunchKind.XLA:
        yield from _judge_xla(build, device_of(preset.env, environ))
        return
    wants_gpu = preset.launch.gpus not in ("auto", "cpu") or preset.launch.cpu_ranks is None
    reason = cuda_fallback(preset, build)
    if reason is not None and wants_gpu and preset.launch.gpus != "cpu":
        yield Finding(Level.PROBLEM, reason.code, reason.what, reason.remedy)


def _judge_xla(build: TorchBuild, device: str) -> Iterator[Finding]:
    reasons = xla_fallbacks(build, device)
    for reason in reasons:
        yield Finding(Level.PROBLEM, reason.code, reason.what, reason.remedy)
    versions = build.distributions
    if not reasons:
        what = f"torch_xla {versions.get('torch_xla')} fits torch {build.torch}, on {device}"
        yield Finding(Level.OK, "xla.fits", what)
    if device == "TPU" and "torch_xla" in versions and "libtpu" not in versions:
        what = "no libtpu beside torch_xla: the TPU cannot be reached unless the system has one"
        remedy = f"{build.python} -m pip install 'torch_xla[tpu]'"
        yield Finding(Level.WARNING, "xla.libtpu", what, remedy)


def judge_gpus(preset: Preset, facts: Facts) -> Finding:
    """Say whether the GPUs that the preset asks for are there, or whether it may do without."""
    code, there = "preset.gpus", len(facts.gpu_memory_bytes)
    try:
        chosen = choose_gpus(
            parse_gpu_choice(preset.launch.gpus), _machine(facts), preset.launch.kind
        )
    except CockpitError as error:
        return Finding(Level.PROBLEM, code, f"{preset.name}: {error.problem}", error.remedy or None)
    wanted = preset.needs.gpus or 0
    if wanted > there:
        what = f"{preset.name} needs {_gpus(wanted)}, torch can use {there}"
        return Finding(Level.PROBLEM, code, what, "cockpit gpus")
    if not chosen and preset.launch.cpu_ranks is None:
        what = f"{preset.name} needs a GPU, and torch can use none"
        return Finding(Level.PROBLEM, code, what, "cockpit gpus")
    if not chosen:
        ranks = preset.launch.cpu_ranks or 1
        what = f"{preset.name} runs on the CPU, {ranks} rank{'s' if ranks > 1 else ''}"
        return Finding(Level.OK, code, what)
    return Finding(Level.OK, code, f"{preset.name} would use {_gpus(len(chosen))} of {there}")


def _machine(facts: Facts) -> Machine:
    gpus = (
        Gpu(index, "", "", round(size_bytes), None, is_busy=False)
        for index, size_bytes in enumerate(facts.gpu_memory_bytes)
    )
    return Machine(tuple(gpus), cpu_count=1)


def _judge_size(name: str, what: str, there: float | None, wanted: int) -> Finding:
    text = f"{what}: {units.binary(there)}, needed {units.binary(wanted)}"
    if there is None:
        return Finding(Level.WARNING, f"preset.{name}", text)
    # A card sold as 8 GiB shows a little less: the driver keeps some for itself.
    is_enough = there >= wanted * (0.95 if name == "gpu_memory" else 1.0)
    return Finding(Level.OK if is_enough else Level.PROBLEM, f"preset.{name}", text)


def _gpus(count: int) -> str:
    return "1 GPU" if count == 1 else f"{count} GPUs"
