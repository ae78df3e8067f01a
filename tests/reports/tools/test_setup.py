from __future__ import annotations

from cockpit.reports.tools.facts import main_finding
from cockpit.reports.tools.setup import setup_of
from cockpit.tool_runs.events import Finding, Level, Measurement
from cockpit.tool_runs.result import ToolResult
from tests.reports.tools import made_up
from tests.reports.tools.made_up import op_row, result

ACCUSATION = Finding(Level.WARNING, "collectives.slow-pair", "slowest is rank 0 to rank 1")


def collectives_over(backend: str) -> ToolResult:
    labels: dict[str, str | int] = {"rank": 0, "backend": backend, "world_size": 2}
    tables = {"all_reduce": [op_row("all_reduce", 1024, 1.0)]}
    return result("collectives", tables, Measurement(1.0, "rank.pid", 7.0, "", labels), ACCUSATION)


def training(tool: str, **labels: str | int) -> ToolResult:
    return result(tool, {}, Measurement(1.0, f"{tool}.blocks", 7.0, "", labels))


def test_what_was_measured_on_is_told_of_a_training() -> None:
    found = training(
        "scaling", model="synthetic", batch_per_rank=8, image_size=64, precision="float32",
        backend="gloo", ranks="1, 2",
    )  # fmt: skip
    assert (
        setup_of(found) == "synthetic, batch 8 a rank, 64 px, float32, 1 and 2 CPU ranks over gloo"
    )
    alone = training("steptime", backend="nccl", ranks="1")
    assert setup_of(alone) == "1 GPU rank over NCCL"


def test_what_was_measured_on_is_told_of_collectives() -> None:
    assert setup_of(collectives_over("gloo")) == "gloo, 2 CPU ranks, float32"
    assert setup_of(collectives_over("nccl")) == "NCCL, 2 GPU ranks, float32"


def test_a_result_that_does_not_tell_has_no_such_line() -> None:
    for found in (made_up.scaling(), made_up.steptime(), made_up.collectives(), made_up.memory()):
        assert setup_of(found) == ""


def test_pairs_are_accused_on_gpus_alone() -> None:
    assert main_finding(collectives_over("nccl")) == ACCUSATION
    assert main_finding(collectives_over("gloo")) is None
