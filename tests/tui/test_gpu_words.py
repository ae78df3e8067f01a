from __future__ import annotations

import pytest

from cockpit.devices.sample import GpuProcess, MemoryHealth, NvLink, PcieLink
from cockpit.devices.throttle import Throttle
from cockpit.tui.gpu_board import Order
from cockpit.tui.gpu_charts import chart_of, chart_rows, chart_title, time_axis
from cockpit.tui.gpu_facts import gpu_facts
from cockpit.tui.gpu_processes import process_lines
from cockpit.tui.gpu_titles import bottom_line, state_words, title_line
from cockpit.tui.gpu_words import focus_line, pcie_words
from cockpit.tui.heat import legend
from cockpit.tui.ink import Line, cells, plain
from cockpit.tui.needs import Need
from cockpit.units import GIB
from cockpit.views.gpu_history import Cells, Figure

from .gpus import FREE, HOT, LOST, NOW, card, fleet

NEED = Need("✗", "GPU 19 lost", "Xid 79, it fell off the bus", "", "lost GPU-19")


def facts_of(**changes: object) -> dict[str, str]:
    facts = gpu_facts(card(3, **changes), "570.133", "llm-a · r3", NOW)
    return {fact.label: fact.value for fact in facts if fact.label}


def test_the_title_sums_up_what_answers() -> None:
    text = plain(title_line(fleet(64), {}, NOW, "last 10 min, 20 s a cell", 178))
    assert text.startswith("GPUs 64 × B200   mean 83 %   memory 7.9/10.9 TiB   power 51/62 kW")
    assert "hottest ▲ GPU 11 88°   ✗ 1 lost   ▲ 1 without answer   free 8" in text
    assert text.endswith("last 10 min, 20 s a cell")


@pytest.mark.parametrize("width", [1, 10, 40, 78, 138])
def test_the_title_gives_way_from_its_end(width: int) -> None:
    line = title_line(fleet(64), {}, NOW, "last 10 min, 20 s a cell", width)
    assert cells(line) <= max(width, 1)


def test_the_state_names_filter_order_and_span() -> None:
    words = state_words(Cells(20, 30, 9), 600, is_run=False, order=Order.MEMORY, words=" vit ")
    assert words == "/vit · by memory, fullest first · last 10 min, 20 s a cell"
    words = state_words(Cells(120, 50, 9), 5940, is_run=True, order=Order.INDEX, words="")
    assert words == "whole run, 1h 39m, 2 min a cell"


def test_the_worst_takes_the_place_of_the_legend_where_there_is_no_room_for_both() -> None:
    words = legend(Figure.UTILIZATION, shaded=False)
    wide = plain(bottom_line(words, "rows 1 to 31 of 32", (NEED,), 138))
    assert wide.startswith("load ▆▆▆▆▆ from 0") and wide.endswith("it fell off the bus")
    narrow = plain(bottom_line(words, "rows 1 to 18 of 64", (NEED,), 78))
    assert narrow.startswith("rows 1 to 18 of 64") and "✗ GPU 19 lost" in narrow
    assert plain(bottom_line(words, "", (), 78)).startswith("load ▆▆▆▆▆ from 0")
    for width in (5, 20, 40, 78, 138):
        assert cells(bottom_line(words, "rows 1 to 18 of 64", (NEED,), width)) <= width


def test_the_selected_gpu_tells_what_its_row_has_no_room_for() -> None:
    text = plain(focus_line(card(3), NOW, 138))
    assert text.startswith("GPU 3 B200   power cap   23° below slowdown   1800 of 1965 MHz")
    hot = plain(focus_line(card(3, **HOT), NOW, 138))
    assert "▲ too hot, driver slowdown, power cap   ▲ 2° below slowdown" in hot
    assert "Xid 79" in plain(focus_line(card(3, **LOST), NOW, 138))
    mig = card(3, mig_index=1, utilization_pct=None)
    assert plain(focus_line(mig, NOW, 138)).startswith("GPU 3:1 B200")
    assert "load not told for MIG" in plain(focus_line(mig, NOW, 138))
    for width in (5, 30, 78):
        assert cells(focus_line(card(3), NOW, width)) <= width


def test_facts_tell_all_that_there_is() -> None:
    facts = facts_of()
    assert facts["held by"] == "llm-a · r3"
    assert facts["UUID"] == "GPU-3"
    assert facts["driver"] == "570.133"
    assert facts["memory used"] == "150.0 GiB · 83 %"
    assert facts["PCIe"] == "gen 5 · x16"
    assert facts["NVLink"] == "18 of 18 links"
    assert facts["clock"] == "1800 of 1965 MHz"
    assert facts["energy since driver load"] == "88.9 kWh"


