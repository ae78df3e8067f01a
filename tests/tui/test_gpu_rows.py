from __future__ import annotations

import dataclasses

import pytest

from cockpit.devices.sample import GpuSample
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
    assert heat.startswith("▆" * 62 + "·✗")
    assert "mean 86 %" in sums
    assert "2 do not answer" in sums
