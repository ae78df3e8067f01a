"""What a driver can do to a panel of GPUs, and what the Deck and `cockpit gpus` then say."""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from bench.terminal import TRUE_COLOUR, Screen, Terminal
from tests.cli.calling import cockpit
from tests.faults.table import Fault
from tests.nvml_stub.stub import NvmlStub, build_stub

Begin = Callable[[str], Fault]
COCKPIT = str(Path(sys.executable).with_name("cockpit"))
ROWS, COLUMNS = 40, 140


@dataclass(frozen=True)
class Case:
    name: str
    sees: str
    """What a line of the Deck must come to say."""
    begins: str = ""
    """What is wrong from the start."""
    later: str = ""
    """What goes wrong once the Deck is shown."""
    gpus: int = 8
    one_shot: str | None = None
    """What a line of `cockpit gpus`, asked from the start, must say."""
    flags: tuple[str, ...] = ()


CASES = (
    Case("a GPU is lost mid-run", r" 3 .*✗ lost", later="lost=3"),
    Case("a GPU is lost from the start", r" 3 .*✗ lost", "lost=3", one_shot=r" 3 .*lost"),
    Case("a GPU asks for a reset", r" 3 .*✗ lost", later="reset=3"),
    Case("all GPUs answer Unknown Error", r" 7 .*Unknown Error", later="unknown=all"),
    Case(
        "driver and library differ in version",
        "differ in version.*reboot", "init=18", one_shot="differ in version.*reboot",
    ),
    Case("the driver is not loaded", "driver is not loaded.*modprobe", "init=9"),
    Case("there is no GPU", "driver is loaded but sees no GPU", gpus=0, one_shot="sees no GPU"),
    Case("no permission to list processes", r" 3 .*\d%.*–", "train denied"),
    Case("no utilisation is told", r" 3 .* –  .*2\.\d/", "missing=utilization"),
    Case("no memory is told", r" 3 .*\d%  .*–", "missing=memory"),
    Case("one call takes 2 s", r" 3 .*\d%", later="slow=3@2000@GetPowerUsage"),
    Case(
        "one call hangs mid-run", r" 3 .*▲ \d+ s old", later="hang=3@GetPowerUsage",
    ),
    Case(
        "one call hangs from the start",
        r" 3 .*no answer|GPU 3.*no answer", "hang=3@GetPowerUsage",
        one_shot="no answer from nvmlDeviceGetPowerUsage",
    ),
    Case("every call to one GPU hangs from the start", r"GPU 3.*no answer", "hang=3"),
    Case("the start of the driver takes 3 s", r" 7 .*\d%", "init_ms=3000"),
    Case("the start of the driver hangs", "does not answer since the start", "init=hang"),
    Case("MIG is on", r"0:0 .*1\.\d/", "mig=0:3", one_shot=r"0:0 .*1\.\d"),
    Case(
        "a container does not see the processes", r" 3 .*not vis", "train container",
        one_shot=r"not visible",
    ),
    Case("a library of 2020", r" 7 .*\d%", flags=("-DOLD_LIBRARY",)),
    Case("a row remap is pending", r"GPU 3.*memory row waits", "remap=3"),
    Case("an Xid", r"GPU 3.*Xid 79", later="xid=3:79"),
    Case("heat holds the clock down", r" 3 .*▲63°.*▲1800", "throttle=3:32"),
    Case("three digits of GPUs", r"128 ×", gpus=128, one_shot=r"^ *127 "),
    Case("cards of 1,000 W", r" 3 .* 990", "watts=1000", one_shot=r" 3 .*99\d"),
    Case("pids of seven digits", r" 3 .*\d%", "train pid=4194300", one_shot=r" 3 .*\d"),
    Case("a name with markup", r"\[red\]X", "name=[red]X[/]_$(id)", one_shot=r"\[red\]X"),
)  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_fault_of_the_driver_is_said_and_q_still_leaves(
    case: Case, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: Begin
) -> None:
    under_way = fault(f"panel: {case.name}")
    stub = build_stub(tmp_path, *case.flags)
    scenario = f"still count={case.gpus} model=h20 {case.begins}"
    stub.use(monkeypatch, scenario)
    if case.one_shot is not None:
        text = one_shot()
        assert re.search(case.one_shot, text, re.MULTILINE), text
    with Terminal((COCKPIT,), surroundings(), ROWS, COLUMNS) as terminal:
        assert terminal.wait_for(lambda screen: any("palette" in line for line in screen))
        begin(stub, terminal, case)
        seen = terminal.wait_for(shows(case.sees))
        assert seen, "\n".join(line.rstrip() for line in terminal.screen)
        said = found(case.sees, terminal.screen)
        started = terminal.processes()
        terminal.press("q")
        assert terminal.wait_for_end(10.0), "q does not leave"
        deadline = time.monotonic() + 10
        while any(one.is_running() for one in started) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not [one for one in started if one.is_running()], "the poller is left"
    under_way.ends(said)


