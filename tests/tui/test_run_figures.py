from __future__ import annotations

from dataclasses import replace

from cockpit.analysis.alerts.limits import Targets
from cockpit.runs.alert import Alert, AlertLevel
from cockpit.runs.gpu_figures import EnergySource, GpuFigures
from cockpit.runs.phase import Phase
from cockpit.runs.usage import RunUsage
from cockpit.tui.ink import cells, plain
from cockpit.tui.noticed import Noticed
from cockpit.tui.run_attention import attention_lines, noticed_of, worst_line
from cockpit.tui.run_figures import figure_facts, usage_facts
from cockpit.tui.store import Snapshot
from cockpit.tui.widgets.facts import Fact, fact_line
from cockpit.units import GIB

from . import board

FIGURES = (
    GpuFigures(0, "GPU-0", "RTX 2080", 300.0, mean_utilization_pct=90.0, peak_memory_bytes=6 * GIB,
               memory_total_bytes=8 * GIB, peak_temperature_c=74.0, energy_j=3.6e6,
               energy_source=EnergySource.COUNTER),
    GpuFigures(11, "GPU-11", "RTX 2080", 100.0, mean_utilization_pct=50.0,
               peak_memory_bytes=7 * GIB, memory_total_bytes=8 * GIB, peak_temperature_c=86.0,
               throttled_s=240.0, energy_j=1.8e6, energy_source=EnergySource.COUNTER),
)  # fmt: skip
HOT = Alert("gpu.hot", AlertLevel.WARNING, "GPU 11", "86 °C for 4 min, clock down to 1410 MHz",
            "check its fan and what blocks the air", board.NOW - 240, "GPU-11")  # fmt: skip


def said(facts: tuple[Fact, ...]) -> dict[str, str]:
    return {fact.label: f"{fact.value} {fact.note}".strip() for fact in facts}


def test_the_figures_of_a_run_stand_beside_their_targets() -> None:
    run = replace(board.run(), gpu_figures=FIGURES)
    assert said(tuple(figure_facts(run, Targets()))) == {
        "GPU util, mean": "80 % target 90 to 95",
        "GPU memory, peak": "7.0 of 8.0 GiB, 88 % target 70 to 80",
        "hottest": "GPU 11, 86 °C target under 80",
        "GPU energy": "1.50 kWh",
        "clock held down": "GPU 11 for 4m 00s",
    }


def test_an_energy_says_what_it_rests_on_and_whose_is_missing() -> None:
    sampled = replace(FIGURES[0], energy_source=EnergySource.SAMPLES)
    silent = replace(FIGURES[1], energy_j=None)
    run = replace(board.run(), gpu_figures=(sampled, silent))
    facts = said(tuple(figure_facts(run, Targets())))
    assert facts["GPU energy"] == "1.00 kWh from samples, without 1 of the GPUs"


def test_what_no_gpu_told_is_left_out_or_a_dash() -> None:
    bare = (GpuFigures(0, "GPU-0", "RTX 2080", 0.0),)
    assert said(tuple(figure_facts(replace(board.run(), gpu_figures=bare), Targets()))) == {
        "GPU util, mean": "– target 90 to 95"
    }
    assert not tuple(figure_facts(board.run(), Targets()))


def test_a_run_tells_what_it_takes_from_its_host_while_it_goes_on() -> None:
    usage = RunUsage(board.NOW, 12, 3.24, 9 * GIB, worker_count=8, worker_cpu_cores=1.0)
    run = replace(board.run(), usage=usage)
    assert said(tuple(usage_facts(run))) == {
        "CPU of the run": "3.2 cores",
        "memory of the run": "9.0 GiB",
        "loader workers": "8, 1.0 core",
    }
    over = replace(board.run(phase=Phase.SUCCEEDED), usage=usage)
    assert not tuple(usage_facts(over))


def test_a_note_gives_way_before_the_value() -> None:
    fact = Fact("GPU util, mean", "80 %", note="target 90 to 95")
    assert plain(fact_line(fact, 44)).endswith("80 %  target 90 to 95")
    assert plain(fact_line(fact, 30)).endswith("    80 %")


def test_an_alert_is_told_with_its_remedy_and_wrapped() -> None:
    lines = attention_lines((Noticed(HOT),), 30)
    assert all(cells(line) <= 30 for line in lines)
    text = " ".join(plain(line).strip() for line in lines if line)
    assert text.startswith("▲ GPU 11: 86 °C for 4 min")
    assert text.endswith(HOT.remedy)


def test_one_line_tells_the_worst_with_its_remedy_and_how_many_more() -> None:
    found = (Noticed(HOT), Noticed(HOT))
    for width in range(30, 160):
        assert cells(worst_line(found, width)) <= width
    line = plain(worst_line(found, 138))
    assert line.startswith("▲ GPU 11: 86 °C for 4 min, clock down to 1410 MHz  try: check its fan")
    assert line.endswith("  +1 more")
    assert worst_line((), 80) == ()


def test_a_run_is_told_of_its_own_and_of_the_host_it_is_on() -> None:
    disk = Alert("host.disk", AlertLevel.PROBLEM, "host", "4 GiB free", "make room", board.NOW)
    mine, other = board.run("mine", gpus=(11,)), board.run("other", gpus=(3,))
    reading = board.gpus(board.gpu(index) for index in (3, 11))
    snapshot = Snapshot((mine, other), reading, board.NOW, board.NOW, (disk, HOT))
    assert [one.alert.code for one in noticed_of(mine, snapshot)] == ["host.disk", "gpu.hot"]
    assert [one.alert.code for one in noticed_of(other, snapshot)] == ["host.disk"]
    over = replace(mine, phase=Phase.SUCCEEDED)
    ended = replace(snapshot, runs=(over, other))
    assert noticed_of(over, ended) == ()
