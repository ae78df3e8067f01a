from __future__ import annotations

from dataclasses import replace

import pytest

from cockpit.devices.sample import DeviceReading
from cockpit.runs.alert import Alert, AlertLevel
from cockpit.runs.phase import Phase
from cockpit.tui.needs import Need, attention, counts, hide, keys_that_act
from cockpit.tui.noticed import gpu_indices, noticed
from cockpit.tui.store import Snapshot
from cockpit.views.run_view import RunView

from . import board

HOT = Alert("gpu.hot", AlertLevel.WARNING, "GPU 1", "86 °C for 4 min", "clean the filters",
            board.NOW - 240, "GPU-1")  # fmt: skip
LOST = Alert("gpu.lost", AlertLevel.PROBLEM, "GPU 6", "lost: Xid 79, last reading 18:31", "reboot",
             board.NOW - 700, "GPU-6")  # fmt: skip
HANG = Alert("run.hang", AlertLevel.PROBLEM, "run", "no step for 12 min (usual: 9 s)",
             "cockpit stop", board.NOW - 720)  # fmt: skip


def snapshot(
    *runs: RunView,
    reading: DeviceReading | None = None,
    opened: float = board.NOW,
    alerts: tuple[Alert, ...] = (),
) -> Snapshot:
    reading = reading or board.gpus(board.gpu(index) for index in range(8))
    return Snapshot(runs, reading, board.NOW, opened, alerts)


def only(found: tuple[Need, ...]) -> Need:
    (need,) = found
    return need


def test_nothing_needs_anybody_when_all_is_well() -> None:
    assert attention(snapshot(board.run())) == ()


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


def test_an_alert_of_a_gpu_names_the_run_on_it_and_opens_that() -> None:
    run = board.run("obstacle", gpus=(0, 1))
    need = only(attention(snapshot(run, alerts=(HOT,))))
    assert (need.glyph, need.subject) == ("▲", "GPU 1")
    assert need.text == "86 °C for 4 min · obstacle"
    assert (need.key, need.run_id) == ("⏎ open", run.run_id)


def test_an_alert_of_a_gpu_that_no_run_holds_leads_to_the_gpus() -> None:
    need = only(attention(snapshot(alerts=(HOT,))))
    assert (need.text, need.key, need.run_id) == ("86 °C for 4 min", "g GPUs", None)


def test_a_lost_gpu_is_called_so() -> None:
    need = only(attention(snapshot(alerts=(LOST,))))
    assert (need.glyph, need.subject) == ("✗", "GPU 6 lost")
    assert need.text == "Xid 79, last reading 18:31"


def test_an_alert_of_a_run_is_told_under_its_name() -> None:
    run = replace(board.run("layoutmaster"), alerts=(HANG,))
    need = only(attention(snapshot(run)))
    assert (need.glyph, need.subject, need.key) == ("✗", "layoutmaster", "⏎ open")
    assert need.text == "no step for 12 min (usual: 9 s)"


def test_a_rank_of_a_run_is_named_with_its_gpu() -> None:
    slow = replace(HOT, code="run.straggler", subject="GPU 1 · rank 1", what="9 % slower")
    run = replace(board.run("obstacle", gpus=(0, 1)), alerts=(slow,))
    need = only(attention(snapshot(run)))
    assert (need.subject, need.text) == ("obstacle", "GPU 1 · rank 1: 9 % slower")


def test_what_two_instruments_notice_is_told_once_by_the_one_that_knows_it_longer() -> None:
    run = board.run("obstacle", gpus=(1,))
    longer = replace(HOT, what="86 °C for 9 min", since=HOT.since - 300)
    seen = snapshot(replace(run, alerts=(longer,)), alerts=(HOT,))
    assert only(attention(seen)).text == "86 °C for 9 min · obstacle"
    silent = replace(run, alerts=(longer,), last_sign=board.NOW - 60)
    assert only(attention(snapshot(silent, alerts=(HOT,)))).text == "86 °C for 4 min · obstacle"


