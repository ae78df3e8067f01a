from __future__ import annotations

import os
from pathlib import Path

import pytest

from cockpit.devices.host import HostReader, nearest_existing, space

MEMINFO = """MemTotal:       1000 kB
MemFree:         100 kB
MemAvailable:    400 kB
SwapTotal:       200 kB
SwapFree:         50 kB
"""


class FakeHost:
    """A /proc and a /sys of our own."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "proc/net").mkdir(parents=True)
        for card in ("block/sda", "block/nvme0n1", "class/net/eth0"):
            (root / "sys" / card / "device").mkdir(parents=True)
        for entry in ("block/dm-0", "class/net/docker0"):
            (root / "sys" / entry).mkdir(parents=True)
        self.write("meminfo", MEMINFO)
        self.write("stat", "cpu 10 0 10 70 10 0 0 0 0 0\n")
        self.disks(sda=(0, 0))
        self.network(eth0=(0, 0))

    def write(self, name: str, text: str) -> None:
        (self.root / "proc" / name).write_text(text)

    def disks(self, **sectors: tuple[int, int]) -> None:
        lines = (
            f"   8 0 {name.replace('_', '-')} 1 1 {read} 1 1 1 {written} 1 0 1 1\n"
            for name, (read, written) in sectors.items()
        )
        self.write("diskstats", "".join(lines))

    def network(self, **sizes: tuple[int, int]) -> None:
        rows = "".join(
            f"  {name}: {rx} 0 0 0 0 0 0 0 {tx} 0 0\n" for name, (rx, tx) in sizes.items()
        )
        self.write("net/dev", f"Inter-|\n face |\n{rows}")

    def reader(self) -> HostReader:
        return HostReader(self.root, self.root)


@pytest.fixture
def host(tmp_path: Path) -> FakeHost:
    return FakeHost(tmp_path)


def test_this_host_is_read(tmp_path: Path) -> None:
    host = HostReader(tmp_path / "not" / "there")
    first, second = host.read(), host.read()
    assert (first.cpu_pct, first.disk_read_bytes_per_s, first.network_rx_bytes_per_s) == (
        None,
        None,
        None,
    )
    assert second.cpu_count == os.cpu_count()
    assert second.memory_used_bytes is not None and second.memory_total_bytes is not None
    assert 0 < second.memory_used_bytes < second.memory_total_bytes
    assert second.swap_total_bytes is not None and second.swap_used_bytes is not None
    assert second.disk_free_bytes is not None and second.disk_total_bytes is not None
    assert 0 < second.disk_free_bytes < second.disk_total_bytes
    assert second.time >= first.time


def test_memory_that_could_be_freed_is_not_used(host: FakeHost) -> None:
    sample = host.reader().read()
    assert (sample.memory_used_bytes, sample.memory_total_bytes) == (600 * 1024, 1000 * 1024)
    assert (sample.swap_used_bytes, sample.swap_total_bytes) == (150 * 1024, 200 * 1024)


def test_waiting_for_a_disk_is_not_busy(host: FakeHost) -> None:
    reader = host.reader()
    reader.read()
    host.write("stat", "cpu 35 0 10 100 55 0 0 0 999 0\n")
    assert reader.read().cpu_pct == 25.0


def test_a_disk_counts_once_and_a_network_card_too(host: FakeHost) -> None:
    host.network(lo=(0, 0), eth0=(0, 0), docker0=(0, 0))
    host.disks(sda=(0, 0), sda1=(0, 0), nvme0n1=(0, 0), dm_0=(0, 0))
    reader = host.reader()
    reader.read()
    host.network(lo=(10**9, 10**9), eth0=(3_000, 1_000), docker0=(3_000, 1_000))
    host.disks(sda=(100, 50), sda1=(100, 50), nvme0n1=(100, 0), dm_0=(200, 50))
    sample = reader.read()
    received, sent = sample.network_rx_bytes_per_s, sample.network_tx_bytes_per_s
    read, written = sample.disk_read_bytes_per_s, sample.disk_write_bytes_per_s
    assert received and sent and read and written
    assert received / sent == pytest.approx(3, rel=0.01)
    assert read / written == pytest.approx(4, rel=0.01)
    assert read / received == pytest.approx(200 * 512 / 3_000, rel=0.01)


def test_a_container_without_cards_counts_all_but_loopback(host: FakeHost) -> None:
    host.network(lo=(0, 0), veth7=(0, 0))
    reader = host.reader()
    reader.read()
    host.network(lo=(500, 500), veth7=(100, 0))
    sample = reader.read()
    assert (sample.network_rx_bytes_per_s or 0) > 0
    assert sample.network_tx_bytes_per_s == 0


def test_a_counter_that_starts_over_and_a_disk_that_comes_make_no_rate(host: FakeHost) -> None:
    host.disks(sda=(1000, 1000))
    reader = host.reader()
    reader.read()
    host.disks(sda=(10, 10), nvme0n1=(10**9, 10**9))
    sample = reader.read()
    assert (sample.disk_read_bytes_per_s, sample.disk_write_bytes_per_s) == (0, 0)


@pytest.mark.parametrize("text", ["", "nonsense\n", "cpu\n\n\n"])
def test_what_cannot_be_read_is_none_and_the_rest_is_there(host: FakeHost, text: str) -> None:
    for name in ("meminfo", "stat", "diskstats", "net/dev"):
        host.write(name, text)
    reader = host.reader()
    reader.read()
    sample = reader.read()
    assert sample.cpu_pct is None
    assert sample.memory_total_bytes is None and sample.swap_used_bytes is None
    assert sample.disk_read_bytes_per_s is None and sample.network_tx_bytes_per_s is None
    assert sample.disk_total_bytes is not None


def test_the_nearest_existing_parent_counts(tmp_path: Path) -> None:
    assert nearest_existing(tmp_path / "a" / "b") == tmp_path
    assert nearest_existing(Path("/no/such/folder")) == Path("/")


def test_what_is_not_there_has_no_space(tmp_path: Path) -> None:
    assert space(tmp_path / "no") == (None, None)
