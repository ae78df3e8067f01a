from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing
from math import inf
from pathlib import Path

import pytest

from cockpit.errors import ToolError
from cockpit.processes.identity import read_stat
from cockpit.tool_runs.events import Event, Finding, Finished, Level, Measurement, Outcome, Started
from cockpit.tool_runs.layout import ToolPaths, make_tool_folder
from cockpit.tool_runs.result import read_result
from cockpit.tools import memory, scaling
from cockpit.tools.definition import silence_of
from cockpit.tools.runner import ToolRequest, run_tool

HEAD = """
import json, os, signal, sys, time
sys.argv.remove("--watched")
def say(kind, **fields):
    print(json.dumps({"schema": 1, "kind": kind, "time": 1.0, **fields}), flush=True)
say("started", tool=sys.argv[1], argv=sys.argv[2:], versions={})
"""
END = 'say("finished", outcome="passed", why="")\n'


class Fake:
    """A tool that is a script; the runner takes it for the packed diagnostics."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "out"
        self.folder.mkdir()
        self.script = folder / "tool.py"

    def run(
        self,
        body: str,
        *arguments: str,
        tool: str = "check",
        timeout_s: float = 30.0,
        silence_s: float = 30.0,
    ) -> list[Event]:
        self.script.write_text(HEAD + body)
        request = ToolRequest(tool, Path(sys.executable), arguments, timeout_s, silence_s=silence_s)
        return list(run_tool(request, self.script, ToolPaths(self.folder), os.environ))

    def kept(self) -> list[dict[str, object]]:
        lines = (self.folder / "events.jsonl").read_text().splitlines()
        return [json.loads(line) for line in lines]


@pytest.fixture
def fake(tmp_path: Path) -> Fake:
    return Fake(tmp_path)


def wait_until(condition: Callable[[], bool], timeout_s: float = 20.0) -> bool:
    deadline_s = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline_s:
            return False
        time.sleep(0.01)
    return True


def is_gone(pid: int) -> bool:
    stat = read_stat(pid)
    return stat is None or stat.is_ended


def test_events_come_in_order_and_are_kept(fake: Fake) -> None:
    events = fake.run('say("measurement", name="a", value=1, unit="s")\n' + END, "--disk", "/x")
    assert [type(event) for event in events] == [Started, Measurement, Finished]
    assert isinstance(events[0], Started)
    assert events[0].argv == ("--disk", "/x")
    assert [event["kind"] for event in fake.kept()] == ["started", "measurement", "finished"]


def test_stderr_is_kept_apart(fake: Fake) -> None:
    fake.run('print("free text", file=sys.stderr)\n' + END)
    assert (fake.folder / "stderr.log").read_text() == "free text\n"


def test_a_tool_that_dies_is_a_finding_with_its_last_words(fake: Fake) -> None:
    events = fake.run('raise SystemError("libcuda went away")\n')
    finding = events[-1]
    assert isinstance(finding, Finding)
    assert (finding.level, finding.code) == (Level.PROBLEM, "check.unfinished")
    assert "exit code 1" in finding.what
    assert "libcuda went away" in finding.what
    assert fake.kept()[-1]["code"] == "check.unfinished"


def test_a_tool_that_a_signal_ends_is_a_finding(fake: Fake) -> None:
    finding = fake.run("os.kill(os.getpid(), signal.SIGSEGV)\n")[-1]
    assert isinstance(finding, Finding)
    assert "signal 11" in finding.what


def test_a_tool_that_hangs_is_ended_and_says_what_it_did(fake: Fake) -> None:
    events = fake.run(
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        'say("progress", done=1, total=None, what="asking the GPU driver")\n'
        'say("finding", level="ok", code="pid", what=str(os.getpid()))\n'
        "time.sleep(600)\n",
        timeout_s=5.0,
    )
    late, pid = events[-1], events[-2]
    assert isinstance(late, Finding)
    assert isinstance(pid, Finding)
    assert (late.level, late.code) == (Level.PROBLEM, "check.timeout")
    assert "asking the GPU driver" in late.what
    assert is_gone(int(pid.what))


def test_a_sweep_that_gets_on_may_take_its_time(fake: Fake) -> None:
    body = 'for one in range(8): say("progress", done=one, total=8, what="on"); time.sleep(0.5)\n'
    events = fake.run(body + END, tool="scaling", timeout_s=inf, silence_s=3.5)
    assert isinstance(events[-1], Finished)


def test_a_sweep_that_falls_silent_is_ended_and_no_driver_is_blamed(fake: Fake) -> None:
    body = 'say("progress", done=1, total=2, what="2 ranks, batch 8"); time.sleep(600)\n'
    late = fake.run(body, tool="scaling", timeout_s=inf, silence_s=3.0)[-1]
    assert isinstance(late, Finding)
    assert late.code == "scaling.timeout"
    assert "said nothing for 3 s; the last it said: 2 ranks, batch 8" in late.what
    assert "nvidia-smi" not in str(late.remedy)
    assert "2 ranks, batch 8" in str(late.remedy)


def test_a_tool_may_be_silent_for_longer_than_it_waits_itself() -> None:
    assert silence_of(scaling.DEFINITION, {}) == silence_of(scaling.DEFINITION, {"limit": "60"})
    assert silence_of(scaling.DEFINITION, {"limit": "7200"}) == 14400.0
    assert silence_of(memory.DEFINITION, {"limit": "8589934592"}) == memory.DEFINITION.silence_s


def test_a_line_that_is_no_event_is_told_once_and_the_rest_is_read(fake: Fake) -> None:
    events = fake.run("print('hello'); print('{'); print()\n" + END)
    assert [type(event) for event in events] == [Started, Finding, Finished]
    assert isinstance(events[1], Finding)
    assert "line 2 of check" in events[1].what


def test_a_cut_last_line_is_no_event(fake: Fake) -> None:
    events = fake.run('sys.stdout.write(\'{"schema": 1, "kind": "fini\'); sys.stdout.flush()\n')
    codes = [event.code for event in events if isinstance(event, Finding)]
    assert codes == ["tool.malformed", "check.unfinished"]


def test_unknown_kinds_are_kept_and_not_handed_out(fake: Fake) -> None:
    events = fake.run('say("novelty", x=1)\n' + END)
    assert [type(event) for event in events] == [Started, Finished]
    assert [event["kind"] for event in fake.kept()] == ["started", "novelty", "finished"]


def test_a_grandchild_that_holds_the_pipe_delays_nothing(fake: Fake) -> None:
    events = fake.run(
        "child = os.fork()\n"
        "if child == 0: time.sleep(600); os._exit(0)\n"
        'say("finding", level="ok", code="pid", what=str(child))\n' + END
    )
    assert [type(event) for event in events] == [Started, Finding, Finished]
    assert isinstance(events[1], Finding)
    os.kill(int(events[1].what), signal.SIGKILL)


def test_who_stops_listening_ends_the_tool(fake: Fake) -> None:
    fake.script.write_text(
        HEAD + 'say("finding", level="ok", code="pid", what=str(os.getpid()))\ntime.sleep(600)\n'
    )
    request = ToolRequest("check", Path(sys.executable))
    with closing(run_tool(request, fake.script, ToolPaths(fake.folder), os.environ)) as events:
        next(events)
        finding = next(events)
    assert isinstance(finding, Finding)
    assert wait_until(lambda: is_gone(int(finding.what)))
    result = read_result(ToolPaths(fake.folder))
    assert result.is_partial
    assert result.outcome is Outcome.STOPPED
    assert result.findings[-1].code == "check.stopped"


def test_ctrl_c_ends_the_tool(fake: Fake) -> None:
    fake.script.write_text(
        HEAD + "signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
        'say("finding", level="ok", code="pid", what=str(os.getpid()))\ntime.sleep(600)\n'
    )
    request = ToolRequest("check", Path(sys.executable))
    pid = 0
    # Slow machines start the tool late: the signal follows its first words, not a fixed time.
    with pytest.raises(KeyboardInterrupt):
        for event in run_tool(request, fake.script, ToolPaths(fake.folder), os.environ):
            if isinstance(event, Finding):
                pid = int(event.what)
                threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGINT)).start()
    assert wait_until(lambda: is_gone(pid))


def test_nothing_of_ours_is_added_to_the_environment(fake: Fake) -> None:
    body = 'say("finding", level="ok", code="env", what=json.dumps(dict(os.environ)))\n' + END
    fake.script.write_text(HEAD + body)
    environ = {"MINE": "1"}
    events = run_tool(
        ToolRequest("check", Path(sys.executable)), fake.script, ToolPaths(fake.folder), environ
    )
    found = next(event for event in events if isinstance(event, Finding))
    # LC_CTYPE is what Python itself sets where there is no locale.
    assert set(json.loads(found.what)) - {"LC_CTYPE"} == {"MINE"}


def test_a_python_that_cannot_be_started_is_said(fake: Fake) -> None:
    fake.script.write_text("")
    request = ToolRequest("check", Path("/nonexistent/python"))
    with pytest.raises(ToolError, match="cannot start"):
        list(run_tool(request, fake.script, ToolPaths(fake.folder), os.environ))


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_full_disk_stops_the_keeping_not_the_tool(fake: Fake) -> None:
    (fake.folder / "events.jsonl").symlink_to("/dev/full")
    events = fake.run(END)
    assert [type(event) for event in events] == [Started, Finished, Finding]
    assert isinstance(events[-1], Finding)
    assert (events[-1].level, events[-1].code) == (Level.WARNING, "tool.unrecorded")


def test_each_run_of_a_tool_has_a_folder_of_its_own(tmp_path: Path) -> None:
    first, second = (make_tool_folder(tmp_path / "tools", "check", 1.0e9) for _ in range(2))
    assert first.name.startswith("check-2001")
    assert second.name == first.name + "-2"


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "tools").write_text("a file")
    with pytest.raises(ToolError):
        make_tool_folder(tmp_path / "tools", "check", 1.0e9)
    with pytest.raises(ToolError):
        make_tool_folder(tmp_path / "tools" / "deeper", "check", 1.0e9)


def test_a_tool_that_says_nothing_is_stopped_from_another_thread(fake: Fake) -> None:
    body = 'say("row", table="t", values={"a": 1})\nsay("progress", done=1, total=9, what="b")\n'
    fake.script.write_text(HEAD + body + "time.sleep(600)\n")
    stopped = threading.Event()
    request = ToolRequest("memory", Path(sys.executable), (), 600.0, stopped.is_set)
    seen: list[Event] = []

    def take() -> None:
        seen.extend(run_tool(request, fake.script, ToolPaths(fake.folder), os.environ))

    thread = threading.Thread(target=take)
    thread.start()
    assert wait_until(lambda: (fake.folder / "events.jsonl").exists() and len(fake.kept()) == 3)
    stopped.set()
    thread.join(20)
    assert not thread.is_alive()
    last, end = seen[-2:]
    assert isinstance(last, Finding)
    assert isinstance(end, Finished)
    assert (last.code, last.level) == ("memory.stopped", Level.NOTE)
    assert last.what.endswith("the last it said: b")
    result = read_result(ToolPaths(fake.folder))
    assert result.is_partial
    assert len(result.findings) == 1
    assert result.outcome is Outcome.STOPPED


def test_a_tool_that_somebody_asks_to_end_was_stopped_and_not_broken(fake: Fake) -> None:
    *_, finding, end = fake.run("os.kill(os.getpid(), signal.SIGTERM)\ntime.sleep(60)\n")
    assert isinstance(finding, Finding)
    assert (finding.code, finding.level) == ("check.stopped", Level.NOTE)
    assert isinstance(end, Finished)
    assert end.outcome is Outcome.STOPPED
