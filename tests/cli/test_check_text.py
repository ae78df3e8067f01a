from __future__ import annotations

import json

from cockpit.cli.check_text import Names, fix_first, in_order, markdown, whole_text
from cockpit.cli.findings import to_json
from cockpit.tool_runs.events import Finding, Level

SHM = Finding(Level.WARNING, "shm.free", "/dev/shm: 64 MiB", "--shm-size=8g")
DRIVER = Finding(Level.PROBLEM, "driver.cuda", "driver is too old", "update it")
CUDA = Finding(Level.PROBLEM, "cuda.build", "torch reaches no GPU", "run nvidia-smi")
PRESET = Finding(Level.PROBLEM, "preset.definition", "no script", "edit it")
FINE = Finding(Level.OK, "torch.version", "torch 2.13.0")
GPU = Finding(Level.OK, "gpu.11", "GPU 11: RTX 2080 (8.0 GiB, SM 7.5)")
FOUND = [PRESET, SHM, FINE, CUDA, GPU, DRIVER]
ADA = Names("/home/ada", "ada", "gpu03")


def test_problems_come_first_and_causes_before_what_follows_from_them() -> None:
    assert in_order(FOUND) == [DRIVER, CUDA, PRESET, SHM, FINE, GPU]


def test_what_to_fix_is_numbered_with_its_remedy() -> None:
    lines = fix_first(FOUND)
    assert lines[1:4] == ["fix first:", "1. ✗ driver is too old", "       try: update it"]
    assert lines[-3] == "4. ! /dev/shm: 64 MiB"
    assert fix_first([FINE]) == []


def test_where_nobody_watched_what_to_fix_stands_at_the_end() -> None:
    note = Finding(Level.NOTE, "swap.free", "no swap", None)
    lines = whole_text([note, *FOUND])
    assert lines[:3] == ["✓ torch 2.13.0", "✓ GPU 11: RTX 2080 (8.0 GiB, SM 7.5)", "· no swap"]
    assert lines[3:] == fix_first(FOUND)


def test_a_bug_report_holds_what_was_tried_and_for_which_preset() -> None:
    tried = Finding(Level.OK, "ddp.step", "2 training steps")
    preset = Finding(Level.OK, "preset.definition", "preset mine is complete")
    block = markdown([tried, preset], "1", None, is_strict=False).splitlines()
    assert {"2 training steps", "preset mine is complete"} <= set(block)


def test_json_says_how_it_ended_and_about_what() -> None:
    about = {"preset": "mine", "time": 1.0, "versions": {"torch": None}}
    value = json.loads(to_json([SHM], (), about, is_strict=True))
    assert (value["fit"], value["outcome"]) == (True, "failed")
    assert {name: value[name] for name in about} == about


def test_a_bug_report_tells_versions_gpus_and_what_is_not_well_with_its_code() -> None:
    block = markdown(FOUND, "0.1.0", None, is_strict=False).splitlines()
    assert block[0] == "```text"
    assert block[-1] == "```"
    assert block[1] == "cockpit 0.1.0 check: not fit to train: 3 problems, 1 warning"
    assert {"torch 2.13.0", GPU.what} <= set(block)
    assert "✗ problem driver.cuda: driver is too old" in block
    assert not any("torch.version" in line for line in block)


def test_a_bug_report_does_not_say_who_and_where() -> None:
    what = "/home/ada/yolo, /home/adams/x, ada on gpu03: ada-lovelace \x1b[31m``` end"
    block = markdown([Finding(Level.NOTE, "a.b", what)], "1", ADA, is_strict=False)
    assert "~/yolo, /home/adams/x, ~ on (host): ada-lovelace" in block
    assert "\x1b" not in block
    assert block.count("```") == 2
    assert "/home/ada/yolo" in markdown([Finding(Level.NOTE, "a", what)], "1", None, is_strict=True)


def test_names_that_tell_nothing_stay() -> None:
    finding = Finding(Level.NOTE, "a.b", "as root on localhost", None)
    block = markdown([finding], "1", Names("/root", "root", "localhost"), is_strict=False)
    assert "as root on localhost" in block
