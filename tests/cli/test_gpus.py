from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.nvml_stub.stub import NvmlStub, build_stub

APP = """
import typer
from cockpit.cli.gpus import gpus
app = typer.Typer()
app.command()(gpus)
app()
"""
COMMAND = [sys.executable, "-c", APP]
READ_LIMIT_S = 60


def environment(**changes: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    return {**kept, "TERM": "xterm", **changes}


def run(*arguments: str, **changes: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments],
        capture_output=True,
        text=True,
        env=environment(**changes),
        timeout=READ_LIMIT_S,
    )


@pytest.fixture
def stub(tmp_path: Path) -> NvmlStub:
    return build_stub(tmp_path)


def test_json_of_16_gpus(stub: NvmlStub) -> None:
    done = run("--json", **stub.environment("count=16 lost=3 missing=power"))
    found = json.loads(done.stdout)
    assert (done.returncode, done.stderr) == (0, "")
    assert [gpu["gpu_index"] for gpu in found] == list(range(16))
    assert found[3]["problem"] == "lost: the driver reports GPU is lost"
    assert (found[3]["gpu_uuid"], found[3]["age_s"]) == (None, None)
    assert (found[4]["power_w"], found[4]["utilization_pct"]) == (None, 94)
    assert found[4]["age_s"] >= 0


def test_json_without_gpu_is_an_empty_list() -> None:
    done = run("--json", COCKPIT_DEVICES="none")
    assert (done.returncode, json.loads(done.stdout)) == (0, [])
    assert "no GPU: " in done.stderr


def test_text_without_gpu_says_why_and_shows_the_host(stub: NvmlStub) -> None:
    done = run(**stub.environment("init=18"))
    assert done.returncode == 0
    assert "differ in version" in done.stdout and "reboot" in done.stdout
    assert "cpu " in done.stdout and "memory " in done.stdout
    assert "\x1b" not in done.stdout


def test_text_of_simulated_gpus_is_labelled_and_plain() -> None:
    done = run(COCKPIT_DEVICES="simulated:2x2080")
    assert done.stdout.startswith("SIMULATED")
    assert "RTX 2080" in done.stdout
    assert "\x1b" not in done.stdout


def test_an_ascii_terminal_gets_ascii() -> None:
    done = run(COCKPIT_DEVICES="simulated:2x2080,missing=power_w", PYTHONIOENCODING="ascii")
    assert done.returncode == 0
    assert done.stdout.isascii()


def test_a_wrong_source_of_devices_is_wrong_input() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "cockpit", "gpus"],
        capture_output=True,
        text=True,
        env=environment(COCKPIT_DEVICES="simulated:2xh201"),
        timeout=READ_LIMIT_S,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert "did you mean h20" in done.stderr and "Traceback" not in done.stderr


def test_watch_without_a_terminal_repeats_plain_tables_and_ends_quietly() -> None:
    with subprocess.Popen(
        [*COMMAND, "--watch"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(COCKPIT_DEVICES="simulated:1xh20"),
    ) as process:
        assert process.stdout is not None and process.stderr is not None
        heads = 0
        while heads < 2:
            line = process.stdout.readline()
            assert line and "\x1b" not in line
            heads += line.startswith("GPU ")
        process.send_signal(signal.SIGINT)
        process.stdout.read()
        assert process.stderr.read() == ""
        assert process.wait(timeout=READ_LIMIT_S) == 0


def test_watch_as_json_is_one_list_a_line() -> None:
    with subprocess.Popen(
        [*COMMAND, "--watch", "--json"],
        stdout=subprocess.PIPE,
        text=True,
        env=environment(COCKPIT_DEVICES="simulated:2xh20"),
    ) as process:
        assert process.stdout is not None
        for _ in range(2):
            assert len(json.loads(process.stdout.readline())) == 2
        process.stdout.close()
        assert process.wait(timeout=READ_LIMIT_S) == 0


@pytest.mark.parametrize("changes", [{}, {"TERM": "dumb"}, {"NO_COLOR": "1"}])
def test_watch_redraws_only_a_terminal_that_can(changes: dict[str, str]) -> None:
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*COMMAND, "--watch"],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=environment(COCKPIT_DEVICES="simulated:2xh20", **changes),
    )
    os.close(theirs)
    shown = read_until(ours, b"GPU ", 2)
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=READ_LIMIT_S) == 0
    os.close(ours)
    assert (b"\x1b[" in shown) is (not changes)
    assert b"Traceback" not in shown and b"Abort" not in shown


def read_until(descriptor: int, word: bytes, count: int) -> bytes:
    shown, deadline = b"", time.monotonic() + READ_LIMIT_S
    while shown.count(word) < count:
        assert time.monotonic() < deadline
        shown += os.read(descriptor, 65536)
    return shown
