from __future__ import annotations

from pathlib import Path

import pytest

from diagnostics import host

# First lines as NVIDIA's closed and open kernel modules write them.
CLOSED = (
    "NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.183.01  Sun May 12 19:39:15 UTC 2024\n"
    "GCC version:  gcc version 12.3.0 (Ubuntu 12.3.0-1ubuntu1~22.04)\n"
)
OPEN = (
    "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  570.86.15  Release Build  (dvs)\n"
    "GCC version:  gcc version 13.3.0\n"
)


@pytest.mark.parametrize(
    ("text", "version"), [(CLOSED, "535.183.01"), (OPEN, "570.86.15"), ("", None), ("x\n", None)]
)
def test_the_driver_version_is_read_from_both_kernel_modules(
    text: str, version: str | None
) -> None:
    assert host.parse_driver_version(text) == version


def test_a_machine_without_the_driver_has_no_version(tmp_path: Path) -> None:
    assert host.read_driver_version(tmp_path / "version") is None


def test_the_disk_of_a_folder_that_is_not_there_yet(tmp_path: Path) -> None:
    found = host.read_free_bytes(tmp_path / "not" / "yet")
    assert found is not None
    free, total = found
    assert 0 <= free <= total


def test_the_limits_of_this_process() -> None:
    soft, hard = host.read_open_files()
    assert soft == -1 or soft > 0
    assert hard == -1 or hard >= soft
