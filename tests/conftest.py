from __future__ import annotations

import gc
import os
import shutil
import signal
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import settings

from cockpit import locations
from cockpit.processes.identity import identify, send

FAKES = Path(__file__).parent / "fakes"
PRESET = """
schema = 1
summary = "A trainer without torch"
[launch]
kind = "python"
script = "trainer.py"
python = "{python}"
cpu_ranks = 1
[args]
epochs = 2
batch-size = 16
stop-after = 0
fail-until = 0
oom-above = 0
hang = false
ignore-term = false
raises = false
kill-self = false
nan = false
exit = 0
[epochs]
argument = "epochs"
[metrics]
reader = "csv"
file = "results.csv"
headline = ["metrics/accuracy"]
[batch]
argument = "batch-size"
scope = "rank"
[resume]
checkpoint = "last.pt"
args = ["--resume", "{checkpoint}"]
others = ["epoch*.pt"]
[retry]
wait_s = 0.1
"""

# The same examples each time: what fails was changed, not drawn. To search at random:
# pytest --hypothesis-profile=default
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")

# A shell that runs the tests in the background makes them, and all they start, ignore SIGINT.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_finish() -> None:
    """Leave thousands of collected tests and their modules alone when garbage is looked for."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A home of its own with the preset `fake`; whatever still runs at the end is killed."""
    for name in ("data", "config", "cache"):
        monkeypatch.setenv(f"XDG_{name.upper()}_HOME", str(tmp_path / name))
    monkeypatch.setenv("COCKPIT_DEVICES", "none")
    monkeypatch.chdir(tmp_path)
    presets = locations.config_dir() / "presets"
    presets.mkdir(parents=True)
    shutil.copy(FAKES / "trainer.py", presets)
    text = PRESET.replace("{python}", sys.executable)
    (presets / "fake.toml").write_text(text, encoding="utf-8")
    yield tmp_path
    kill_all_of(locations.runs_dir())


def kill_all_of(runs_dir: Path) -> None:
    """Kill every process of any run in that folder; one look for all of them."""
    mark = b"COCKPIT_RUN_DIR=" + os.fsencode(runs_dir)
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if mark in (folder / "environ").read_bytes():
                process = identify(int(folder.name))
                if process is not None and process.pid != os.getpid():
                    send(process, signal.SIGKILL)
