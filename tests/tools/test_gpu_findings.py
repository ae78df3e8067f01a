from __future__ import annotations

from dataclasses import replace

import pytest

from cockpit.devices.sample import (
    DeviceInventory,
    DeviceReading,
    DeviceSource,
    EventKind,
    GpuEvent,
    GpuProcess,
    GpuSample,
    MemoryHealth,
    PcieLink,
)
from cockpit.devices.throttle import Throttle
from cockpit.errors import CockpitError
from cockpit.tool_runs.events import Finding, Level
from cockpit.tools.gpu_findings import judge_gpus
from cockpit.tools.gpu_look import choose_devices

WELL = GpuSample(
    0,
    "GPU-0",
    "RTX 2080",
    1.0,
    utilization_pct=0.0,
    memory_used_bytes=0,
    memory_total_bytes=8 << 30,
    throttle=0,
    processes=(),
    pcie=PcieLink(1, 3, 16, 16),
    memory_health=MemoryHealth(0, 0, 0, False, False),
)


def reading(
    *gpus: GpuSample, source: DeviceSource = DeviceSource.NVML, problem: str | None = None
) -> DeviceReading:
    numbered = tuple(replace(gpu, gpu_index=place) for place, gpu in enumerate(gpus))
    return DeviceReading(DeviceInventory(source, numbered, "570.1", problem), numbered, None)


def judged(*gpus: GpuSample) -> dict[str, Finding]:
    findings = list(judge_gpus(reading(*gpus), "ada"))
    found = {finding.code: finding for finding in findings}
    assert len(found) == len(findings)
    return found


def test_gpus_that_are_well_say_so_once_for_each_subject() -> None:
    found = judged(WELL, WELL)
    assert {finding.level for finding in found.values()} == {Level.OK}
    assert found["nvml.driver"].what == "all 2 GPUs answer, driver 570.1"


@pytest.mark.parametrize(
    ("gpu", "code", "level", "what"),
    [
        (replace(WELL, problem="lost: GPU is lost"), "gpu.lost", Level.PROBLEM, "GPU 1: lost"),
        (
            replace(WELL, problem="no answer for 14 s"),
            "gpu.silent",
            Level.PROBLEM,
            "GPU 1: no answer for 14 s",
        ),
        (
            replace(WELL, memory_health=MemoryHealth(5, 1)),
            "gpu.ecc",
            Level.WARNING,
            "GPU 1: 1 uncorrected memory error",
        ),
        (
            replace(WELL, memory_health=MemoryHealth(5, 0)),
            "gpu.ecc",
            Level.NOTE,
            "GPU 1: 5 corrected memory errors",
        ),
        (
            replace(WELL, memory_health=MemoryHealth(is_remap_pending=True)),
            "gpu.remap",
            Level.WARNING,
            "GPU 1: a bad row of memory waits for a reset",
        ),
        (
            replace(WELL, memory_health=MemoryHealth(has_remap_failed=True)),
            "gpu.remap",
            Level.PROBLEM,
            "GPU 1: a bad row of memory could not be replaced",
        ),
        (
            replace(WELL, throttle=int(Throttle.SW_THERMAL | Throttle.POWER_CAP)),
            "gpu.throttle",
            Level.WARNING,
            "GPU 1: slowed now: too hot, driver slowdown",
        ),
        (replace(WELL, throttle=int(Throttle.POWER_CAP)), "gpu.throttle", Level.OK, "no GPU"),
        (
            replace(WELL, pcie=PcieLink(3, 3, 4, 16)),
            "pcie.link",
            Level.WARNING,
            "GPU 1: PCIe x4 of x16",
        ),
        (
            replace(WELL, utilization_pct=95.0, pcie=PcieLink(1, 3, 16, 16)),
            "pcie.link",
            Level.WARNING,
            "GPU 1: PCIe generation 1 of 3 under load",
        ),
        (
            replace(WELL, processes=(GpuProcess(7, 1 << 30, user="bob"),)),
            "gpu.users",
            Level.WARNING,
            "GPU 1: used by bob (1.0 GiB)",
        ),
        (
            replace(WELL, processes=(GpuProcess(7, None, is_visible=False),)),
            "gpu.users",
            Level.WARNING,
            "GPU 1: used by somebody outside this container",
        ),
        (
            replace(WELL, processes=(GpuProcess(7, None, user="ada"),)),
            "gpu.users",
            Level.NOTE,
            "GPU 1: used by ada",
        ),
        (
            replace(WELL, processes=None, processes_problem="no permission to list processes"),
            "nvml.processes",
            Level.NOTE,
            "no permission to list processes",
        ),
    ],
)
def test_what_is_wrong_with_one_gpu_names_it(
    gpu: GpuSample, code: str, level: Level, what: str
) -> None:
    finding = judged(WELL, gpu)[code]
    assert finding.level is level
    assert what in finding.what
    assert (finding.remedy is None) == (level is Level.OK)


