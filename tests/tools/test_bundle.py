from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from cockpit.errors import ToolError
from cockpit.tools.bundle import find_or_pack


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "site-packages" / "diagnostics"
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text("")
    (folder / "__main__.py").write_text("def main(): print('packed')\n")
    (folder.parent / "torch.py").write_text("a neighbour that must not be packed")
    return folder


def run(bundle: Path) -> str:
    argv = [sys.executable, "-I", str(bundle)]
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout


def test_it_is_packed_once_and_runs(source: Path, tmp_path: Path) -> None:
    bundle = find_or_pack(source, tmp_path / "cache")
    before = bundle.stat().st_mtime_ns
    assert find_or_pack(source, tmp_path / "cache") == bundle
    assert bundle.stat().st_mtime_ns == before
    assert run(bundle) == "packed\n"
    assert os.listdir(bundle.parent) == [bundle.name]  # noqa: PTH208


def test_a_changed_source_gets_a_file_of_its_own(source: Path, tmp_path: Path) -> None:
    first = find_or_pack(source, tmp_path)
    (source / "__main__.py").write_text("def main(): print('changed')\n")
    second = find_or_pack(source, tmp_path)
    assert first != second
    assert (run(first), run(second)) == ("packed\n", "changed\n")


def test_a_file_cut_by_a_power_failure_is_packed_again(source: Path, tmp_path: Path) -> None:
    bundle = find_or_pack(source, tmp_path)
    bundle.write_bytes(b"")
    assert run(find_or_pack(source, tmp_path)) == "packed\n"


def test_many_at_once_get_the_same_whole_file(source: Path, tmp_path: Path) -> None:
    found: list[Path] = []
    start = threading.Barrier(8)

    def pack() -> None:
        start.wait()
        found.append(find_or_pack(source, tmp_path / "cache"))

    threads = [threading.Thread(target=pack) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1
    assert run(found[0]) == "packed\n"


def test_a_cache_that_cannot_be_written_is_said(source: Path, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where the folder should be")
    with pytest.raises(ToolError, match="cannot write"):
        find_or_pack(source, tmp_path / "cache")


def test_a_missing_source_is_said(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match="are not in"):
        find_or_pack(tmp_path / "nothing", tmp_path)


def test_old_bundles_are_deleted_and_the_newest_stay(tmp_path: Path) -> None:
    source, cache = tmp_path / "diagnostics", tmp_path / "cache"
    source.mkdir()
    cache.mkdir()
    (source / "__init__.py").write_text("")
    for age in range(5):
        file = cache / f"diagnostics-{age}.pyz"
        file.write_text("")
        os.utime(file, (1000 - age, 1000 - age))
    kept = find_or_pack(source, cache)
    names = {"diagnostics-0.pyz", "diagnostics-1.pyz", "diagnostics-2.pyz", kept.name}
    assert {file.name for file in cache.iterdir()} == names
