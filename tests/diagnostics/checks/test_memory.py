from __future__ import annotations

from pathlib import Path

import pytest

from diagnostics.checks import memory
from diagnostics.checks.memory import Memory, Processors
from diagnostics.emit import NOTE, OK, WARNING
from diagnostics.verdicts import GIB

MEMINFO = "MemTotal: 134217728 kB\nMemAvailable: 8388608 kB\nSwapTotal: 0 kB\nSwapFree: 0 kB\n"


def machine(folder: Path, cgroup: str, **limits: str) -> tuple[Path, Path]:
    """Lay out /proc and /sys/fs/cgroup; names of limits have `__` for a slash."""
    proc, cgroups = folder / "proc", folder / "cgroup"
    (proc / "self").mkdir(parents=True)
    (proc / "self" / "cgroup").write_text(cgroup)
    (proc / "meminfo").write_text(MEMINFO)
    for name, text in limits.items():
        file = cgroups / name.replace("__", "/").replace("_DOT_", ".")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return proc, cgroups


def test_a_container_sees_128_gib_and_may_use_16(tmp_path: Path) -> None:
    limits = {"job__memory_DOT_max": "max\n", "memory_DOT_max": str(16 * GIB)}
    found = memory.read_memory(*machine(tmp_path, "0::/job\n", **limits))
    assert (found.total_bytes, found.limit_bytes, found.usable_bytes) == (
        128 * GIB,
        16 * GIB,
        16 * GIB,
    )
    (finding,) = memory.judge_limit(found)
    assert finding.level == WARNING
    assert "may use 16.0 GiB of the 128.0 GiB that programs see" in finding.what


def test_the_nearest_limit_counts(tmp_path: Path) -> None:
    limits = {"a__b__memory_DOT_max": str(8 * GIB), "a__memory_DOT_max": str(4 * GIB)}
    found = memory.read_memory(*machine(tmp_path, "0::/a/b\n", **limits))
    assert found.limit_bytes == 4 * GIB


def test_old_control_groups_are_read_and_their_huge_number_is_no_limit(tmp_path: Path) -> None:
    limits = {
        "memory__memory_DOT_limit_in_bytes": "9223372036854771712",
        "cpu__job__cpu_DOT_cfs_quota_us": "150000",
        "cpu__job__cpu_DOT_cfs_period_us": "100000",
        "cpu__cpu_DOT_cfs_quota_us": "-1",
        "cpu__cpu_DOT_cfs_period_us": "100000",
    }
    places = machine(tmp_path, "4:memory:/job\n1:cpu,cpuacct:/job\n", **limits)
    (places[1] / "cpu,cpuacct").mkdir()
    (places[0] / "self" / "cgroup").write_text("4:memory:/job\n1:cpu:/job\n")
    assert memory.read_memory(*places).limit_bytes is None
    assert memory.read_processors(*places).quota == 1.5


def test_a_proc_that_cannot_be_read_is_no_reading(tmp_path: Path) -> None:
    found = memory.read_memory(tmp_path / "none", tmp_path)
    assert found == Memory()
    assert memory.judge_memory(found).level == NOTE
    assert memory.judge_limit(found) == memory.judge_swap(found) == []


@pytest.mark.parametrize(
    ("available", "level"), [(64 * GIB, OK), (3 * GIB, OK), (GIB, WARNING), (None, OK)]
)
def test_memory_that_is_used_up_is_warned_of(available: int | None, level: str) -> None:
    assert memory.judge_memory(Memory(128 * GIB, available)).level == level


@pytest.mark.parametrize(
    ("total", "free", "level"), [(0, 0, NOTE), (8 * GIB, 8 * GIB, OK), (8 * GIB, 2 * GIB, WARNING)]
)
def test_a_machine_that_lives_from_swap_is_warned_of(total: int, free: int, level: str) -> None:
    (finding,) = memory.judge_swap(Memory(swap_total_bytes=total, swap_free_bytes=free))
    assert finding.level == level


@pytest.mark.parametrize(
    ("processors", "level", "word"),
    [
        (Processors(64, 64), OK, "64 CPU threads"),
        (Processors(64, 8), NOTE, "8 of 64"),
        (Processors(64, 64, 4.0), WARNING, "4 of 64"),
        (Processors(64, 8, 16.0), NOTE, "8 of 64"),
        (Processors(None), NOTE, "cannot be read"),
    ],
)
def test_processors_that_may_not_be_used(processors: Processors, level: str, word: str) -> None:
    finding = memory.judge_processors(processors)
    assert (finding.level, word in finding.what) == (level, True)
