from __future__ import annotations

import pytest

from cockpit.runs.alert import AlertLevel
from tests.analysis.alerts.box import COUNTS, T0, Box


def hanging(count: int, **limits: float) -> Box:
    """Return a box whose run made progress for five minutes, and then spins."""
    box = Box(count, ranks=True, **limits)
    assert box.codes(300) == []
    box.makes_progress = False
    box.set(utilization_pct=100, power_w=95)
    return box


@pytest.mark.parametrize("count", COUNTS)
def test_a_run_that_spins_without_progress_hangs(count: int) -> None:
    box = hanging(count)
    assert box.codes(595) == []
    alert = box.only(5, "run.hang")
    assert alert.level is AlertLevel.PROBLEM
    assert alert.since == T0 + 300
    plural = "" if count == 1 else "s"
    assert alert.what == (
        "no log, results or checkpoint for 10 min (usual: 9 s), "
        f"{count} GPU{plural} at 100 % but 95 W instead of 210 W"
    )
    for word in ("py-spy", "cockpit logs", "flight recorder"):
        assert word in alert.remedy
    box.makes_progress = True
    box.set(power_w=210)
    assert box.codes(5) == []


def test_a_run_that_is_silent_and_works_does_not_hang() -> None:
    box = hanging(8)
    box.set(power_w=205)
    assert box.codes(3600) == []


def test_one_gpu_at_work_is_no_hang() -> None:
    box = hanging(8)
    box.set(5, power_w=205)
    assert "run.hang" not in box.codes(3600)


def test_a_dead_rank_beside_spinning_ones_is_named() -> None:
    box = hanging(8)
    box.set(3, utilization_pct=0, power_w=30)
    alert = box.only(600, "run.hang")
    assert alert.what.endswith("7 GPUs at 100 % but 95 W instead of 210 W, GPU 3 at 0 %")


def test_a_run_that_is_often_silent_is_given_more_time() -> None:
    box = Box(4, ranks=True)
    box.set_run(longest_silence_s=400)
    box.after(300)
    box.makes_progress = False
    box.set(power_w=95)
    assert box.codes(1595) == []
    assert box.codes(5) == ["run.hang"]


def test_the_patience_is_a_setting() -> None:
    box = hanging(2, hang_s=120)
    assert box.codes(115) == []
    assert box.codes(5) == ["run.hang"]


@pytest.mark.parametrize("field", ["power_w", "utilization_pct"])
def test_without_readings_nobody_claims_a_hang(field: str) -> None:
    box = hanging(2)
    box.set(**{field: None})
    assert "run.hang" not in box.codes(3600)


def test_a_run_that_never_made_progress_has_nothing_usual_to_compare() -> None:
    box = Box(2, ranks=True)
    box.makes_progress = False
    box.set(power_w=95)
    assert box.codes(3600) == []


def test_work_that_comes_back_ends_the_hang_also_without_a_log_line() -> None:
    box = hanging(4)
    assert box.codes(700) == ["run.hang"]
    box.set(power_w=210)
    assert box.codes(120) == []


def test_what_a_gpu_draws_in_a_hang_never_becomes_usual() -> None:
    box = hanging(2)
    assert box.codes(700) == ["run.hang"]
    box.makes_progress = True
    box.set_run(longest_silence_s=700)
    assert box.codes(5) == []
    box.makes_progress = False
    assert "instead of 210 W" in box.only(2800, "run.hang").what


def test_the_evidence_of_the_gpus_can_be_asked_for_alone() -> None:
    box = hanging(8)
    box.after(120)
    assert box.run is not None
    words = box.book.gpu_words(box.reading(), box.run)
    assert words == "8 GPUs at 100 % but 95 W instead of 210 W"
    box.set(utilization_pct=0, power_w=30)
    box.after(120)
    assert box.book.gpu_words(box.reading(), box.run) == "8 GPUs at 0 %"
    box.set(utilization_pct=95, power_w=210)
    box.after(120)
    assert box.book.gpu_words(box.reading(), box.run) is None
    box.set(problem="no answer for 9 s")
    assert box.book.gpu_words(box.reading(), box.run) is None


def with_checkpoints(*moments: float) -> Box:
    """Return a box whose run wrote checkpoints, and has just written the last one."""
    box = Box(2, ranks=True)
    box.set_run(checkpoints=tuple(T0 + moment for moment in moments))
    box.now = T0 + moments[-1]
    return box


def test_a_checkpoint_is_overdue_after_twice_the_usual_interval() -> None:
    box = with_checkpoints(600, 1200, 1800)
    assert box.codes(1195) == []
    alert = box.only(10, "run.checkpoint-overdue")
    assert alert.what == "no checkpoint for 20 min (usual: every 10 min)"
    assert alert.since == T0 + 2400
    assert "df -h" in alert.remedy
    box.set_run(checkpoints=(T0 + 600, T0 + 1200, T0 + 1800, box.now))
    assert box.codes(5) == []


def test_with_one_interval_nobody_knows_what_is_usual() -> None:
    for moments in ((600,), (600, 1200)):
        assert with_checkpoints(*moments).codes(4000) == []


def test_a_run_without_checkpoints_is_not_overdue() -> None:
    assert Box(2, ranks=True).codes(4000) == []


def test_checkpoints_at_odd_times_are_given_the_longest_of_them() -> None:
    box = with_checkpoints(100, 200, 300, 1300, 1400)
    assert box.codes(1400) == []
    assert box.codes(200) == ["run.checkpoint-overdue"]


def test_the_pause_between_two_attempts_is_no_interval() -> None:
    box = with_checkpoints(100, 200, 300, 9000, 9100)
    box.set_run(attempt_started=T0 + 8000)
    assert box.codes(195) == []
    assert box.codes(10) == ["run.checkpoint-overdue"]
    fresh = with_checkpoints(100, 200, 300)
    fresh.set_run(attempt_started=fresh.now + 5000)
    fresh.now += 5000
    assert fresh.codes(195) == []
    assert fresh.codes(10) == ["run.checkpoint-overdue"]


def test_checkpoints_every_second_are_not_overdue_after_two() -> None:
    assert with_checkpoints(1, 2, 3).codes(50) == []
