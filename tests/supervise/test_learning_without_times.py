"""A trainer that tells no times teaches all the same: its second run has a measured estimate."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from cockpit import locations
from cockpit.calibrations.calibration import Calibration
from cockpit.calibrations.file import read_calibrations
from tests.cli.calling import cockpit, cockpit_json
from tests.conftest import FAKES
from tests.waiting import wait_until

HELD = 300 << 20
PRESET = """
schema = 1
summary = "A trainer that tells no times"
[launch]
kind = "python"
script = "plain.py"
python = "{python}"
cpu_ranks = 1
[args]
epochs = 8
batch-size = 16
hold-mib = 300
tells = "{tells}"
[epochs]
argument = "epochs"
[batch]
argument = "batch-size"
scope = "rank"
[metrics]
reader = "{reader}"
"""


@pytest.mark.parametrize(
    ("tells", "reader"), [("lines", "auto"), ("csv", 'csv"\nfile = "results.csv')]
)
def test_the_second_run_of_a_trainer_without_times_is_estimated_by_the_first(
    home: Path, tells: str, reader: str
) -> None:
    presets = locations.config_dir() / "presets"
    shutil.copy(FAKES / "plain.py", presets)
    text = PRESET.replace("{python}", sys.executable)
    text = text.replace("{tells}", tells).replace("{reader}", reader)
    (presets / "plain.toml").write_text(text, encoding="utf-8")
    assert "or cockpit run plain first" in cockpit("estimate", "--preset", "plain").stderr

    assert cockpit("run", "plain").returncode == 0
    wait_until(lambda: known() is not None)
    one = known()
    assert one is not None
    assert (one.epochs_done, one.is_bounded) == (8, True)
    assert one.total_s is not None

    after = cockpit_json("estimate", "--preset", "plain")
    assert isinstance(after, dict)
    assert after["is_measured"] is True
    assert after["evidence"] == "1 run of plain here"
    assert after["total_s_low"] < one.total_s < after["total_s_high"]
    assert "none was timed alone" in after["basis"][0]
    assert after["memory"]["is_host"] is True
    assert HELD < after["memory"]["need_bytes"] < 2 * HELD


def known() -> Calibration | None:
    return next(iter(read_calibrations(locations.calibrations_file())), None)
