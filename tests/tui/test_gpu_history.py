from __future__ import annotations

import tracemalloc

from cockpit.devices.sample import GpuSample
from cockpit.tui.gpu_history import MOST_KEPT, GpuHistory
from cockpit.views.gpu_history import Figure, choose_cells

T0 = 1_795_200_000.0
GIB = 1 << 30


def sample(index: int, now: float, load: float | None = 90.0, **changes: object) -> GpuSample:
    known: dict[str, object] = {
        "gpu_index": index,
        "gpu_uuid": f"GPU-{index}",
        "name": "NVIDIA B200",
        "time": now,
        "utilization_pct": load,
        "memory_used_bytes": 80 * GIB,
        "memory_total_bytes": 180 * GIB,
        "temperature_c": 64.0,
        "power_w": 900.0,
    }
    return GpuSample(**(known | changes))  # type: ignore[arg-type]  # test shorthand


def watched(seconds: int, load: float = 90.0) -> GpuHistory:
    history = GpuHistory()
    for second in range(seconds):
        history.take((sample(0, T0 + second, load),), T0 + second)
    return history


def shown(history: GpuHistory, now: float, span_s: int = 600) -> tuple[float | None, ...]:
    return history.values("GPU-0", Figure.UTILIZATION, choose_cells(span_s, 30, now))


def test_ten_minutes_fill_thirty_cells() -> None:
    assert shown(watched(641), T0 + 640) == (90.0,) * 30


def test_the_first_reading_is_shown_at_once() -> None:
    assert shown(watched(1), T0) == (None,) * 29 + (90.0,)


def test_a_cell_is_the_mean_of_its_readings() -> None:
    history = GpuHistory()
    for second in range(60):
        history.take((sample(0, T0 + second, 100.0 if second < 30 else 0.0),), T0 + second)
    assert shown(history, T0 + 60)[-3:] == (100.0, 50.0, 0.0)


def test_silence_and_old_readings_are_gaps() -> None:
    history = watched(41)
    for second in range(41, 81):
        history.take((sample(0, T0 + 40),), T0 + second)
    assert shown(history, T0 + 80)[-4:] == (90.0, 90.0, 90.0, None)


def test_one_reading_seen_twice_counts_once() -> None:
    history = GpuHistory()
    history.take((sample(0, T0, 0.0),), T0)
    history.take((sample(0, T0, 0.0),), T0 + 1)
    history.take((sample(0, T0 + 2, 90.0),), T0 + 2)
    history.take((sample(0, T0 + 20, 10.0),), T0 + 20)
    assert shown(history, T0 + 20)[-1] == 45.0


def test_an_hour_is_kept_coarsely() -> None:
    history = watched(3701)
    assert history.values("GPU-0", Figure.POWER, choose_cells(3600, 180, T0 + 3700)) == (900,) * 180


def test_a_clock_that_leaps_back_starts_over_and_forward_leaves_a_gap() -> None:
    history = watched(100)
    history.take((sample(0, T0 - 5000, 20.0),), T0 - 5000)
    history.take((sample(0, T0 - 4979, 20.0),), T0 - 4979)
    assert shown(history, T0 - 4970)[-1] == 20.0
    history.take((sample(0, T0 + 90_000, 30.0),), T0 + 90_000)
    assert 90.0 not in shown(history, T0 + 90_000)


def test_a_gpu_that_is_lost_keeps_its_past() -> None:
    history = watched(60)
    for second in range(60, 120):
        history.take((sample(0, T0 + 59, problem="lost: Xid 79"),), T0 + second)
    assert shown(history, T0 + 120)[-6:] == (90.0, 90.0, 90.0, None, None, None)


def test_the_mean_of_the_last_minute_is_told() -> None:
    assert watched(120, 80.0).lately("GPU-0", Figure.UTILIZATION) == 80.0
    assert watched(1, 80.0).lately("GPU-0", Figure.UTILIZATION) == 80.0
    assert watched(1).lately("GPU-7", Figure.UTILIZATION) is None


def test_an_hour_of_64_gpus_takes_little_memory() -> None:
    tracemalloc.start()
    history = GpuHistory()
    for step in range(800):
        now = T0 + 5 * step
        history.take([sample(index, now) for index in range(64)], now)
    used = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert used < 4 << 20


def test_mig_devices_that_come_and_go_do_not_pile_up() -> None:
    history = GpuHistory()
    for number in range(2 * MOST_KEPT):
        history.take((sample(0, T0 + number, gpu_uuid=f"MIG-{number}"),), T0 + number)
    assert len(history._tracks) <= MOST_KEPT
