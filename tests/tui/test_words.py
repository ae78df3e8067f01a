from __future__ import annotations

from dataclasses import replace

import pytest

from cockpit.analysis.alerts.limits import Targets
from cockpit.runs.phase import Phase
from cockpit.tui.ending import consequences, progress_words
from cockpit.tui.facts import exit_words, full_facts, preview_state, short_facts
from cockpit.tui.head import head_line, problem_line
from cockpit.tui.ink import cells, plain
from cockpit.tui.store import Snapshot
from cockpit.views.run_view import RunView

from . import board


def snapshot(run: RunView) -> Snapshot:
    return Snapshot((run,), board.cpu_only(), board.NOW, board.NOW)


def said(run: RunView) -> dict[str, str]:
    return {line.label: line.text for line in consequences(run, snapshot(run)) if line.label}


def test_the_question_names_processes_gpus_and_what_is_lost() -> None:
    lines = said(board.run())
    assert lines["processes"] == "3: launcher 41233 and its 2 ranks"
    assert lines["GPUs"] == "none, it trains on the CPU"
    assert lines["you keep"] == "last.pt, 12 s old; best.pt"
    assert lines["you lose"] == "the last 12 s of training"


def test_without_a_checkpoint_everything_is_lost() -> None:
    lines = said(replace(board.run(), checkpoints=()))
    assert lines["you lose"] == "everything trained so far"
    assert "not possible" in lines["resume"]


def test_a_second_stop_kills() -> None:
    texts = [
        line.text for line in consequences(board.run(phase=Phase.STOPPING), snapshot(board.run()))
    ]
    assert any("SIGKILL to every process" in text for text in texts)
    assert not any("SIGTERM" in text for text in texts)


def test_progress_is_told_as_a_sentence() -> None:
    assert progress_words(board.run()) == "epoch 7 of 10, running 29 s, ends 18:44"


@pytest.mark.parametrize("width", [60, 78, 138, 198])
@pytest.mark.parametrize("phase", list(Phase))
def test_the_head_fits_its_width(width: int, phase: Phase) -> None:
    line = head_line(board.run("a-rather-long-name-of-a-run", phase), width)
    assert cells(line) <= width or width < 78
    assert "a-rathe" in plain(line)


def test_the_head_says_how_a_run_ended() -> None:
    killed = board.run(phase=Phase.FAILED, exit_code=-9, ended=board.NOW - 60)
    assert "ended 18:42, killed by signal 9" in plain(head_line(killed, 138))


def test_a_problem_comes_with_its_remedy() -> None:
    run = replace(board.run(problem="GPU 2 ran out of memory"), remedy="batch 12")
    assert plain(problem_line(run, 78)).rstrip() == "▲ GPU 2 ran out of memory  try: batch 12"
    assert problem_line(board.run(), 78) == ()


def test_facts_never_leave_a_missing_value_empty() -> None:
    bare = replace(board.run(), samples_per_s=None, results=None, checkpoints=(), supervisor=None)
    for fact in (*full_facts(bare, Targets()), *short_facts(bare, snapshot(bare))):
        assert fact.value or not fact.label


def test_a_simulated_gpu_is_called_so() -> None:
    run = replace(board.run(gpus=(0, 1)), is_simulated=True)
    values = {fact.label: fact.value for fact in full_facts(run, Targets())}
    assert values["runs on"] == "GPUs 0, 1 SIMULATED"


def test_processes_that_are_gone_are_counted() -> None:
    run = board.run(phase=Phase.SUCCEEDED, processes=(board.process(1, alive=False),))
    assert {fact.label: fact.value for fact in full_facts(run, Targets())}[
        "processes"
    ] == "none left of 1"


def test_exit_words() -> None:
    assert [exit_words(code) for code in (0, 3, -15, None)] == [
        "0",
        "3",
        "killed by signal 15",
        "unknown",
    ]


def test_the_preview_says_how_long_on_how_many_and_how_fast() -> None:
    assert preview_state(board.run()) == "29 s · 2 ranks · 3,180 img/s"


def test_a_queued_run_loses_its_place_and_no_process() -> None:
    run = replace(board.run(phase=Phase.QUEUED, processes=()), queue_place=2, checkpoints=())
    lines = said(run)
    assert lines["processes"] == "none, it waits"
    assert lines["you lose"] == "its place in the queue: 2"
    assert "GPUs" not in lines
    assert "queued, waits for GPUs, place 2" in progress_words(run)
