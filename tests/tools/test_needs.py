from __future__ import annotations

from pathlib import Path

import pytest

from cockpit.presets.model import Launch, LaunchKind, Needs, Origin, Preset
from cockpit.tools.events import Level, Measurement
from cockpit.tools.needs import Facts, facts_of, judge_gpus, judge_needs

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
        Measurement(1.0, "gpu.memory", 8.0, "bytes", {"cuda_ordinal": 0}),
        Measurement(1.0, "gpu.memory", 9.0, "bytes", {"cuda_ordinal": 1}),
    )
    assert facts_of(events) == Facts((8.0, 9.0), 4.0, None)


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