def surroundings() -> dict[str, str]:
    """Return the environment of a terminal that knows its own size."""
    return {k: v for k, v in os.environ.items() if k not in ("COLUMNS", "LINES")} | TRUE_COLOUR


def one_shot() -> str:
    """Return what `cockpit gpus` prints; the reasons go to stderr."""
    done = cockpit("gpus")
    return done.stdout + done.stderr


def begin(stub: NvmlStub, terminal: Terminal, case: Case) -> None:
    """Let a fault begin once rows are shown."""
    if not case.later:
        return
    assert terminal.wait_for(shows(r" 7 .*\d%"))
    stub.from_now_on(case.later)


def found(pattern: str, screen: Screen) -> str | None:
    """Return the line of the screen that has the pattern."""
    return next((line for line in screen if re.search(pattern, line)), None)


def shows(pattern: str) -> Callable[[Screen], bool]:
    """Return whether a line of a screen has the pattern."""
    return lambda screen: found(pattern, screen) is not None


def is_well(screen: Screen) -> bool:
    """Say whether GPU 3 is shown without a mark."""
    return found(r" 3 .*\d%", screen) is not None and found(r" 3 .*(▲|✗)", screen) is None


def test_a_hang_that_ends_and_a_gpu_that_comes_back(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: Begin
) -> None:
    under_way = fault("panel: a hang ends, a lost GPU comes back")
    stub = build_stub(tmp_path)
    stub.use(monkeypatch, "still count=8 model=h20")
    with Terminal((COCKPIT,), surroundings(), ROWS, COLUMNS) as terminal:
        for words, mark in (("hang=3", r" 3 .*▲ \d+ s old"), ("lost=3", r" 3 .*✗ lost")):
            assert terminal.wait_for(shows(r" 3 .*\d%"))
            stub.from_now_on(words)
            assert terminal.wait_for(shows(mark))
            stub.from_now_on("")
        assert terminal.wait_for(is_well)
        said = found(r" 3 .*\d%", terminal.screen)
    under_way.ends(said)


def test_a_driver_that_appears_later_and_another_count(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: Begin
) -> None:
    under_way = fault("panel: the driver appears later, then the number of GPUs changes")
    stub = build_stub(tmp_path)
    stub.use(monkeypatch, "still model=h20")
    stub.from_now_on("init=9 count=4")
    with Terminal((COCKPIT,), surroundings(), ROWS, COLUMNS) as terminal:
        no_driver = "driver is not loaded"
        assert terminal.wait_for(shows(no_driver))
        stub.from_now_on("count=4")
        assert terminal.wait_for(shows(r" 3 .*\d%"), 20)
        stub.from_now_on("count=6")
        assert terminal.wait_for(shows(r" 5 .*\d%"), 20)
        said = found("GPUs", terminal.screen)
    under_way.ends(said)


def test_sixteen_gpus_at_80x24_and_a_terminal_that_shrinks(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: Begin
) -> None:
    under_way = fault("panel: 16 GPUs at 200x60, 20x5, 80x24")
    build_stub(tmp_path).use(monkeypatch, "still count=16 model=h20")
    with Terminal((COCKPIT,), surroundings(), 60, 200) as terminal:
        assert terminal.wait_for(shows(r"15 .*\d%"))
        for rows, columns in ((5, 20), (60, 200), (5, 20), (24, 80)):
            terminal.resize(rows, columns)
            terminal.read_for(0.7)
        assert terminal.wait_for(shows(r"15 .*\d%"))
        said = found(r"15 .*\d%", terminal.screen)
        terminal.press("q")
        assert terminal.wait_for_end(5.0)
    under_way.ends(said)
