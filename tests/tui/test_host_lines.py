from __future__ import annotations

from dataclasses import replace

import pytest

from cockpit.tui.host_lines import bytes_per_s, host_figures, host_side
from cockpit.tui.ink import cells, plain
from cockpit.units import DAY_S, GIB

from . import board

SAMPLE = replace(
    board.host(),
    swap_total_bytes=8 * GIB,
    shm_total_bytes=64 * GIB,
    shm_free_bytes=51 * GIB,
    disk_total_bytes=1000 * GIB,
    disk_read_bytes_per_s=120e6,
    disk_write_bytes_per_s=0.0,
    network_rx_bytes_per_s=1.2e9,
    network_tx_bytes_per_s=3e5,
)


def texts(full_in_s: float | None = None, width: int = 54) -> dict[str, str]:
    rows = [plain(line) for line in host_side(SAMPLE, full_in_s, width)]
    return {row.split()[0]: row for row in rows}


def test_the_host_is_told_in_bars_and_figures() -> None:
    rows = texts()
    assert list(rows) == ["cpu", "ram", "shm", "disk", "swap", "io", "net", "load"]
    assert rows["cpu"].endswith("97 %  of 8 threads")
    assert rows["ram"].endswith("5.9/16.0 GiB")
    assert rows["shm"].endswith("13.0/64.0 GiB")
    assert rows["disk"].endswith("212 GiB left")
    assert rows["net"].endswith("in 1.2 GB/s  out 0.3 MB/s")
    assert rows["io"].endswith("read 120 MB/s  write 0.0 MB/s")


@pytest.mark.parametrize(
    ("full_in_s", "words"),
    [
        (None, "212 GiB left"),
        (3 * DAY_S, "212 GiB left  ▲ full in about 3 d"),
        (3700.0, "212 GiB left  ▲ full in about 1 h"),
    ],
)
def test_a_disk_that_fills_says_when_it_is_full(full_in_s: float | None, words: str) -> None:
    assert texts(full_in_s)["disk"].endswith(words)


def test_one_line_holds_what_fits_and_is_never_wider() -> None:
    for width in range(0, 140):
        assert cells(host_figures(SAMPLE, 3600.0, width)) <= width
    assert "swap" not in plain(host_figures(SAMPLE, None, 138))
    swapping = replace(SAMPLE, swap_used_bytes=GIB)
    line = plain(host_figures(swapping, None, 138))
    for part in ("disk 212 GiB left", "shm 13.0/64.0 GiB", "swap 1.0/8.0 GiB", "load 4.2"):
        assert part in line


def test_nearly_no_shared_memory_asks_for_a_look() -> None:
    tight = replace(SAMPLE, shm_free_bytes=GIB)
    looks = {look for line in host_side(tight, None, 54) for _, look in line}
    assert "attention" in looks


def test_what_the_host_does_not_tell_is_a_dash() -> None:
    bare = replace(
        SAMPLE, cpu_pct=None, memory_used_bytes=None, swap_used_bytes=None, disk_free_bytes=None,
        load_1min=None, shm_free_bytes=None, disk_read_bytes_per_s=None,
    )  # fmt: skip
    rows = [plain(line) for line in host_side(bare, None, 54)]
    assert sum("–" in row for row in rows) == 7
    assert plain(host_side(None, None, 54)[0]) == "not read yet"


def test_small_rates_do_not_jump_between_units() -> None:
    assert [bytes_per_s(rate) for rate in (0.0, 4e5, 9.4e6, 9.6e6, 2.5e9, None)] == [
        "0.0 MB/s", "0.4 MB/s", "9.4 MB/s", "10 MB/s", "2.5 GB/s", "–",
    ]  # fmt: skip
