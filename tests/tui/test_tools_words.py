from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from rich.cells import cell_len

from cockpit.presets.model import Batch, BatchScope, Launch, LaunchKind, Origin, Preset
from cockpit.tool_runs.events import (
    Finding,
    Finished,
    Level,
    Outcome,
    Progress,
    Row,
    Started,
    parse_event,
)
from cockpit.tool_runs.layout import ToolPaths
from cockpit.tool_runs.result import ToolAsked, ToolResult, fold_all
from cockpit.tools.definition import Option, OptionKind, ToolDefinition
from cockpit.tui.ink import cells, plain
from cockpit.tui.tools.batch import batch_edit, usable_batch
from cockpit.tui.tools.charts import chart_lines
from cockpit.tui.tools.compared import options_words
from cockpit.tui.tools.form import PRESET, PYTHON, ToolForm, form_of
from cockpit.tui.tools.page import Room, page_lines
from cockpit.tui.tools.pairs import pair_lines
from cockpit.tui.tools.record import ToolRecord, left_s, likely_first, named, standing, took_s
from cockpit.tui.tools.subjects import chart_of, chosen_batch, summary_line
from cockpit.tui.tools.tables import table_lines
from cockpit.tui.tools.words import findings_lines, header_words, state_line
from cockpit.tui.tools.wrapping import wrap_text

from .tool_runs import DATA, MADE_UP

ROOMS = [Room(78, 16), Room(112, 30, has_blanks=True), Room(170, 50, has_blanks=True)]


def recorded(tool: str) -> ToolRecord:
    events = map(parse_event, (DATA / f"{tool}-made-up.jsonl").read_text().splitlines())
    result = fold_all(tool, [event for event in events if event is not None])
    return ToolRecord(tool, None, ToolAsked(tool, 0.0, "python"), result)


def text(lines: object) -> str:
    return "\n".join(plain(line) for line in lines)  # type: ignore[attr-defined]


@pytest.mark.parametrize("tool", MADE_UP)
@pytest.mark.parametrize("room", ROOMS, ids=lambda room: str(room.width))
def test_no_line_of_a_result_is_wider_than_its_room(tool: str, room: Room) -> None:
    for number in range(4):
        lines = page_lines(recorded(tool), room, number)
        assert lines
        assert max(map(cells, lines)) <= room.width


@pytest.mark.parametrize("tool", ["check", *MADE_UP])
def test_a_tool_that_said_nothing_has_an_empty_page(tool: str) -> None:
    assert page_lines(ToolRecord(tool, result=ToolResult(tool)), ROOMS[0]) == ()


def test_what_was_broken_off_is_never_called_passed() -> None:
    result = ToolResult("memory", Started(1.0, "memory"))
    stopped = Finding(Level.NOTE, "memory.stopped", "")
    passed = Finished(9.0, Outcome.PASSED, "")
    warning = Finding(Level.WARNING, "a", "b")
    problem = Finding(Level.PROBLEM, "a", "b")
    record = ToolRecord("memory", result=result)
    assert standing(None).word == "never run"
    assert standing(record).word == "broken off"
    assert standing(replace(record, is_running=True)).word == "running"
    assert standing(replace(record, refusal="no torch")).word == "not started"
    for changes, word in (
        ({"findings": (stopped,)}, "stopped"),
        ({"finished": passed}, "passed"),
        ({"finished": passed, "findings": (warning,)}, "passed, with a warning"),
        ({"finished": passed, "findings": (problem,)}, "failed"),
        ({"finished": Finished(9.0, Outcome.FAILED, "")}, "failed"),
        ({"finished": Finished(9.0, Outcome.STOPPED, "")}, "stopped"),
    ):
        assert standing(replace(record, result=replace(result, **changes))).word == word


def test_the_end_follows_from_the_pace_so_far() -> None:
    result = ToolResult("memory", Started(100.0, "memory"), Progress(130.0, 3, 9, "batch 8"))
    record = ToolRecord("memory", result=result, is_running=True)
    assert left_s(record, 130.0) == 60
    assert left_s(record, 140.0) == 50
    assert left_s(record, 500.0) == 0
    assert took_s(record, 140.0) == 40
    assert header_words(record) == "memory 3/9"
    shown = plain(state_line(record, 140.0, 80))
    assert "● memory  running 40 s" in shown
    assert "3/9  about 50 s left" in shown


