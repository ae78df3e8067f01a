from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from cockpit.processes.lease import Holder, holder_of, shared_folder, take
from cockpit.processes.lock import try_lock
from tests.waiting import wait_until

WORDS = {"user": "ann", "pid": 7, "run_id": "digits-1"}
HOLDER = """
import sys
from pathlib import Path
from cockpit.processes.lease import take
held = take(Path(sys.argv[1]), "GPU-1", {"user": "ann", "pid": 7, "run_id": "digits-1"})
print("held", flush=True)
sys.stdin.read()
"""


def test_only_one_has_a_lease_and_all_may_read_who(tmp_path: Path) -> None:
    held = take(tmp_path, "GPU-1", WORDS)
    assert held is not None
    assert take(tmp_path, "GPU-1", {}) is None
    assert holder_of(tmp_path, "GPU-1") == Holder("ann", 7, "digits-1")
    assert str(holder_of(tmp_path, "GPU-1")) == "run digits-1 of ann, pid 7"
    os.close(held)
    assert holder_of(tmp_path, "GPU-1") is None
    again = take(tmp_path, "GPU-1", {})
    assert again is not None
    os.close(again)


def test_a_lease_ends_with_its_holder(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"held\n"
    assert holder_of(tmp_path, "GPU-1") is not None
    process.kill()
    process.wait()
    wait_until(lambda: holder_of(tmp_path, "GPU-1") is None)
    for pipe in (process.stdin, process.stdout):
        assert pipe is not None
        pipe.close()


def test_others_may_use_the_folder_and_the_files_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        folder = shared_folder(tmp_path / "leases")
        assert folder is not None
        held = take(folder, "GPU-1", WORDS)
    finally:
        os.umask(before)
    assert held is not None
    assert stat.S_IMODE(folder.stat().st_mode) == 0o1777
    assert stat.S_IMODE((folder / "GPU-1").stat().st_mode) == 0o666
    os.close(held)


def test_where_the_first_folder_cannot_be_made_the_second_is_taken(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    second = tmp_path / "second"
    assert shared_folder(tmp_path / "file" / "leases", second) == second
    assert shared_folder(tmp_path / "file" / "leases") is None


def test_a_link_that_somebody_laid_there_is_not_followed(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_text("mine")
    (tmp_path / "GPU-1").symlink_to(precious)
    with pytest.raises(OSError, match="GPU-1"):
        take(tmp_path, "GPU-1", WORDS)
    assert precious.read_text() == "mine"


def test_words_that_nobody_should_have_written_are_no_error(tmp_path: Path) -> None:
    held = take(tmp_path, "a/../b", {})
    assert held is not None
    assert [path.name for path in tmp_path.iterdir()] == ["a_.._b"]
    os.pwrite(held, b"\x00garbage", 0)
    assert holder_of(tmp_path, "a/../b") == Holder("", None, "")
    os.close(held)


def test_a_lock_waits_for_one_who_only_looks(tmp_path: Path) -> None:
    descriptor = os.open(tmp_path / "x", os.O_RDWR | os.O_CREAT)
    assert try_lock(descriptor, 2, patience_s=0)
    os.close(descriptor)
