"""What captured results of tools tell estimates. The `-cpu` streams are of real runs."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from cockpit.analysis.forecast.memory.forecast import forecast_memory
from cockpit.analysis.forecast.result import Tier
from cockpit.analysis.forecast.work import Work
from cockpit.calibrations.calibration import Calibration, Kind, ScalingPoint
from cockpit.calibrations.lines import parse_line, to_line
from cockpit.catalog.rows import Catalog
from cockpit.tool_runs.events import Row, parse_event
from cockpit.tool_runs.result import ToolAsked, ToolResult, fold_all
from cockpit.views.tool_calibration import ToolMachine, calibrations_of_tool

DATA = Path(__file__).parent.parent / "data" / "tools"
CPU = "cpu: AMD EPYC 7B13, 2 cores"
GPUS = ("NVIDIA GeForce RTX 2080", "NVIDIA GeForce RTX 3090")
HERE = ToolMachine("box", CPU, GPUS)
MIB = 1 << 20


def captured(name: str) -> ToolResult:
    lines = (DATA / f"{name}.jsonl").read_text().splitlines()
    events = [event for event in map(parse_event, lines) if event is not None]
    return fold_all(name.partition("-")[0], events)


def asked_of(tool: str, preset: str | None = None, **values: str) -> ToolAsked:
    return ToolAsked(tool, 1000.0, "/python", values, preset)


def told(result: ToolResult, asked: ToolAsked | None = None) -> tuple[Calibration, ...]:
    return calibrations_of_tool(asked or asked_of(result.tool), result, HERE, f"{result.tool}:1")


def only(result: ToolResult, asked: ToolAsked | None = None) -> Calibration:
    (one,) = told(result, asked)
    return one


def test_scaling_tells_its_points() -> None:
    one = only(captured("scaling-cpu"))
    assert one.kind is Kind.SCALING
    assert [(point.world_size, point.batch_per_rank) for point in one.points] == [(1, 8), (2, 8)]
    assert one.points[1].samples_per_s == pytest.approx(125.08, abs=0.01)
    assert (one.model, one.imgsz, one.world_size) == ("synthetic:small", 64, 2)
    assert (one.device, one.host, one.time_s) == (CPU, "box", 1000.0)


def test_a_scaling_that_was_stopped_tells_what_it_has() -> None:
    whole = captured("scaling-cpu")
    first = {"scaling": whole.tables["scaling"][:1]}
    one = only(replace(whole, tables=first, finished=None))
    assert [point.world_size for point in one.points] == [1]
    assert told(replace(whole, tables={}, finished=None)) == ()


def test_shared_batches_and_dataparallel_are_no_points() -> None:
    whole = captured("scaling-cpu")
    weak = whole.tables["scaling"]
    strong = [Row(0.0, "scaling", {**row.values, "mode": "strong"}) for row in weak]
    shared = [Row(0.0, "scaling", {**row.values, "method": "dp"}) for row in weak]
    mixed = replace(whole, tables={"scaling": (*weak, *strong, *shared)})
    assert only(mixed).points == only(whole).points
    assert len(only(replace(whole, tables={"scaling": tuple(strong)})).points) == 2


def test_steptime_tells_its_step() -> None:
    one = only(captured("steptime-cpu"), asked_of("steptime", preset="shapes"))
    assert one.kind is Kind.STEPTIME
    assert one.step_s == pytest.approx(0.13944, abs=1e-5)
    assert (one.batch_per_rank, one.world_size, one.imgsz) == (8, 2, 64)
    assert one.preset == "shapes"


def test_a_preset_that_was_named_by_its_file_keeps_its_name() -> None:
    asked = asked_of("steptime", preset="/home/me/presets/shapes.toml")
    assert only(captured("steptime-cpu"), asked).preset == "shapes"


def test_a_steptime_without_its_step_tells_nothing() -> None:
    whole = captured("steptime-cpu")
    steps = [one for one in whole.measurements if one.name != "steptime.step_time"]
    assert told(replace(whole, measurements=tuple(steps))) == ()


def test_memory_tells_a_line_for_each_image_size() -> None:
    small, large = told(captured("memory-cpu"))
    assert (small.imgsz, large.imgsz) == (64, 96)
    assert (small.calibration_id, large.calibration_id) == ("memory:1", "memory:1:96px")
    assert small.args == {"amp": "False", "optimizer": "sgd"}
    memory = large.memory
    assert memory is not None
    assert memory.is_host
    assert [batch for batch, _ in memory.peaks] == [1, 8, 64]
    # Batch 64 was measured twice, and the larger figure counts.
    assert memory.peak_bytes == memory.peaks[-1][1] == 987242496
    assert large.batch_per_rank == memory.largest_batch == 64
    assert memory.capacity_bytes == 2147483648
    assert memory.base_bytes is not None
    assert memory.sample_bytes is not None
    assert memory.base_bytes + 64 * memory.sample_bytes == pytest.approx(memory.peak_bytes)


def test_what_a_sweep_measured_is_foretold_within_five_percent() -> None:
    for one in told(captured("memory-cpu")):
        assert one.memory is not None
        for batch, peak in one.memory.peaks:
            work = Work(1, 1, batch, CPU, model="synthetic:small", imgsz=one.imgsz, host="box")
            found = forecast_memory(work, [one], Catalog())
            assert found is not None
            assert found.tier is Tier.TOOLS
            assert found.need_bytes.likely == pytest.approx(peak)
            assert found.need_bytes.width < 1.11


def test_the_smaller_image_size_foretells_the_larger_one() -> None:
    small, large = told(captured("memory-cpu"))
    assert large.memory is not None
    for batch, peak in large.memory.peaks:
        work = Work(1, 1, batch, CPU, model="synthetic:small", imgsz=96, host="box")
        found = forecast_memory(work, [small], Catalog())
        assert found is not None
        assert found.need_bytes.low <= peak <= found.need_bytes.high


def test_a_given_limit_is_not_what_the_device_has() -> None:
    one = told(captured("memory-cpu"), asked_of("memory", limit="2GiB"))[0]
    assert one.memory is not None
    assert one.memory.capacity_bytes is None
    assert one.memory.largest_batch == 64


def test_a_batch_that_was_not_verified_is_not_called_so() -> None:
    whole = captured("memory-cpu")
    sweep = replace(whole, tables={"memory": whole.tables["memory"]}, finished=None)
    memory = told(sweep)[0].memory
    assert memory is not None
    assert memory.largest_batch is None
    assert memory.peak_bytes == 650072064


def gpu_sweep(**changed: object) -> ToolResult:
    """Return the captured stream as a GPU would have told it."""
    whole = captured("memory-cpu")
    rows = [
        Row(
            0.0,
            "memory",
            {
                **row.values,
                "kind": "gpu",
                "peak_rss_bytes": None,
                "allocated_bytes": 100 * MIB,
                "driver_used_bytes": 500 * MIB,
                **changed,  # type: ignore[dict-item]
            },
        )
        for row in whole.tables["memory"][:1]
    ]
    return replace(whole, tables={"memory": tuple(rows)})


def test_a_gpu_counts_as_its_driver_does_and_has_its_name() -> None:
    one = only(gpu_sweep(), asked_of("memory", gpu="1"))
    assert one.device == "NVIDIA GeForce RTX 3090"
    assert one.memory is not None
    assert not one.memory.is_host
    assert one.memory.peaks == ((1, 500 * MIB),)
    assert one.memory.base_bytes is None


def test_a_gpu_without_a_name_tells_nothing() -> None:
    nameless = ToolMachine("box", CPU)
    assert calibrations_of_tool(asked_of("memory"), gpu_sweep(), nameless, "memory:1") == ()
    assert told(gpu_sweep(), asked_of("memory", gpu="7")) == ()


def test_a_presets_own_command_has_its_name_and_no_model() -> None:
    result = gpu_sweep(model=None, image_size=None, amp=None, optimizer=None)
    one = only(result, asked_of("memory", preset="mine"))
    assert (one.preset, one.model, one.imgsz, one.args) == ("mine", None, None, {})
    work = Work(1, 1, 1, GPUS[0], preset="mine", model="yolo11n", imgsz=640)
    found = forecast_memory(work, [one], Catalog())
    assert found is not None
    assert found.need_bytes.likely == 500 * MIB


def test_batches_that_did_not_run_are_left_out() -> None:
    assert told(gpu_sweep(outcome="out of memory")) == ()


def test_a_batch_that_was_ended_too_early_does_not_count() -> None:
    whole = captured("memory-cpu")
    first, second, *_ = whole.tables["memory"]
    less = replace(second, values={**second.values, "peak_rss_bytes": 300 * MIB})
    memory = only(replace(whole, tables={"memory": (first, less)})).memory
    assert memory is not None
    assert [batch for batch, _ in memory.peaks] == [1]


@pytest.mark.parametrize("name", ["check-cpu", "collectives-made-up"])
def test_other_tools_tell_nothing(name: str) -> None:
    assert told(captured(name)) == ()


@pytest.mark.parametrize("name", ["scaling-cpu", "steptime-cpu", "memory-cpu"])
def test_every_calibration_survives_its_file(name: str) -> None:
    for one in told(captured(name)):
        assert parse_line(to_line(one)) == one


@pytest.mark.parametrize("name", ["scaling-cpu", "steptime-cpu", "memory-cpu"])
def test_a_stream_cut_anywhere_breaks_nothing(name: str) -> None:
    whole = captured(name)
    for cut in range(len(whole.measurements)):
        told(replace(whole, measurements=whole.measurements[:cut]))
    for table, rows in whole.tables.items():
        for row in rows:
            for cell in row.values:
                less = {one: value for one, value in row.values.items() if one != cell}
                told(replace(whole, tables={table: (Row(0.0, table, less),)}))


def test_a_point_is_a_throughput_over_all_ranks() -> None:
    line = next(
        json.loads(text)
        for text in (DATA / "scaling-cpu.jsonl").read_text().splitlines()
        if '"world_size": 2, "batch_per_rank"' in text
    )
    point = ScalingPoint(2, 8, line["values"]["samples_per_s"])
    assert only(captured("scaling-cpu")).points[-1] == point
