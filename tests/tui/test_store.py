from __future__ import annotations

from cockpit.devices.sample import DeviceReading, DeviceSource
from cockpit.runs.phase import Phase
from cockpit.tui.store import (
    Snapshot,
    Store,
    attention,
    counts,
    gpu_words,
    hide,
    keys_that_act,
    owners,
)
from cockpit.views.run_view import RunView

from . import board


def snapshot(
    *runs: RunView, reading: DeviceReading | None = None, opened: float = board.NOW
) -> Snapshot:
    return Snapshot(runs, reading or board.cpu_only(), board.NOW, opened)


def test_a_gpu_belongs_to_the_rank_whose_process_holds_its_memory() -> None:
    run = board.run("obstacle", gpus=(0, 1))
    reading = board.gpus([board.gpu(0, pid=41235), board.gpu(1, pid=41234)])
    assert owners(snapshot(run, reading=reading)) == {
        "GPU-0": "obstacle · r1",
        "GPU-1": "obstacle · r0",
    }


def test_a_gpu_whose_driver_names_no_process_belongs_to_the_run_that_was_given_it() -> None:
    run = board.run("obstacle", gpus=(1,))
    reading = board.gpus([board.gpu(0), board.gpu(1)])
    assert owners(snapshot(run, reading=reading)) == {"GPU-1": "obstacle"}


def test_a_finished_run_owns_no_gpu() -> None:
    run = board.run("obstacle", Phase.SUCCEEDED, gpus=(0,))
    assert owners(snapshot(run, reading=board.gpus([board.gpu(0)]))) == {}


def test_nothing_needs_anybody_when_all_is_well() -> None:
    assert attention(snapshot(board.run(), reading=board.gpus([board.gpu(0)]))) == ()


def test_a_fresh_failure_needs_somebody_and_says_why() -> None:
    failed = board.run(
        "epri", Phase.FAILED, problem="GPU 2 ran out of memory", ended=board.NOW - 60
    )
    (need,) = attention(snapshot(failed))
    assert (need.glyph, need.subject, need.key) == ("✗", "epri", "⏎ open")
    assert need.text.endswith(": GPU 2 ran out of memory")
    assert need.run_id == failed.run_id


def test_a_failure_of_yesterday_is_history() -> None:
    failed = board.run("epri", Phase.FAILED, ended=board.NOW - 86400)
    assert attention(snapshot(failed)) == ()


def test_a_failure_since_the_screen_was_opened_stays() -> None:
    failed = board.run("epri", Phase.FAILED, ended=board.NOW - 7200)
    assert len(attention(snapshot(failed, opened=board.NOW - 8000))) == 1


def test_a_lost_run_names_its_last_epoch() -> None:
    (need,) = attention(snapshot(board.run("old", Phase.LOST, epoch=31, epochs=100)))
    assert need.glyph == "◌"
    assert "epoch 31" in need.text


def test_a_run_without_supervisor_needs_somebody() -> None:
    (need,) = attention(snapshot(board.run(phase=Phase.UNSUPERVISED)))
    assert "supervisor" in need.text


def test_a_problem_of_a_run_that_goes_on_is_shown() -> None:
    (need,) = attention(snapshot(board.run(problem="the disk is full")))
    assert (need.glyph, need.text) == ("▲", "the disk is full")


def test_a_lost_gpu_comes_before_everything_else() -> None:
    reading = board.gpus([board.gpu(6, problem="lost: it fell off the bus"), board.gpu(7)])
    needs = attention(snapshot(board.run(problem="the disk is full"), reading=reading))
    assert [need.subject for need in needs] == ["GPU 6 lost", "quickstart"]
    assert needs[0].text == "it fell off the bus"


def test_silent_gpus_are_one_line_with_their_age() -> None:
    reading = board.gpus(board.gpu(index, age_s=14) for index in range(16))
    (need,) = attention(snapshot(reading=reading))
    assert need.subject == "GPUs 0 to 15"
    assert "14 s old" in need.text


def test_what_was_hidden_stays_hidden_while_its_age_grows_and_something_new_is_shown() -> None:
    reading = board.gpus([board.gpu(0, age_s=14)])
    seen = snapshot(reading=reading)
    hidden = hide(seen, [need.topic for need in attention(seen)])
    assert attention(hidden) == ()
    assert counts(hidden).needs == 0
    failed = board.run("epri", Phase.FAILED, problem="out of memory", ended=board.NOW - 1)
    later = snapshot(failed, reading=board.gpus([board.gpu(0, age_s=90)]))
    (need,) = attention(hide(later, hidden.hidden))
    assert need.subject == "epri"


def test_what_was_hidden_and_went_away_is_news_when_it_comes_again() -> None:
    bad, good = board.run(problem="the disk is full"), board.run()
    hidden = hide(snapshot(bad), [need.topic for need in attention(snapshot(bad))])
    well = hide(snapshot(good), hidden.hidden)
    assert len(attention(hide(snapshot(bad), well.hidden))) == 1


def test_only_the_need_of_the_selected_run_names_the_key_that_opens_it() -> None:
    runs = (board.run("one", problem="stuck"), board.run("two", problem="stuck"))
    needs = keys_that_act(attention(snapshot(*runs)), runs[1].run_id)
    assert [need.key for need in needs] == ["", "⏎ open"]


def test_counts_are_of_live_runs() -> None:
    runs = (
        board.run("a"),
        board.run("b", Phase.STOPPING),
        board.run("c", Phase.QUEUED),
        board.run("d", Phase.SUCCEEDED),
    )
    number = counts(snapshot(*runs))
    assert (number.running, number.queued, number.needs) == (2, 1, 0)


def test_gpus_that_do_not_exist_are_known_as_such() -> None:
    simulated = board.gpus([board.gpu(0)], DeviceSource.SIMULATED)
    assert snapshot(reading=simulated).is_simulated
    assert not snapshot(reading=board.gpus([board.gpu(0)])).is_simulated


def test_the_poller_is_started_by_the_first_look_and_ended_at_the_end() -> None:
    devices = board.StillDevices(board.cpu_only())
    store = Store(board.StillRuns(), devices, board.NOW)
    assert not devices.is_open
    store.refresh(board.NOW)
    assert devices.is_open
    store.close()
    assert not devices.is_open


def test_gpu_words() -> None:
    assert gpu_words([]) == "cpu"
    assert gpu_words([3]) == "GPU 3"
    assert gpu_words([0, 1]) == "GPUs 0, 1"
    assert gpu_words(range(16)) == "GPUs 0 to 15"
    assert gpu_words([0, 2, 5]) == "GPUs 0, 2, 5"