def test_the_same_of_several_gpus_is_said_once() -> None:
    hot = replace(WELL, throttle=int(Throttle.HW_THERMAL | Throttle.HW_SLOWDOWN))
    assert judged(hot, WELL, hot)["gpu.throttle"].what == (
        "GPUs 0, 2: slowed now: too hot, hardware slowdown"
    )


def test_a_reading_that_is_missing_is_judged_by_nobody() -> None:
    bare = GpuSample(0, "GPU-0", "old", 1.0, utilization_pct=3.0)
    assert list(judged(bare)) == ["nvml.driver"]


def test_what_the_driver_reports_meanwhile_is_told() -> None:
    event = GpuEvent(3, "GPU-3", 1.0, EventKind.XID, 79)
    found = list(judge_gpus(replace(reading(WELL), events=(event,)), "ada"))
    assert found[-1].what == "the driver just reported GPU 3: Xid 79"


@pytest.mark.parametrize(
    ("problem", "codes"),
    [
        ("the NVIDIA driver and its library differ in version; reboot", ["nvml.driver"]),
        ("no NVIDIA driver is installed (libnvidia-ml.so.1 is not found); a container …", []),
        ("GPUs are not looked for (COCKPIT_DEVICES=none)", []),
    ],
)
def test_a_driver_that_does_not_start(problem: str, codes: list[str]) -> None:
    found = list(judge_gpus(reading(source=DeviceSource.NONE, problem=problem), "ada"))
    assert [finding.code for finding in found] == codes
    assert [finding.remedy for finding in found] == ["reboot"] * len(codes)


def test_simulated_gpus_are_labelled() -> None:
    found = list(judge_gpus(reading(WELL, source=DeviceSource.SIMULATED), "ada"))
    assert found
    assert all(finding.what.startswith("SIMULATED: ") for finding in found)


USED = replace(WELL, processes=(GpuProcess(7, 1 << 30, user="bob"),))
VISIBLE = {"CUDA_VISIBLE_DEVICES": "1"}


class TestWhereTheStepsAreTried:
    @pytest.mark.parametrize(
        ("choice", "gpus", "environ", "wanted"),
        [
            (None, (WELL, USED, WELL), {}, "0,2"),
            (None, (WELL, WELL), VISIBLE, "auto"),
            (None, (), {}, "auto"),
            (None, (WELL, replace(WELL, problem="lost: gone")), {}, "0"),
            ("cpu", (WELL,), {}, "cpu"),
            ("all", (WELL, USED), {}, "0,1"),
            ("1,", (WELL, USED), {}, "1"),
            ("1", (USED, WELL), {}, "1"),
        ],
    )
    def test_free_gpus_unless_others_are_named(
        self,
        choice: str | None,
        gpus: tuple[GpuSample, ...],
        environ: dict[str, str],
        wanted: str,
    ) -> None:
        assert choose_devices(choice, reading(*gpus), environ) == (wanted, [])

    def test_where_nothing_is_free_it_is_the_cpu_and_that_is_said(self) -> None:
        devices, (finding,) = choose_devices(None, reading(USED), {})
        assert (devices, finding.level) == ("cpu", Level.NOTE)
        assert "no GPU is free" in finding.what

    def test_simulated_gpus_train_nothing(self) -> None:
        simulated = reading(WELL, source=DeviceSource.SIMULATED)
        devices, (finding,) = choose_devices("all", simulated, {})
        assert (devices, "SIMULATED" in finding.what) == ("cpu", True)

    @pytest.mark.parametrize("choice", ["4", "0,7", "0", "first"])
    def test_what_is_not_there_is_refused(self, choice: str) -> None:
        with pytest.raises(CockpitError):
            choose_devices(choice, reading(WELL), {})
