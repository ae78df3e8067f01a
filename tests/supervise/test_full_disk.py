from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from cockpit import locations
from cockpit.runs.phase import Phase
from cockpit.supervise.stop import request_stop
from tests.supervise.running import (
    look,
    nothing_is_left,
    phase,
    start,
    view,
    wait_for,
    wait_for_log,
)
from tests.waiting import wait_until


@pytest.fixture
def small_disk(home: Path) -> Iterator[Path]:
    """A file system of 2 MiB where the runs are kept."""
    folder = locations.runs_dir()
    folder.mkdir(parents=True)
    command = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(command, capture_output=True).returncode != 0:
        pytest.skip("needs root and mount, for a small file system of its own")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], capture_output=True)


def fill(folder: Path, name: str = "filler") -> Path:
    filler = folder / name
    with filler.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"x" * 4096)
        except OSError:
            return filler


def test_a_full_disk_ends_nothing_and_is_said(small_disk: Path) -> None:
    paths = start(hang="true")
    wait_for_log(paths, "ready")
    fill(small_disk)
    wait_until(lambda: "No space left" in (view(paths).problem or ""))
    assert phase(paths) is Phase.RUNNING
    request_stop(paths)
    wait_for(paths, Phase.STOPPED)
    assert nothing_is_left(paths)


def test_when_there_is_room_again_the_gap_is_said(small_disk: Path) -> None:
    paths = start(hang="true")
    wait_for_log(paths, "ready")
    filler = fill(small_disk)
    wait_until(lambda: "No space left" in (view(paths).problem or ""))
    filler.unlink()
    wait_until(lambda: look(paths).state is not None and view(paths).problem is None)
    assert "the disk takes writes again" in paths.events.read_text()
    request_stop(paths)
    wait_for(paths, Phase.STOPPED)
