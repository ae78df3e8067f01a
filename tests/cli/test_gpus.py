from __future__ import annotations

import csv
import fcntl
import io
import json
import os
import pty
import signal
import struct
import subprocess
import sys
import termios
import time
from itertools import pairwise
from pathlib import Path

import pytest

from cockpit.cli.text_width import width
from tests.nvml_stub.stub import NvmlStub, build_stub
from tests.waiting import wait_until

COMMAND = [sys.executable, "-m", "cockpit", "gpus"]
READ_LIMIT_S = 60
SLOW_MACHINE = 3
"""The tests of several people may run at once; `make bench` measures on a quiet machine."""


def environment(**changes: str) -> dict[str, str]:
    dropped = ("NO_COLOR", "COLUMNS", "LINES", "CUDA_VISIBLE_DEVICES", "COCKPIT_DEVICES")
    kept = {name: value for name, value in os.environ.items() if name not in dropped}
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


@pytest.fixture(autouse=True)
def no_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))


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


@pytest.mark.parametrize("form", ["--json", "--csv"])
def test_watch_says_once_why_there_is_no_gpu(form: str) -> None:
    with subprocess.Popen(
        [*COMMAND, "--watch=0.1", form],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(COCKPIT_DEVICES="none"),
    ) as process:
        assert process.stdout is not None and process.stderr is not None
        said = process.stderr.readline()
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        rest = process.stderr.read()
    assert said.startswith("no GPU: ") and rest == ""


@pytest.mark.parametrize("words", [["--watch", "0.3"], ["--watch=0.3"], ["-w", "0.3"]])
def test_watch_takes_a_period(words: list[str]) -> None:
    with subprocess.Popen(
        [*COMMAND, "--csv", *words, "--devices", "simulated:2xh20"],
        stdout=subprocess.PIPE,
        text=True,
        env=environment(),
    ) as process:
        assert process.stdout is not None
        head, *rows = [process.stdout.readline().rstrip("\r\n").split(",") for _ in range(7)]
        process.send_signal(signal.SIGINT)
    assert head[:2] == ["time", "gpu_index"] and head not in rows
    assert [row[1] for row in rows] == ["0", "1"] * 3
    times = [float(row[0]) for row in rows[::2]]
    assert all(0.1 < after - before < 2 for before, after in pairwise(times))


@pytest.mark.parametrize("words", [["--watch", "0"], ["--watch=nan"], ["--watch=x"], ["-w", "-1"]])
def test_a_period_that_is_none_is_wrong_input(words: list[str]) -> None:
    done = run(*words, COCKPIT_DEVICES="none")
    assert (done.returncode, done.stdout) == (2, "")
    assert "Traceback" not in done.stderr


def test_csv_has_a_head_and_a_line_for_each_gpu(stub: NvmlStub) -> None:
    done = run("--csv", **stub.environment("count=3 lost=1"))
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert (done.returncode, done.stderr) == (0, "")
    assert [row["gpu_index"] for row in rows] == ["0", "1", "2"]
    assert rows[1]["problem"].startswith("lost: ") and rows[1]["utilization_pct"] == ""


def test_the_flag_counts_more_than_the_environment_before_and_after_the_command() -> None:
    for words in (
        ["--devices", "simulated:3xh100", "gpus"],
        ["gpus", "--devices=simulated:3xh100"],
    ):
        done = subprocess.run(
            [sys.executable, "-m", "cockpit", *words, "--json"],
            capture_output=True,
            text=True,
            env=environment(COCKPIT_DEVICES="none"),
            timeout=READ_LIMIT_S,
        )
        assert [gpu["name"] for gpu in json.loads(done.stdout)] == ["NVIDIA H100 80GB HBM3"] * 3


@pytest.mark.parametrize("words", [["gpus"], ["runs"], []])
def test_a_wrong_flag_is_refused_whatever_follows(words: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "cockpit", "--devices", "simulated:2xh20,lsot=1", *words],
        capture_output=True,
        text=True,
        env=environment(),
        timeout=READ_LIMIT_S,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert "--devices: 'lsot' is no word" in done.stderr and "did you mean lost?" in done.stderr


@pytest.mark.parametrize("scenario", ["count=1 lost=0", "count=2 lost=all", "count=1 hang=0"])
def test_a_table_of_gpus_that_all_give_no_values(stub: NvmlStub, scenario: str) -> None:
    done = run(**stub.environment(scenario))
    assert done.returncode == 0, done.stderr
    assert "lost" in done.stdout or "no answer" in done.stdout
    assert "Traceback" not in done.stderr


