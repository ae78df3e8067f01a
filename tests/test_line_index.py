from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from cockpit import line_index
from cockpit.line_index import BLOCK_BYTES, WHOLE_BYTES, WIDEST_BYTES, LineIndex
from cockpit.metrics.log_lines import clean, split_prefix


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


LONG_BYTES = (WIDEST_BYTES + 100, BLOCK_BYTES + 100, 5 * BLOCK_BYTES, 3 * WHOLE_BYTES)


@pytest.mark.parametrize("size", LONG_BYTES)
def test_of_a_long_line_the_start_and_the_end_are_shown(tmp_path: Path, size: int) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"first\nRuntimeError: " + "ö".encode() * (size // 2) + b" its end\nlast")
    index = grown(path)
    lines = index.read(0, 9)
    assert (len(index), lines[0], lines[2]) == (3, "first", "last")
    assert lines[1].startswith("RuntimeError: öö")
    assert "ö … ö" in lines[1]
    assert "\ufffd" not in lines[1]
    assert lines[1].endswith("ö its end")
    assert len(lines[1]) < WIDEST_BYTES


@pytest.mark.parametrize("size", LONG_BYTES)
def test_of_a_long_line_of_bars_the_newest_frame_is_shown_and_whose_it_is(
    tmp_path: Path, size: int
) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"[rank3]: 0%|\r" * (size // 13) + b" 99%|\nlast\n")
    assert clean(grown(path).read(0, 1)[0]) == " 99%|"
    assert split_prefix(grown(path).read(0, 1)[0])[0] == 3


@pytest.mark.parametrize("size", LONG_BYTES)
def test_a_block_tells_where_a_long_line_ends(tmp_path: Path, size: int) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"first\n" + b"x" * size + b"\nlast\n")
    index = grown(path)
    block = index.read_block(index.block_of(1))
    assert block.end(1 - block.first) == 6 + size
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
