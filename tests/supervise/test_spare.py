from __future__ import annotations

from pathlib import Path

import pytest

from cockpit.errors import CockpitError
from cockpit.processes.identity import identify, is_alive
from cockpit.supervise.ahead import Ahead
from cockpit.supervise.spare import Order, Spare
from tests.cli.calling import cockpit


def test_a_supervisor_that_is_told_nothing_ends_and_leaves_nothing(home: Path) -> None:
    ahead = Ahead()
    identity = identify(ahead.spare.pid)
    assert identity is not None
    ahead.dismiss()
    assert not is_alive(identity)
    assert not list(home.rglob("supervisor.log"))


def test_one_whose_launcher_dies_ends_too(home: Path) -> None:
    spare = Spare()
    identity = identify(spare.pid)
    assert identity is not None
    spare.dismiss()
    assert not is_alive(identity)
    with pytest.raises(CockpitError, match="did not start"):
        spare.send(Order(home, "begin"))


def test_a_refused_launch_starts_nothing(home: Path) -> None:
    done = cockpit("run", "fake", "--set", "args.epochs=none")
    assert done.returncode == 2
    assert not list(home.rglob("run.json"))
