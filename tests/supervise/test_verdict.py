from __future__ import annotations

from pathlib import Path

import pytest

from cockpit.runs.phase import Phase
from cockpit.supervise.verdict import Reached, has_stopped_early, phase_at_end
from tests.supervise.running import look, start, wait_for

ALL, SOME, UNKNOWN = Reached(10, 10), Reached(3, 10), Reached(None, 10)
EARLY = Reached(3, 10, stopped_early=True)


@pytest.mark.parametrize(
    ("code", "asked", "reached", "phase"),
    [
        (0, False, ALL, Phase.SUCCEEDED),
        (0, False, UNKNOWN, Phase.SUCCEEDED),
        (0, False, SOME, Phase.FAILED),
        (0, False, EARLY, Phase.SUCCEEDED),
        (1, False, ALL, Phase.FAILED),
        (None, False, ALL, Phase.SUCCEEDED),
        (None, False, EARLY, Phase.SUCCEEDED),
        (None, False, SOME, Phase.FAILED),
        (1, True, SOME, Phase.STOPPED),
        (0, True, SOME, Phase.STOPPED),
        (0, True, ALL, Phase.SUCCEEDED),
    ],
)
def test_how_a_run_ended(code: int | None, asked: bool, reached: Reached, phase: Phase) -> None:
    assert phase_at_end(code, reached, was_asked=asked) is phase


def test_early_stopping_is_read_from_the_log(tmp_path: Path) -> None:
    log = tmp_path / "train.log"
    log.write_text("EarlyStopping: Training stopped early as no improvement observed in last 100\n")
    assert has_stopped_early(log)
    log.write_text("epoch 3/10 done\n")
    assert not has_stopped_early(log)


def test_exit_code_0_after_3_of_10_epochs_is_no_success(home: Path) -> None:
    paths = start(epochs="10", stop_after="3")
    wait_for(paths, Phase.FAILED)
    state = look(paths).state
    assert state is not None
    assert (state.exit_code, state.problem) == (0, "exit code 0, but only 3 of 10 epochs")


def test_all_epochs_and_then_an_error_says_both(home: Path) -> None:
    paths = start(raises="true")
    wait_for(paths, Phase.FAILED)
    state = look(paths).state
    assert state is not None
    assert state.problem == "all epochs done, then ValueError: the images are upside down"
