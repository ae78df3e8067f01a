from __future__ import annotations

import pytest

from tests.analysis.alerts.box import COUNTS, T0, Box

LATE = 1000.0
"""After this no start excuses anything."""


def running(count: int, **limits: float) -> Box:
    box = Box(count, ranks=True, **limits)
    assert box.codes(LATE) == []
    return box


@pytest.mark.parametrize("count", COUNTS[1:])
def test_a_run_that_leaves_gpus_idle_says_how_many_it_uses(count: int) -> None:
    box = running(count)
    box.set_run(gpu_ranks={f"GPU-{index}": None for index in range(count)})
    box.set(*range(1, count), utilization_pct=0)
    assert box.codes(180) == []
    alert = box.only(10, "run.gpu-idle")
    assert alert.subject == "run"
    idle = f"GPUs 1 to {count - 1}" if count > 3 else "GPU 1"
    assert alert.what == f"run uses 1 of its {count} GPUs: {idle} at 0 % for 3 min"
    assert f"--nproc-per-node {count}" in alert.remedy
    assert LATE <= alert.since - T0 <= LATE + 10


@pytest.mark.parametrize("count", COUNTS)
def test_a_run_whose_gpus_are_all_idle_is_told_once(count: int) -> None:
    box = running(count)
    box.set(utilization_pct=0)
    box.set(0, utilization_pct=3)
    alerts = box.after(400)
    assert [alert.code for alert in alerts] == ["run.gpu-idle"]
    assert "while the run goes on" in alerts[0].what
    assert "py-spy" in alerts[0].remedy


def test_an_idle_rank_is_named_in_the_remedy() -> None:
    box = running(4)
    box.set(2, utilization_pct=0)
    alert = box.only(200, "run.gpu-idle")
    assert alert.what == "run uses 3 of its 4 GPUs: GPU 2 at 0 % for 3 min"
    assert "--rank 2" in alert.remedy


def test_idle_is_over_when_the_gpu_was_clearly_at_work_for_a_while() -> None:
    box = running(4)
    box.set(2, utilization_pct=0)
    since = box.only(200, "run.gpu-idle").since
    box.set(2, utilization_pct=8)
    assert box.only(300, "run.gpu-idle").since == since
    box.set(2, utilization_pct=None)
    assert box.only(300, "run.gpu-idle").since == since
    box.set(2, utilization_pct=90)
    assert "run.gpu-idle" in box.codes(10)
    assert box.codes(30) == []


def test_a_gpu_that_does_not_tell_its_utilisation_is_not_idle() -> None:
    box = Box(4, ranks=True)
    box.set(utilization_pct=None)
    assert box.codes(2000) == []


def test_a_dip_at_the_end_of_each_epoch_is_neither_idle_nor_low() -> None:
    box = running(8)
    for _ in range(20):
        box.set(utilization_pct=0)
        assert box.codes(20) == []
        box.set(utilization_pct=96)
        assert box.codes(40) == []


def test_a_start_is_excused_until_a_gpu_was_busy_or_very_long() -> None:
    box = Box(8, ranks=True)
    box.set(utilization_pct=0)
    assert box.codes(890) == []
    assert box.codes(30) == ["run.gpu-idle"]


def test_after_the_first_busy_moment_a_start_is_no_excuse() -> None:
    box = Box(8, ranks=True)
    box.set(utilization_pct=0)
    assert box.codes(60) == []
    box.set(utilization_pct=97)
    assert box.codes(20) == []
    box.set(utilization_pct=0)
    assert box.codes(180) == []
    assert box.codes(20) == ["run.gpu-idle"]


def test_a_new_attempt_is_excused_anew() -> None:
    box = running(8)
    box.set(utilization_pct=0)
    assert box.codes(300) == ["run.gpu-idle"]
    box.set_run(attempt_started=box.now)
    assert box.codes(600) == []


@pytest.mark.parametrize("count", COUNTS)
def test_low_utilisation_for_three_minutes_asks_for_workers(count: int) -> None:
    box = running(count)
    box.set(utilization_pct=35)
    assert box.codes(60) == []
    alert = box.only(150, "run.low-utilization")
    names = "GPU 0" if count == 1 else "GPUs 0 and 1" if count == 2 else f"GPUs 0 to {count - 1}"
    assert alert.what.startswith(f"{names} at 3")
    assert alert.what.endswith("CPU 40 %")
    assert alert.remedy == "raise num_workers: 2 workers now, 64 CPU cores"
    box.set(utilization_pct=55)
    assert box.codes(300) == ["run.low-utilization"]
    box.set(utilization_pct=None)
    assert box.codes(300) == ["run.low-utilization"]
    box.set(utilization_pct=90)
    assert box.codes(70) == []


def test_half_busy_is_not_low() -> None:
    box = running(8)
    for turn in range(240):
        box.set(utilization_pct=100 if turn % 2 else 4)
        assert box.codes(5) == []


def test_work_in_bursts_is_low_on_average() -> None:
    box = running(8)
    codes: list[str] = []
    for _ in range(20):
        box.set(utilization_pct=100)
        box.after(5)
        box.set(utilization_pct=10)
        codes = box.codes(10)
    assert codes == ["run.low-utilization"]


@pytest.mark.parametrize(
    ("workers", "cpu_pct", "words"),
    [
        (0, 20, "raise num_workers: 0 workers now, 64 CPU cores"),
        (1, None, "raise num_workers: 1 worker now, 64 CPU cores"),
        (64, 30, "larger batch"),
        (16, 97, "the CPU is the limit"),
    ],
)
def test_the_remedy_for_low_utilisation_fits_what_is_seen(
    workers: int, cpu_pct: float | None, words: str
) -> None:
    box = running(1)
    box.set_run(worker_count=workers)
    box.set_host(cpu_pct=cpu_pct)
    box.set(utilization_pct=20)
    assert words in box.only(200, "run.low-utilization").remedy


def test_without_a_run_nobody_is_told_that_gpus_are_idle() -> None:
    box = Box(8)
    box.set(utilization_pct=0)
    assert box.codes(2000) == []


def test_high_utilisation_never_alarms() -> None:
    box = running(16)
    box.set(utilization_pct=100)
    assert box.codes(3600) == []