def test_one_gpu_of_several_that_are_told_together_is_not_told_beside_them() -> None:
    both = replace(HOT, subject="GPUs 1 to 3", gpu_uuid="GPU-3")
    run = replace(board.run("obstacle", gpus=(1, 2)), alerts=(HOT,))
    assert only(attention(snapshot(run, alerts=(both,)))).subject == "GPUs 1 to 3"


def test_two_runs_that_hang_are_two_needs() -> None:
    runs = [replace(board.run(name), alerts=(HANG,)) for name in ("one", "two")]
    assert [need.subject for need in attention(snapshot(*runs))] == ["one", "two"]


def test_the_disk_of_this_host_is_told_once_and_that_of_another_by_its_name() -> None:
    full = Alert("host.disk", AlertLevel.PROBLEM, "host", "4 GiB free", "make room", board.NOW)
    here = replace(board.run("one"), alerts=(full,))
    there = replace(board.run("two"), alerts=(full,), is_remote=True, host="big-box")
    needs = attention(snapshot(here, there, alerts=(full,)))
    assert [(need.subject, need.text) for need in needs] == [
        ("Host", "4 GiB free"),
        ("Host", "on big-box: 4 GiB free · two"),
    ]


def test_a_problem_that_an_alert_of_the_run_tells_is_not_told_twice() -> None:
    run = replace(board.run(problem="no step for 11 min (usual: 9 s)"), alerts=(HANG,))
    assert only(attention(snapshot(run))).topic.startswith(run.run_id)
    disk = replace(run, problem="the disk is full")
    assert len(attention(snapshot(disk))) == 2


def test_a_supervisor_that_is_gone_gives_notice_of_nothing() -> None:
    run = replace(board.run(phase=Phase.UNSUPERVISED), alerts=(HANG,))
    assert [need.key for need in attention(snapshot(run))] == ["a adopt"]
    assert noticed(snapshot(run)) == ()


def test_problems_come_first_and_what_can_wait_last() -> None:
    runs = (
        board.run("stuck", problem="the disk is slow"),
        board.run("epri", Phase.FAILED, problem="out of memory", ended=board.NOW - 1),
    )
    needs = attention(snapshot(*runs, alerts=(HOT, LOST)))
    assert [need.subject for need in needs] == ["GPU 6 lost", "epri", "stuck", "GPU 1"]


def test_what_was_hidden_stays_hidden_while_its_age_grows_and_something_new_is_shown() -> None:
    seen = snapshot(alerts=(HOT,))
    hidden = hide(seen, [need.topic for need in attention(seen)])
    assert attention(hidden) == ()
    assert counts(hidden).needs == 0
    later = snapshot(alerts=(LOST, replace(HOT, what="86 °C for 5 min")))
    assert only(attention(hide(later, hidden.hidden))).subject == "GPU 6 lost"


@pytest.mark.parametrize(
    ("subject", "indices"),
    [
        ("GPU 3", [3]),
        ("GPU 3:1 · rank 7", [3]),
        ("GPUs 0, 2 to 5 and 9", [0, 2, 3, 4, 5, 9]),
        ("host", []),
        ("rank 3", []),
    ],
)
def test_the_gpus_that_an_alert_names(subject: str, indices: list[int]) -> None:
    assert list(gpu_indices(subject)) == indices


def test_settings_that_are_wrong_need_somebody_once() -> None:
    wrong = ("/home/ada/.config/cockpit/config.toml: alerts.idel_s: no such key",)
    board_now = replace(snapshot(), settings_problems=wrong)
    need = only(attention(board_now))
    assert (need.glyph, need.subject) == ("▲", "config.toml")
    assert need.text.startswith("alerts.idel_s: no such key (/home/ada/")
    assert attention(hide(board_now, [need.topic])) == ()
