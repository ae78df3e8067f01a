from __future__ import annotations

import dataclasses

import pytest

from cockpit.devices.sample import GpuSample
from cockpit.devices.throttle import Throttle
from cockpit.tui.gpu_layout import Form, choose
from cockpit.tui.gpu_rows import gpu_line, is_hot, summary_lines
from cockpit.tui.ink import cells, plain

GIB = 1 << 30
NOW = 1_767_200_000.0


def sample(index: int = 0, total_gib: int = 8, **changes: object) -> GpuSample:
    base = GpuSample(
        gpu_index=index,
        gpu_uuid=f"GPU-{index}",
        name="NVIDIA GeForce RTX 2080",
        time=NOW,
        utilization_pct=86.0,
        memory_used_bytes=int(0.8 * total_gib * GIB),
        memory_total_bytes=total_gib * GIB,
        temperature_c=70.0,
        power_w=206.0,
        power_limit_w=215.0,
    )
    return dataclasses.replace(base, **changes)  # type: ignore[arg-type]  # test shorthand


def box(count: int, total_gib: int = 8) -> tuple[GpuSample, ...]:
    return tuple(sample(index, total_gib) for index in range(count))


@pytest.mark.parametrize(
    ("count", "width", "rows", "form", "blocks"),
    [
        (1, 78, 24, Form.ROWS, 1),
        (8, 118, 30, Form.ROWS, 1),
        (8, 78, 24, Form.CELLS, 4),
        (16, 138, 40, Form.ROWS, 2),
        (16, 78, 24, Form.CELLS, 4),
        (16, 198, 60, Form.ROWS, 1),
        (32, 138, 40, Form.CELLS, 6),
        (64, 138, 40, Form.SUMMARY, 1),
        (32, 78, 24, Form.SUMMARY, 1),
        (32, 78, 40, Form.CELLS, 4),
    ],
)
def test_the_layout_follows_width_and_count(
    count: int, width: int, rows: int, form: Form, blocks: int
) -> None:
    layout = choose(box(count), width, rows, heads=True)
    assert (layout.form, layout.blocks) == (form, blocks)


@pytest.mark.parametrize("count", [1, 2, 4, 5, 8, 9, 16, 17, 32])
@pytest.mark.parametrize("width", [58, 78, 98, 118, 138, 198])
@pytest.mark.parametrize("total_gib", [8, 96, 180])
def test_no_row_is_wider_than_its_block_and_all_blocks_fit(
    count: int, width: int, total_gib: int
) -> None:
    samples = box(count, total_gib)
    layout = choose(samples, width, 40, heads=True)
    gap = 1 if layout.form is Form.ROWS else 2
    assert layout.blocks * layout.block_width + gap * (layout.blocks - 1) <= width
    assert layout.blocks * layout.rows >= count
    for state in (samples[0], sample(problem="lost: Xid 79"), sample(time=NOW - 500)):
        line = gpu_line(state, (50.0,) * 60, "a-very-long-run-name · r15", NOW, layout)
        assert cells(line) == layout.block_width


def test_a_row_shows_what_was_read() -> None:
    layout = choose(box(16), 138, 40, heads=True)
    text = plain(gpu_line(sample(), (90.0,) * 12, "obstacle · r0", NOW, layout))
    for part in ("▆" * 12, "86%", "6.4/8.0", "70°", "206W", "obstacle · r0"):
        assert part in text


def test_a_missing_reading_is_a_dash_and_never_a_zero() -> None:
    bare = sample(utilization_pct=None, memory_used_bytes=None, temperature_c=None, power_w=None)
    layout = choose((bare,), 118, 40, heads=True)
    text = plain(gpu_line(bare, (), "", NOW, layout))
    assert text.count("–") == 4
    assert " 0%" not in text


def test_an_old_row_is_faint_and_tells_its_age() -> None:
    old = sample(time=NOW - 14)
    for width in (78, 118, 138):
        layout = choose((old,), width, 40, heads=True)
        line = gpu_line(old, (), "obstacle · r0", NOW, layout)
        assert "▲ 14 s old" in plain(line)
        assert {look for text, look in line if "86%" in text} == {"faint"}


def test_a_small_cell_tells_its_age_too() -> None:
    layout = choose(box(16), 78, 24, heads=True)
    assert "▲14s" in plain(gpu_line(sample(time=NOW - 14), (), "", NOW, layout))
    assert "▲9m" in plain(gpu_line(sample(time=NOW - 540), (), "", NOW, layout))


def test_a_reading_from_a_clock_ahead_is_fresh() -> None:
    layout = choose(box(1), 118, 40, heads=True)
    assert "now" in plain(gpu_line(sample(time=NOW + 60), (), "", NOW, layout))


def test_a_lost_gpu_says_why_and_what_was_seen_last() -> None:
    lost = sample(problem="lost: Xid 79, off the bus at 18:31:04")
    layout = choose(box(8), 118, 40, heads=True)
    text = plain(gpu_line(lost, (), "", NOW, layout))
    assert "✗ lost  Xid 79, off the bus at 18:31:04 · last seen 86 %, 6.4 GiB, 70°" in text


