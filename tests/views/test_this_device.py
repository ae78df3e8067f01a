from __future__ import annotations

from pathlib import Path

from cockpit.devices.host import HostReader
from cockpit.views.this_device import memory_bytes


def test_the_memory_of_this_machine_is_told(tmp_path: Path) -> None:
    whole = memory_bytes(tmp_path / "none")
    assert whole == HostReader(tmp_path).read().memory_total_bytes


def test_a_container_has_what_it_is_allowed(tmp_path: Path) -> None:
    limit = tmp_path / "memory.max"
    limit.write_text("1073741824\n")
    assert memory_bytes(limit) == 1 << 30
    limit.write_text("max\n")
    assert memory_bytes(limit) == memory_bytes(tmp_path / "none")