def test_numbers_stand_in_columns_that_do_not_move_while_rows_come() -> None:
    rows = recorded("memory").result.tables["memory"]
    few, all_rows = (table_lines("memory", part, 78) for part in (rows[:2], rows))
    assert [plain(line).rstrip()[:40] for line in few] == [
        plain(line).rstrip()[:40] for line in all_rows[:3]
    ]
    assert "✗ out of memory, needs 8.9 GiB" in plain(all_rows[-1])


def test_a_missing_number_is_a_dash_and_never_nought() -> None:
    row = Row(0.0, "memory", {"batch": 4, "driver_used_bytes": None, "outcome": "ok"})
    assert plain(table_lines("memory", [row], 78)[1]).split() == ["4", *["–"] * 4, "─" * 8, "–"]


def test_a_table_that_is_not_known_shows_its_own_keys() -> None:
    rows = [Row(0.0, "loaders", {"workers": 2, "samples_per_s": 10.5, "held_bytes": 2 << 30})]
    head, line = map(plain, table_lines("loaders", rows, 78))
    assert head.split() == ["workers", "samples/s", "held"]
    assert line.split() == ["2", "10.5", "2", "GiB"]


def test_words_from_a_tool_reach_the_screen_without_control_codes() -> None:
    rows = [Row(0.0, "odd", {"name": "\x1b[31mred\x1b[0m\nline"})]
    assert plain(table_lines("odd", rows, 78)[1]).strip() == "red line"
    found = Finding(Level.PROBLEM, "a.b", "one\x1b[2J\ntwo", "\x07do")
    assert [plain(line).strip() for line in findings_lines([found], 40)] == ["✗ one", "two", "do"]


def test_a_chart_marks_the_limit_the_chosen_batch_and_what_did_not_fit() -> None:
    chart = chart_of(recorded("memory").result, "memory")
    assert chart is not None
    shown = text(chart_lines(chart, 112, 14))
    for part in ("limit 8.0 GiB", "◆ chosen 12", "✗", "16 out of memory", "┊", "●━ driver"):
        assert part in shown
    assert chart_lines(chart, 112, 3) == ()


def test_three_curves_at_most_and_values_that_give_way() -> None:
    result = recorded("collectives").result
    chart = chart_of(result, "all_to_all")
    assert chart is not None
    assert [curve.label for curve in chart.curves] == ["all_to_all", "all_reduce", "all_gather"]
    assert "all_reduce 237" in text(chart_lines(chart, 80, 10))
    assert "all_gather" in text(chart_lines(chart, 52, 10))
    assert "237" not in text(chart_lines(chart, 52, 10))


def test_one_point_is_a_chart_too() -> None:
    rows = recorded("memory").result.tables["memory"][:1]
    chart = chart_of(ToolResult("memory", tables={"memory": rows}), "memory")
    assert chart is not None
    assert "●" in text(chart_lines(chart, 60, 8))


def test_pairs_of_many_ranks_are_summarised_with_the_slow_ones_named() -> None:
    rows = [
        Row(0.0, "pairs", {"source_rank": a, "target_rank": b, "gb_per_s": 40.0 if a == 7 else 90})
        for a in range(64)
        for b in range(64)
        if a != b
    ]
    lines = pair_lines(rows, 78)
    assert len(lines) < 32
    assert max(map(cells, lines)) <= 78
    shown = text(lines)
    assert "64 ranks" in shown
    assert "▲ 7 to 0  40  44 % of the median" in shown
    assert "and 55 more pairs" in shown


def test_equal_pairs_are_not_marked() -> None:
    rows = recorded("collectives").result.tables["pairs"]
    fast = [row for row in rows if 6 not in (row.values["source_rank"], row.values["target_rank"])]
    assert "▲" in text(pair_lines(rows, 78))
    assert "▲" not in text(pair_lines(fast, 78))


def test_a_batch_can_be_used_where_there_is_a_preset_and_the_tool_is_done() -> None:
    record = recorded("memory")
    assert chosen_batch(record.result) == 12
    assert chosen_batch(replace(record.result, measurements=())) is None
    assert usable_batch(record) is None, "there is no preset to use it in"
    asked = ToolAsked("memory", 0.0, "python", preset="mine")
    assert usable_batch(replace(record, asked=asked)) == 12
    assert usable_batch(replace(record, asked=asked, is_running=True)) is None


def preset(batch: Batch | None) -> Preset:
    launch = Launch(LaunchKind.PYTHON, script="train.py", cpu_ranks=1)
    return Preset("mine", Path("mine.toml"), Origin.YOURS, "", launch, {"bs": 16}, batch=batch)


