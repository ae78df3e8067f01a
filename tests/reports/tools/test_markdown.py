from __future__ import annotations

from dataclasses import replace

from cockpit.reports.tools.markdown import markdown_of
from cockpit.reports.tools.profiling_report import profiling_report
from cockpit.tool_runs.events import Finding, Level, Measurement
from cockpit.tool_runs.result import ToolAsked, ToolResult
from tests.reports.tools import made_up
from tests.reports.tools.made_up import asked, memory_row, pair_rows, result
from tests.reports.tools.test_folder import HOSTILE


def report(found: ToolResult, wish: ToolAsked | None = None) -> list[str]:
    written = "Written by a test"
    text = markdown_of(found, wish, written=written, files=[], picture=None, problems=())
    return text.splitlines()


def test_the_report_says_how_it_ended_then_what_to_do_then_the_numbers() -> None:
    lines = report(made_up.memory(), asked("memory", batches="1:16"))
    assert lines[0].startswith("# memory, 2026-11-2")
    assert lines[2] == "**Passed.**"
    assert [line for line in lines if line.startswith("## ")] == [
        "## Findings", "## Measured", "## Measurements", "## What was asked", "## Where", "## Files"
    ]  # fmt: skip
    findings = [line for line in lines if line.startswith(("- **", "  - try"))]
    assert findings[:2] == [
        "- **warning** `memory.preset`: batch 16, the preset's, does not fit",
        "  - try: set batch-size = 12",
    ]


def test_process_ids_of_ranks_that_are_gone_are_left_out() -> None:
    found = result("scaling", {}, Measurement(1.0, "rank.pid", 31337.0, "", {"rank": 0}))
    told = "\n".join(report(found))
    assert "rank.pid" not in told
    assert "## Measurements" not in told


def test_a_serial_fraction_above_one_is_missing() -> None:
    rows = [{"world_size": 2, "karp_flatt": fraction} for fraction in (1.685, 0.25)]
    lines = report(result("scaling", {"scaling": rows}))
    assert [line for line in lines if line.startswith("| 2")] == ["| 2 | – |", "| 2 | 0.25 |"]


def test_every_number_of_the_rows_stands_in_the_report() -> None:
    lines = report(made_up.memory())
    row = "| 12 | 640 | 5.9 GiB | 6.6 GiB | 7.1 GiB | 400 MiB | 133.5 | 89.88 | gpu | ok | – |"
    assert row in lines
    assert r"| 16 | 640 | – | – | – | – | – | – | – | out of memory | 8.9 GiB |" in lines
    assert "| `memory.limit` | 8,589,934,592 | bytes | memory\\_kind gpu |" in lines


def test_the_report_tells_machine_interpreter_versions_and_the_command() -> None:
    text = "\n".join(report(made_up.memory(), asked("memory", model="my model.yaml")))
    assert "| torch | 2.13.0 |" in text
    assert "| interpreter | `/home/ada/envs/epri/bin/python` |" in text
    assert "| took | 1m 12s |" in text
    assert "| `--model` | `my model.yaml` |" in text
    command = "cockpit memory --model 'my model.yaml' --python /home/ada/envs/epri/bin/python"
    assert command in text


def test_a_flag_is_told_without_a_value() -> None:
    wish = replace(asked("scaling"), values={"weak": "on"}, arguments=("--weak",), preset="a b")
    text = "\n".join(report(made_up.scaling(), wish))
    assert "cockpit scaling --preset 'a b' --weak --python" in text


def test_a_result_that_was_broken_off_says_so_on_top() -> None:
    lines = report(made_up.broken_off())
    assert lines[2].startswith("**Partial: it was broken off after 3 of 9 (batch 8); ")


def test_an_empty_result_is_a_report_too() -> None:
    lines = report(ToolResult("memory"))
    assert lines[0] == "# memory"
    assert lines[2].startswith("**Partial: it was broken off; ")


def test_texts_from_outside_are_neither_markup_nor_control_codes() -> None:
    found = result(
        "memory",
        {"memory": [{**memory_row(1), "outcome": HOSTILE}], HOSTILE: [{HOSTILE: HOSTILE}]},
        Measurement(1.0, HOSTILE, None, HOSTILE, {"of": HOSTILE}),
        Finding(Level.PROBLEM, HOSTILE, f"{HOSTILE}\n```\n{HOSTILE}", HOSTILE),
        versions={HOSTILE: HOSTILE},
    )
    wish = replace(asked("memory"), values={"model": HOSTILE}, arguments=(HOSTILE,))
    lines = report(found, wish)
    every = "".join((*lines, *profiling_report(found, wish).splitlines()))
    assert not {"\x1b", "\x07"} & set(every)
    fence = next(line.strip() for line in lines if line.strip().startswith("````"))
    assert fence == "````text"
    outside = [line for line in lines if not line.startswith((" ", "cockpit "))]
    assert "<script>" not in "\n".join(
        line.replace("\\<", "") for line in outside if "`" not in line
    )


def test_the_last_words_of_a_broken_tool_are_a_block() -> None:
    found = result(
        "memory", {}, Finding(Level.PROBLEM, "memory.unfinished", "ended:\nline\n\nmore")
    )
    text = "\n".join(report(found))
    assert "- **problem** `memory.unfinished`: ended:\n\n  ```text\n  line\n  more\n  ```" in text


def test_few_ranks_are_a_square_of_pairs() -> None:
    lines = report(result("collectives", {"pairs": pair_rows(4, slow=(0, 2))}))
    assert "|  | 0 | 1 | 2 | 3 |" in lines
    assert "| from 0 |  | 12.61 | 2.13 | 12.68 |" in lines
    assert "| from 0 |  | 9.5 | 9.5 | 9.5 |" in lines


def test_of_64_ranks_the_slowest_pairs_are_told() -> None:
    lines = report(result("collectives", {"pairs": pair_rows(64)}))
    assert "The slowest of 4032 pairs; all stand in `collectives_pairs.csv`." in lines
    first = lines.index("| source rank | target rank | gb per s | latency us |") + 2
    assert lines[first] == "| 3 | 6 | 2.13 | 17.25 |"
    assert len(lines) < 80


def test_a_long_table_is_cut_and_says_where_the_rest_is() -> None:
    found = result("memory", {"memory": [memory_row(batch) for batch in range(1, 400)]})
    lines = report(found)
    assert "199 more rows stand in `memory.csv`." in lines


def test_the_profiling_report_is_aligned_text_that_names_the_memory() -> None:
    lines = profiling_report(made_up.memory(), asked("memory", batches="1:16")).splitlines()
    assert lines[1] == "Memory and speed by batch (GPU memory)"
    head = next(at for at, line in enumerate(lines) if line.startswith("  batch"))
    rows = lines[head : head + 11]
    assert len({len(line) for line in rows}) == 1
    assert "limit            8.0 GiB" in lines
    assert "batch to take    12" in lines
    assert "  WARNING  batch 16, the preset's, does not fit" in lines


def test_of_a_cpu_nothing_is_called_gpu_memory() -> None:
    rows = [memory_row(batch, is_gpu=False) for batch in (1, 2)]
    found = result("memory", {"memory": rows}, versions={"torch": "2.13"})
    text = profiling_report(found, None)
    assert "host memory" in text
    assert "GPU" not in (text + "\n".join(report(found))).replace("no GPU", "")


def test_a_result_without_its_beginning_is_dated_by_its_last_word() -> None:
    lines = report(replace(made_up.steptime(), started=None))
    assert lines[0].startswith("# steptime, 2026-")