def test_a_narrow_slot_is_marked_and_an_idle_generation_is_not() -> None:
    assert facts_of(pcie=PcieLink(3, 4, 8, 16))["PCIe"] == "gen 3 of 4 · x8 of x16 ▲"
    assert facts_of(pcie=PcieLink(1, 4, 16, 16))["PCIe"] == "gen 1 of 4 · x16"
    assert pcie_words(PcieLink()) == ""


def test_bad_memory_and_links_are_marked() -> None:
    facts = facts_of(
        memory_health=MemoryHealth(4, 2, 3, True, False), nvlink=NvLink(17, 18, error_count=5)
    )
    assert facts["ECC errors uncorrected"] == "▲ 2"
    assert facts["NVLink"] == "17 of 18 links ▲"
    assert facts["NVLink errors"] == "▲ 5"
    lines = gpu_facts(card(3, memory_health=MemoryHealth(is_remap_pending=True)), None, "", NOW)
    assert any("waits for a GPU reset" in fact.value for fact in lines)


def test_what_is_not_told_is_left_out_or_a_dash() -> None:
    facts = facts_of(
        pcie=None, nvlink=None, memory_health=None, fan_pct=None, energy_j=None,
        utilization_pct=None, throttle=None, temperature_c=None, mig_index=1,
    )  # fmt: skip
    assert not {"PCIe", "NVLink", "fan", "remapped rows", "energy since driver load"} & set(facts)
    assert facts["utilisation"] == "– not told for a MIG device"
    assert facts["held back by"] == facts["temperature"] == "–"


def texts(
    changes: dict[str, object], width: int = 100, labels: dict[int, str] | None = None
) -> list[str]:
    lines = process_lines(card(3, **changes), labels or {}, width)
    assert all(cells(line) <= width for line in lines)
    return [plain(line) for line in lines]


def test_a_process_is_named_with_its_user_and_its_run() -> None:
    (row,) = texts({}, labels={41237: "llm-a · r3"})
    assert row.split()[:5] == ["41237", "ada", "150", "GiB", "93%"]
    assert row.endswith("llm-a · r3")
    (foreign,) = texts({})
    assert "/venv/bin/python train.py" in foreign


def test_what_cannot_be_seen_is_said() -> None:
    hidden = GpuProcess(7, int(10.5 * GIB), is_visible=False)
    assert texts({"processes": (hidden,)}) == ["1 process, 10.5 GiB, not visible in this container"]
    assert texts({"processes": ()}) == ["150 GiB are held by nobody that the driver names"]
    assert texts(FREE) == ["no process"]
    problem = "no permission to list processes"
    assert texts({"processes": None, "processes_problem": problem}) == [f"{problem}"]
    assert "does not tell" in texts({"processes": None})[0]


def test_a_command_from_outside_is_one_line_of_text() -> None:
    nasty = GpuProcess(
        1_234_567, GIB, None, "配电配电配电配电", "python -c '\n[red]配电'" + "x" * 300
    )
    for width in (20, 48, 60, 100):
        (row,) = texts({"processes": (nasty,)}, width, {1_234_567: "配电-训练-run · r12"})
        assert "\n" not in row


def test_a_chart_keeps_to_its_size_and_names_its_target() -> None:
    sample = card(3)
    for figure in Figure:
        values = (None, 10.0, 20.0, None, 30.0)
        rows = chart_rows(chart_of(sample, figure, values, 600), 40, 6, "s1")
        assert len(rows) == 6
        assert all(cells(row) == 40 for row in rows)
    assert "target 90 to 95" in plain(chart_title(sample, Figure.UTILIZATION, 50))
    assert "target 126 to 144" in plain(chart_title(sample, Figure.MEMORY, 50))
    assert "target under 80" in plain(chart_title(sample, Figure.TEMPERATURE, 50))
    assert plain(time_axis(600, 40)).split("└")[1].startswith("10 min ago")


def test_a_high_load_is_never_danger() -> None:
    title: Line = chart_title(card(3, utilization_pct=100.0), Figure.UTILIZATION, 60)
    assert {look for _, look in title} <= {"strong", "muted", "text"}


def test_a_chart_without_any_reading_is_empty_and_has_no_target() -> None:
    mig = card(3, mig_index=0, utilization_pct=None, power_w=None, power_limit_w=None)
    assert "target" not in plain(chart_title(mig, Figure.UTILIZATION, 60))
    rows = chart_rows(chart_of(mig, Figure.POWER, (None,) * 20, 600), 30, 5, "s1")
    assert {plain(row).strip() for row in rows} == {"│"}


def test_an_idle_gpu_is_held_back_by_nothing() -> None:
    assert facts_of(throttle=int(Throttle.IDLE))["held back by"] == "nothing that is told"