def test_a_batch_goes_into_the_field_that_the_preset_names() -> None:
    assert batch_edit(preset(Batch("bs", BatchScope.RANK)), 12, 4) == (("args.bs", "12"), "")
    assert batch_edit(preset(Batch("bs", BatchScope.GLOBAL)), 12, 4) == (("args.bs", "48"), "")
    for one in (None, Batch("bs", BatchScope.GLOBAL), Batch("other", BatchScope.RANK)):
        edit, problem = batch_edit(preset(one), 12, None)
        assert edit is None
        assert problem


OPTIONS = (
    Option("sizes", OptionKind.TEXT, "which", "1MiB"),
    Option("pairs", OptionKind.FLAG, "also each two"),
    Option("dtype", OptionKind.CHOICE, "kind", "", ("float32", "int32")),
)


def refuse(values: object) -> list[str]:
    return ["--sizes: no"] if "bad" in str(values) else []


TOOL = ToolDefinition("collectives", "", OPTIONS, takes_preset=True, problems_of=refuse)


def test_a_form_makes_the_command_that_does_the_same() -> None:
    form = ToolForm(TOOL)
    assert [entry.key for entry in form.fields] == [PYTHON, PRESET, "sizes", "pairs", "dtype"]
    assert form.command() == "cockpit collectives"
    form = form.edited("sizes", "1MiB").edited("pairs", "on").edited(PRESET, "my preset")
    form = form.edited("dtype", "int32").edited(PYTHON, "/配电/bin/python")
    assert form.values == {"pairs": "on", "dtype": "int32"}
    assert form.command() == (
        "cockpit collectives --preset 'my preset' --pairs --dtype int32 --python '/配电/bin/python'"
    )
    assert form.reverted("pairs").edited("dtype", "–").values == {}
    assert form.edited("sizes", "bad").problems == ["--sizes: no"]


def test_a_form_begins_as_the_last_run_was_asked_for() -> None:
    values = {"sizes": "2MiB", "gone": "1"}
    asked = ToolAsked("collectives", 0.0, "", values, "mine", choice="conda:a")
    form = form_of(TOOL, asked)
    assert form.python == "conda:a"
    assert (form.values, form.preset) == ({"sizes": "2MiB"}, "mine")


def test_the_likely_one_to_compare_with_was_asked_the_same_and_came_to_its_end() -> None:
    def record(at_s: float, values: dict[str, str], *, is_whole: bool = True) -> ToolRecord:
        end = Finished(at_s, Outcome.PASSED, "") if is_whole else None
        asked = ToolAsked("memory", at_s, "", values)
        paths = ToolPaths(Path(f"/t/memory-{at_s:g}"))
        return ToolRecord(
            "memory", paths, asked, ToolResult("memory", finished=end), seen_s=at_s
        )  # fmt: skip

    here = record(9.0, {"model": "a"})
    others = (
        record(8.0, {"model": "b"}),
        record(7.0, {"model": "a"}, is_whole=False),
        record(6.0, {"model": "a"}),
    )
    assert [one.seen_s for one in likely_first(others, here)] == [6.0, 7.0, 8.0]
    words = options_words(others[0].asked, here.asked)
    assert words == "options differ: model b before, a after"
    assert options_words(others[2].asked, here.asked) == "asked the same"
    assert "empty" in named(here)


def test_wide_characters_are_wrapped_by_what_they_take() -> None:
    lines = wrap_text("配电训练配电训练配电训练 a bc", 12)
    assert all(cell_len(line) <= 12 for line in lines)
    assert "".join(lines).replace(" ", "") == "配电训练配电训练配电训练abc"


def test_a_running_tool_says_what_it_does_now() -> None:
    result = ToolResult("memory", progress=Progress(1.0, 1, 9, "measuring batch 2"))
    assert plain(summary_line(result, is_running=True)) == "measuring batch 2 …"
    assert summary_line(result, is_running=False) == ()


def test_slow_links_have_more_decimals_and_fast_ones_stand_still() -> None:
    rows = [Row(0.0, "all_reduce", {"size_bytes": 1024, "busbw_gb_per_s": 0.0471})]
    assert "0.047" in plain(table_lines("all_reduce", rows, 78)[1])
    fast = [*rows, Row(0.0, "all_reduce", {"size_bytes": 1 << 30, "busbw_gb_per_s": 234.4})]
    assert "0.047" not in plain(table_lines("all_reduce", fast, 78)[1])
