from __future__ import annotations

import os
from pathlib import Path

from cockpit.devices.host import HostReader, free_bytes, nearest_existing


def test_the_host_is_read(tmp_path: Path) -> None:
    host = HostReader(tmp_path / "not" / "there")
    first, second = host.read(), host.read()
    assert first.cpu_pct is None
    assert second.cpu_pct is not None and 0 <= second.cpu_pct <= 100
    assert second.cpu_count == os.cpu_count()
    assert second.memory_used_bytes is not None and second.memory_total_bytes is not None
    assert 0 < second.memory_used_bytes < second.memory_total_bytes
    assert second.disk_free_bytes is not None
    assert second.time >= first.time


def test_the_nearest_existing_parent_counts(tmp_path: Path) -> None:
    assert nearest_existing(tmp_path / "a" / "b") == tmp_path
    assert nearest_existing(Path("/no/such/folder")) == Path("/")


def test_what_is_not_there_has_no_free_space(tmp_path: Path) -> None:
    assert free_bytes(tmp_path / "no") is None