def test_a_reader_that_leaves_is_no_failure(stub: NvmlStub) -> None:
    argv = [*COMMAND, "--json"]
    with subprocess.Popen(
        argv, stdout=subprocess.PIPE, env=environment(**stub.environment("count=64 train"))
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.wait(READ_LIMIT_S) == 0


@pytest.mark.parametrize("fault", ["hang=3@GetPowerUsage", "hang=3"])
def test_a_call_that_hangs_is_named_within_2_s_and_every_row_is_there(
    stub: NvmlStub, fault: str
) -> None:
    began = time.monotonic()
    done = run("--json", **stub.environment(f"count=16 {fault}"))
    took_s = time.monotonic() - began
    found = json.loads(done.stdout)
    assert [gpu["gpu_index"] for gpu in found] == list(range(16))
    assert found[3]["problem"].startswith("no answer from nvmlDeviceGet")
    assert all(gpu["problem"] is None for gpu in found if gpu["gpu_index"] != 3)
    if "Power" in fault:
        assert "nvmlDeviceGetPowerUsage for " in found[3]["problem"]
        assert (found[3]["power_w"], found[3]["gpu_uuid"] is None) == (None, False)
        assert found[3]["utilization_pct"] is not None
    assert took_s < 2 * SLOW_MACHINE


def test_when_every_gpu_hangs_every_row_says_so(stub: NvmlStub) -> None:
    all_hang = " ".join(f"hang={gpu_index}" for gpu_index in range(8))
    began = time.monotonic()
    found = json.loads(run("--json", **stub.environment(f"count=8 {all_hang}")).stdout)
    took_s = time.monotonic() - began
    assert [gpu["gpu_index"] for gpu in found] == list(range(8))
    assert all(gpu["problem"].startswith("no answer ") for gpu in found)
    assert took_s < 2 * SLOW_MACHINE


def test_a_driver_that_does_not_start_is_said_to(stub: NvmlStub) -> None:
    began = time.monotonic()
    done = run(**stub.environment("init=hang"))
    took_s = time.monotonic() - began
    assert done.returncode == 0
    assert "the GPU driver gives no answer for " in done.stdout
    assert "--watch" in done.stdout
    assert "memory " in done.stdout
    assert took_s < 2 * SLOW_MACHINE


def test_free_gpus_are_printed_for_cuda(stub: NvmlStub) -> None:
    spec = "simulated:6x2080,idle=1,idle=3,idle=5,lost=5"
    done = run("--select", "free", "--devices", spec)
    assert (done.returncode, done.stdout) == (0, "1,3\n")
    assert "SIMULATED" in done.stderr
    assert run("--select", "free:1", "--devices", spec).stdout == "1\n"
    narrowed = run("--select", "free", "--devices", spec, CUDA_VISIBLE_DEVICES="3,0")
    assert narrowed.stdout == "3\n"


@pytest.mark.parametrize("wanted", ["free", "free:3"])
def test_too_few_free_gpus_are_a_failure_that_says_who_has_them(wanted: str) -> None:
    idle = "" if wanted == "free" else ",idle=0,idle=2"
    done = run("--select", wanted, "--devices", f"simulated:3x2080,busy=1{idle}")
    assert (done.returncode, done.stdout) == (1, "")
    assert "GPU 1: pid 3999001 of ada" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_choice_of_gpus_where_there_are_none_is_an_unfit_environment() -> None:
    done = run("--select", "free", COCKPIT_DEVICES="none")
    assert (done.returncode, done.stdout) == (3, "")
    assert "no GPU: " in done.stderr


def test_a_gpu_that_a_run_was_given_is_not_free(tmp_path: Path) -> None:
    code = (
        "import sys; from cockpit.supervise.leases import take_all\n"
        "held = take_all(['SIMULATED-00000000'], 'obstacle-1', is_simulated=True)\n"
        "print(held, flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment(),
    ) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        done = run("--select", "free", "--devices", "simulated:1x2080,idle=0")
        holder.communicate(b"")
    assert (done.returncode, done.stdout) == (1, "")
    assert "GPU 0: run obstacle-1 of " in done.stderr


@pytest.mark.parametrize(
    "words", [["--json", "--csv"], ["--select", "free", "--json"], ["--select", "idle"]]
)
def test_words_that_do_not_go_together_are_refused(words: list[str]) -> None:
    done = run(*words, COCKPIT_DEVICES="none")
    assert (done.returncode, done.stdout) == (2, "")


def test_a_table_of_16_gpus_fits_a_terminal_of_80_columns() -> None:
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    process = subprocess.Popen(
        [*COMMAND, "--devices", "simulated:16x2080,busy,hang=3@0"],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=environment(),
    )
    os.close(theirs)
    lines = read_until(ours, b"Host ", 1).decode().splitlines()
    assert process.wait(timeout=READ_LIMIT_S) == 0
    os.close(ours)
    assert max(map(width, lines)) <= 80
    assert sum(line.split()[:1] == [str(index)] for line in lines for index in range(16)) >= 16
    assert any(line.startswith("GPU 3: no answer from nvmlDevice") for line in lines)


def read_until(descriptor: int, word: bytes, count: int) -> bytes:
    shown, deadline = b"", time.monotonic() + READ_LIMIT_S
    while shown.count(word) < count:
        assert time.monotonic() < deadline
        shown += os.read(descriptor, 65536)
    return shown


def test_a_gpu_names_the_run_that_was_given_it(home: Path) -> None:
    spec = "simulated:2xh20"
    started = subprocess.run(
        [
            *(sys.executable, "-m", "cockpit", "--devices", spec, "run", "fake", "--json"),
            *("--gpus", "1", "--set", "args.hang=true"),
        ],
        capture_output=True,
        text=True,
        timeout=READ_LIMIT_S,
    )
    assert started.returncode == 0, started.stderr
    run_id = json.loads(started.stdout)["run_id"]

    def owners() -> list[str | None]:
        return [gpu["run"] for gpu in json.loads(run("--json", "--devices", spec).stdout)]

    wait_until(lambda: sorted(map(str, owners())) == sorted(["None", run_id]))
    assert "fake" in run("--devices", spec).stdout
    free = run("--select", "free", "--devices", f"{spec},idle=0,idle=1")
    assert free.stdout.strip() == str(owners().index(None))
    subprocess.run([sys.executable, "-m", "cockpit", "stop", run_id], capture_output=True)
