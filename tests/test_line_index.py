from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from cockpit import line_index
from cockpit.line_index import BLOCK_BYTES, WIDEST_BYTES, LineIndex


def grown(path: Path) -> LineIndex:
    index = LineIndex(path)
    while index.grow():
        pass
    return index


def test_any_page_of_a_growing_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text("".join(f"line {number}\n" for number in range(1000)) + "unfinished")
    index = LineIndex(path)
    while index.grow(budget_bytes=100):
        pass
    assert len(index) == 1001
    assert index.read(998, 5) == ["line 998", "line 999", "unfinished"]
    with path.open("a") as file:
        file.write(" and done\nmore")
    index.grow()
    assert index.read(1000, 5) == ["unfinished and done", "more"]


@pytest.mark.parametrize("text", ["cut\n", "x" * 7000 + "\nas long and longer\n" + "y" * 9000])
def test_a_file_that_was_cut_or_rewritten_is_noticed(tmp_path: Path, text: str) -> None:
    path = tmp_path / "log"
    path.write_text("".join(f"line {number}\n" for number in range(1000)))
    index = grown(path)
    path.write_text(text)
    assert index.grow()
    assert index.is_stale


def test_a_file_that_was_replaced_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text("one\n")
    index = grown(path)
    path.rename(tmp_path / "log.1")
    path.write_text("one\ntwo\n")
    assert index.grow()
    assert index.is_stale


def test_of_an_endless_line_the_end_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"first\n" + b"x" * (5 * BLOCK_BYTES) + b"newest frame\nlast")
    index = grown(path)
    lines = index.read(0, 9)
    assert (len(index), lines[0], lines[2]) == (3, "first", "last")
    assert lines[1].endswith("xnewest frame")
    assert len(lines[1]) == WIDEST_BYTES
    assert LineIndex.of_end(path, 100).read(0, 9) == ["last"]


def test_lines_and_bytes_name_each_other_wherever_blocks_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line_index, "BLOCK_BYTES", 64)
    chance, path = random.Random(1), tmp_path / "log"
    for _ in range(50):
        sizes = [chance.choice([0, 1, 5, 63, 64, 65, 200]) for _ in range(chance.randrange(12))]
        lines = ["ab\r"[at % 3] * size for at, size in enumerate(sizes)]
        path.write_text("".join(f"{line}\n" for line in lines), newline="")
        index = LineIndex(path)
        while index.grow(chance.randrange(1, 300)):
            pass
        assert index.read(0, 99) == lines
        offset = 0
        for number, line in enumerate(lines):
            block = index.read_block(index.block_of(number))
            assert index.number_at(offset) == number
            offset += len(line) + 1
            assert block.end(number - block.first) == offset - 1


def test_the_end_of_a_file_is_indexed_alone(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text("".join(f"line {number}\n" for number in range(1000)))
    end = LineIndex.of_end(path, 50)
    assert end.is_complete
    assert end.read(0, 99)[-1] == "line 999"
    assert all(line.startswith("line ") for line in end.read(0, 99))
    assert LineIndex.of_end(path).read(0, 1) == ["line 0"]


def test_neither_a_pipe_nor_a_missing_file_is_indexed(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for name in ("pipe", "none"):
        index = LineIndex.of_end(tmp_path / name)
        assert not index.grow()
        assert (len(index), index.read(0, 9), index.block_count) == (0, [], 0)
