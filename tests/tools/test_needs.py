from __future__ import annotations

from pathlib import Path

import pytest

from cockpit.launch.fallback import TorchBuild
from cockpit.launch.probe import NO_CUDA
from cockpit.launch.tpu import TpuSight
from cockpit.presets.model import Launch, LaunchKind, Needs, Origin, Preset
from cockpit.tool_runs.events import Level, Measurement
from cockpit.tools.needs import Facts, facts_of, judge_device, judge_gpus, judge_needs

GIB = 1 << 30


def preset(
    *, gpus: str = "auto", cpu_ranks: int | None = None, needs: Needs | None = None
) -> Preset:
    launch = Launch(LaunchKind.TORCHRUN, script="train.py", gpus=gpus, cpu_ranks=cpu_ranks)
    return Preset("digits", Path("digits.toml"), Origin.YOURS, "", launch, needs=needs or Needs())


def facts(gpus: int = 0, *, gpu_gib: float = 8.0) -> Facts:
    return Facts((gpu_gib * GIB,) * gpus, 32.0 * GIB, 100.0 * GIB)


def test_facts_come_from_the_measurements() -> None:
    events = (
        Measurement(1.0, "host.memory", 4.0, "bytes"),
        Measurement(1.0, "gpu.memory", 8.0, "bytes", {"cuda_ordinal": 0, "gpu": "H20"}),
        Measurement(1.0, "gpu.memory", 9.0, "bytes", {"cuda_ordinal": 1}),
    )
    assert facts_of(events) == Facts((8.0, 9.0), 4.0, None, ("H20", ""))


@pytest.mark.parametrize(
    ("wanted", "there", "level", "words"),
    [
        (preset(cpu_ranks=2), 0, Level.OK, "digits runs on the CPU, 2 ranks"),
        (preset(cpu_ranks=1), 0, Level.OK, "digits runs on the CPU, 1 rank"),
        (preset(), 0, Level.PROBLEM, "digits needs a GPU"),
        (preset(), 2, Level.OK, "digits would use 2 GPUs of 2"),
        (preset(gpus="4"), 2, Level.PROBLEM, "this machine has 2 GPUs"),
        (preset(gpus="0,7"), 2, Level.PROBLEM, "GPU 7 is asked for; this machine has 2 GPUs"),
        (preset(gpus="0,"), 2, Level.OK, "digits would use 1 GPU of 2"),
        (preset(gpus="nine"), 2, Level.PROBLEM, "not a choice"),
        (preset(needs=Needs(gpus=4)), 2, Level.PROBLEM, "needs 4 GPUs, torch can use 2"),
    ],
)
def test_gpus(wanted: Preset, there: int, level: Level, words: str) -> None:
    finding = judge_gpus(wanted, facts(there))
    assert finding.level is level
    assert words in finding.what


def test_sizes_are_judged_only_where_they_are_named() -> None:
    assert [finding.code for finding in judge_needs(preset(), facts(1))] == ["preset.gpus"]
    needs = Needs(gpu_memory_bytes=8 * GIB, ram_bytes=64 * GIB, disk_bytes=100 * GIB)
    found = {f.code: f.level for f in judge_needs(preset(needs=needs), facts(1, gpu_gib=7.8))}
    assert found == {
        "preset.gpus": Level.OK,
        "preset.gpu_memory": Level.OK,
        "preset.ram": Level.PROBLEM,
        "preset.disk": Level.OK,
    }


def test_a_size_that_was_not_measured_is_a_warning() -> None:
    needs = Needs(ram_bytes=GIB)
    found = list(judge_needs(preset(cpu_ranks=1, needs=needs), Facts((), None, None)))
    assert found[1].level is Level.WARNING
    assert "–" in found[1].what


def device_codes(wanted: Preset, build: TorchBuild, **environ: str) -> dict[str, Level]:
    return {finding.code: finding.level for finding in judge_device(wanted, build, environ)}


def test_a_torch_without_cuda_is_a_problem_only_for_who_needs_a_gpu() -> None:
    build = TorchBuild(Path("/p"), "2.13.0", NO_CUDA, {}, TpuSight())
    assert device_codes(preset(), build) == {"cuda.fallback": Level.PROBLEM}
    assert device_codes(preset(gpus="4", cpu_ranks=1), build) == {"cuda.fallback": Level.PROBLEM}
    assert device_codes(preset(cpu_ranks=2), build) == {}
    assert device_codes(preset(gpus="cpu"), build) == {}


def test_an_xla_preset_is_judged_by_its_tpu_and_its_versions_and_not_by_gpus() -> None:
    launch = Launch(LaunchKind.XLA, script="train.py")
    wanted = Preset("tpu", Path("tpu.toml"), Origin.YOURS, "", launch)
    versions = {"torch_xla": "2.9.0", "libtpu": "0.0.21"}
    tpu = TpuSight((Path("/dev/accel0"),), 1)
    assert [finding.code for finding in judge_needs(wanted, facts())] == []
    fit = TorchBuild(Path("/p"), "2.9.0", NO_CUDA, versions, tpu)
    assert device_codes(wanted, fit) == {"xla.fits": Level.OK}
    bad = TorchBuild(Path("/p"), "2.13.0", NO_CUDA, {"torch_xla": "2.9.0"}, TpuSight())
    assert device_codes(wanted, bad) == {
        "xla.version-mismatch": Level.PROBLEM,
        "xla.no-tpu": Level.PROBLEM,
        "xla.libtpu": Level.WARNING,
    }
    assert device_codes(wanted, fit, PJRT_DEVICE="CPU") == {"xla.fits": Level.OK}
    none = TorchBuild(Path("/p"), "2.9.0", NO_CUDA, {}, TpuSight())
    assert "xla.missing" in device_codes(wanted, none)
