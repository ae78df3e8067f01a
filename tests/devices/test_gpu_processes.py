from __future__ import annotations

import getpass
import os
import subprocess
import sys
from pathlib import Path

from cockpit.devices.gpu_processes import LONGEST_COMMAND, RECHECK_S, ProcessDetails
from cockpit.devices.sample import GpuProcess
from cockpit.units import GIB
from tests.waiting import wait_until

NOBODY = 4_194_301
"""A 7-digit pid; kernels give pids up to 4,194,304."""


def fake_process(proc: Path, pid: int, start: int, command: bytes, uid: int = 12345) -> None:
    folder = proc / str(pid)
    (folder / "fd").mkdir(parents=True, exist_ok=True)
    (folder / "stat").write_text(f"{pid} (a) b) S " + "0 " * 18 + f"{start} 0\n")
    (folder / "status").write_text(f"Name:\tpt\nUid:\t0\t{uid}\t0\t0\n")
    (folder / "cmdline").write_bytes(command)
    (folder / "comm").write_text("pt_main_thread\n")


def only(details: ProcessDetails, pid: int) -> GpuProcess:
    (named,) = details.named([GpuProcess(pid, GIB, sm_pct=7.0)])
    return named


def test_a_real_process_has_user_and_command() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", "input()", "[bold]a train.py[/]"], stdin=subprocess.PIPE
    ) as process:
        command = Path(f"/proc/{process.pid}/cmdline")
        wait_until(lambda: b"train.py" in command.read_bytes())  # between fork and exec it is bare
        named = only(ProcessDetails(is_host=True), process.pid)
        process.communicate(b"\n")
    assert named.user == getpass.getuser()
    assert named.command == f"{sys.executable} -c input() [bold]a train.py[/]"
    assert (named.memory_used_bytes, named.sm_pct, named.is_visible) == (GIB, 7.0, True)


def test_a_pid_of_another_container_is_not_visible() -> None:
    named = only(ProcessDetails(), NOBODY)
    assert (named.user, named.command, named.is_visible) == (None, None, False)
    assert not only(ProcessDetails(), 0).is_visible


def test_who_is_named_already_keeps_the_name() -> None:
    pretended = GpuProcess(os.getpid(), None, user="ada", command="python train.py")
    assert ProcessDetails().named([pretended]) == (pretended,)


def test_a_user_without_a_name_is_a_number_and_an_empty_command_is_the_name(tmp_path: Path) -> None:
    fake_process(tmp_path, 7, 100, b"", uid=4_000_123)
    named = only(ProcessDetails(tmp_path, is_host=True), 7)
    assert (named.user, named.command) == ("4000123", "[pt_main_thread]")


def test_a_long_command_is_cut(tmp_path: Path) -> None:
    fake_process(tmp_path, 7, 100, b"python\0" + b"x" * 9000 + b"\0")
    assert len(only(ProcessDetails(tmp_path, is_host=True), 7).command or "") == LONGEST_COMMAND


def test_a_reused_pid_is_named_anew(tmp_path: Path) -> None:
    clock = [0.0]
    details = ProcessDetails(tmp_path, is_host=True, now=lambda: clock[0])
    fake_process(tmp_path, 7, 100, b"python\0a.py\0")
    assert only(details, 7).command == "python a.py"
    fake_process(tmp_path, 7, 200, b"python\0b.py\0")
    clock[0] = RECHECK_S
    assert only(details, 7).command == "python b.py"


def test_a_process_that_the_driver_dropped_is_forgotten(tmp_path: Path) -> None:
    details = ProcessDetails(tmp_path, is_host=True)
    fake_process(tmp_path, 7, 100, b"python\0a.py\0")
    assert only(details, 7).command == "python a.py"
    details.named([])
    fake_process(tmp_path, 7, 200, b"python\0b.py\0")
    assert only(details, 7).command == "python b.py"


def test_in_a_container_a_pid_without_the_device_file_is_somebody_else(tmp_path: Path) -> None:
    fake_process(tmp_path, 7, 100, b"bash\0")
    fake_process(tmp_path, 8, 100, b"python\0train.py\0")
    (tmp_path / "8/fd/5").symlink_to("/dev/nvidia3")
    details = ProcessDetails(tmp_path, is_host=False)
    assert not only(details, 7).is_visible and only(details, 7).command is None
    assert only(details, 8).command == "python train.py"