def test_the_rank_is_not_cut_away() -> None:
    layout = choose(box(16), 138, 40, heads=True)
    text = plain(gpu_line(sample(), (), "layoutmaster-8gpu · r15", NOW, layout))
    assert "… · r15" in text


def test_hot_is_told_by_the_gpus_own_limit() -> None:
    assert is_hot(sample(temperature_c=86.0))
    assert not is_hot(sample(temperature_c=84.0))
    assert is_hot(sample(temperature_c=80.0, temperature_slowdown_c=84.0))
    assert not is_hot(sample(temperature_c=None))


def test_many_gpus_are_summed_up_with_those_that_do_not_answer() -> None:
    samples = (*box(62), sample(62, time=NOW - 20), sample(63, problem="lost: Xid 79"))
    heat, sums = (plain(line) for line in summary_lines(samples, NOW, 138))
    assert heat.startswith(" 0 ▆▆▆▆▆▆▆▆   8 ▆▆▆▆▆▆▆▆  16 ")
    assert heat.rstrip().endswith("56 ▆▆▆▆▆▆·✗")
    assert "mean 86 %" in sums
    assert "2 do not answer" in sums


@pytest.mark.parametrize("width", [58, 78, 98, 138, 198])
@pytest.mark.parametrize("count", [33, 64, 128])
def test_the_heat_of_many_gpus_takes_the_rows_that_the_layout_gives_it(
    width: int, count: int
) -> None:
    samples = box(count)
    lines = summary_lines(samples, NOW, width)
    assert len(lines) == choose(samples, width, 40, heads=True).rows
    assert sum(plain(line).count("▆") for line in lines) == count
    assert all(cells(line) >= width for line in lines)


def test_the_load_of_many_gpus_is_told_without_colours_too() -> None:
    loads = tuple(sample(index, utilization_pct=25.0 * index) for index in range(5))
    assert plain(summary_lines(loads, NOW, 80, shaded=True)[0]).startswith("0 ▁░▒▓█")


def test_indices_of_three_digits_and_mig_devices_stay_aligned() -> None:
    samples = (sample(7), sample(100), sample(3, mig_index=1, utilization_pct=None))
    for width, rows in ((118, 40), (138, 40), (78, 24)):
        layout = choose(samples, width, rows, heads=True)
        shown = [plain(gpu_line(one, (), "", NOW, layout)) for one in samples]
        assert [text[:3] for text in shown] == ["  7", "100", "3:1"]
        assert "–" in shown[2]
    lost = sample(5, problem="lost: Xid 79")
    assert plain(gpu_line(lost, (), "", NOW, layout)).startswith("  5 ")


def test_a_thousand_watts_stand_beside_their_limit() -> None:
    samples = (sample(power_w=1000.0, power_limit_w=1000.0), sample(1, power_limit_w=1000.0))
    layout = choose(samples, 118, 40, heads=True)
    texts = [plain(gpu_line(one, (), "", NOW, layout)) for one in samples]
    assert "1000/1000W" in texts[0]
    assert texts[0].index("W") == texts[1].index("W")


@pytest.mark.parametrize(
    ("throttle", "marked"),
    [
        (Throttle.POWER_CAP, ""),
        (Throttle.IDLE, ""),
        (Throttle.HW_THERMAL, "▲70°"),
        (Throttle.POWER_BRAKE, "▲206"),
        (Throttle.HW_SLOWDOWN | Throttle.POWER_CAP, "▲206"),
    ],
)
def test_a_clock_that_is_held_down_is_marked_but_a_power_cap_is_normal(
    throttle: Throttle, marked: str
) -> None:
    slowed = sample(throttle=int(throttle), sm_clock_mhz=1410.0)
    row = plain(gpu_line(slowed, (), "", NOW, choose((slowed,), 118, 40, heads=True)))
    assert marked in row if marked else "▲" not in row
    wide = plain(gpu_line(slowed, (), "", NOW, choose((slowed,), 142, 60, heads=True)))
    assert ("▲1410" if marked else " 1410") in wide
    small = plain(gpu_line(slowed, (), "", NOW, choose(box(16), 78, 24, heads=True)))
    assert ("▲70" in small) == bool(marked)


def test_a_busy_gpu_is_never_painted_as_a_danger() -> None:
    busy = sample(utilization_pct=100.0, memory_used_bytes=8 * GIB, power_w=215.0)
    looks = {
        look
        for layout in (choose((busy,), 118, 40, heads=True), choose(box(16), 78, 24, heads=True))
        for _, look in gpu_line(busy, (100.0,) * 12, "obstacle · r0", NOW, layout)
    }
    looks |= {look for line in summary_lines((busy,), NOW, 80) for _, look in line}
    assert not {look for look in looks if "danger" in look or "attention" in look}


def test_a_lost_gpu_in_a_small_cell_is_called_lost_and_no_more() -> None:
    layout = choose(box(16), 78, 24, heads=True)
    text = plain(gpu_line(sample(6, problem="lost: Xid 79"), (), "", NOW, layout))
    assert text.rstrip().endswith("✗ lost")
