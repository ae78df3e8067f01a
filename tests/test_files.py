from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from cockpit.files import LineTail, append_line, read_end, read_json, stamp, write_json


def test_half_a_line_waits_for_its_end(tmp_path: Path) -> None:
    path = tmp_path / "log"
    tail = LineTail(path)
    assert tail.read().lines == ()
    path.write_bytes("epoch 1\nep配".encode())
    assert tail.read().lines == ("epoch 1",)
    with path.open("ab") as file:
        file.write("电\n\nx\r\n".encode())
    assert tail.read().lines == ("ep配电", "", "x\r")
    assert not tail.read().lines


@pytest.mark.parametrize("cut", range(0, 24, 3))
def test_any_cut_gives_the_same_lines(tmp_path: Path, cut: int) -> None:
    text = "a,b\n1,2\n配,电\nlast\n".encode()
    path = tmp_path / "log"
    path.write_bytes(text[:cut])
    tail = LineTail(path)
    lines = tail.read().lines
    with path.open("ab") as file:
        file.write(text[cut:])
    assert [*lines, *tail.read().lines] == ["a,b", "1,2", "配,电", "last"]


def test_a_cut_and_a_replaced_file_start_over(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text("one\ntwo\n")
    tail = LineTail(path)
    assert not tail.read().restarted
    path.write_text("new\n")
    found = tail.read()
    assert (found.lines, found.restarted) == (("new",), True)
    other = tmp_path / "other"
    other.write_text("another and longer\n")
    other.replace(path)
    found = tail.read()
    assert (found.lines, found.restarted) == (("another and longer",), True)


@pytest.mark.parametrize(
    "other",
    [
        b"9,9\n2,2\n3,3\n",  # the first line, all of the same size
        b"1,1\n2,2\n9,9\n4,4\n",  # the last that was read
        b"".join(b"%d,0\n" % number for number in range(500)),
    ],
)
def test_a_file_written_over_in_place_starts_over(tmp_path: Path, other: bytes) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"1,1\n2,2\n3,3\n")
    tail = LineTail(path)
    tail.read()
    inode, mtime_ns = path.stat().st_ino, path.stat().st_mtime_ns
    with path.open("r+b") as file:
        file.write(other)
    os.utime(path, ns=(mtime_ns + 10**7, mtime_ns + 10**7))
    assert path.stat().st_ino == inode
    found = tail.read()
    assert found.restarted
    assert found.lines == tuple(other.decode().splitlines())
    assert not tail.read().restarted


def test_lines_that_are_added_or_a_touch_do_not_start_over(tmp_path: Path) -> None:
    path = tmp_path / "log"
    tail = LineTail(path)
    for number in range(300):
        with path.open("a") as file:
            file.write(f"line {number}\nhalf a")
        os.utime(path, ns=(number, number))
        found = tail.read()
        assert (found.restarted, len(found.lines)) == (False, 1)


def test_a_file_whose_middle_was_left_out_is_known_by_its_ends(tmp_path: Path) -> None:
    path = tmp_path / "log"
    lines = [f"line {number:06}\n" for number in range(1000)]
    path.write_text("".join(lines))
    tail = LineTail(path)
    tail.read(limit=120)
    tail.leave_out(5000)
    tail.read()
    os.utime(path, ns=(1, 1))
    assert not tail.read().restarted
    lines[-1] = lines[-1].upper()
    path.write_text("".join(lines))
    os.utime(path, ns=(2, 2))
    assert tail.read(limit=1 << 16).restarted


def test_a_budget_is_kept_and_nothing_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text("".join(f"line {number}\n" for number in range(100)))
    tail = LineTail(path)
    lines: list[str] = []
    while True:
        found = tail.read(limit=64)
        lines += found.lines
        if not found.has_more:
            break
    assert lines == [f"line {number}" for number in range(100)]


def test_a_tail_can_leave_some_out(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text("one\ntwo\nthree\nfour\n")
    tail = LineTail(path)
    assert tail.read(limit=5).lines == ("one",)
    tail.leave_out(6)
    assert tail.read().lines == ("ree", "four")
    path.write_text("new\n")
    assert tail.read().lines == ("new",)


def test_json_is_replaced_in_one_step(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    assert read_json(path) is None
    write_json(path, {"a": "配电"})
    assert read_json(path) == {"a": "配电"}
    path.write_text('{"a": ')
    assert read_json(path) is None
    assert [file.name for file in tmp_path.iterdir()] == ["state.json"]
    append_line(tmp_path / "events", {"b": 1})
    append_line(tmp_path / "events", {"b": 2})
    assert (tmp_path / "events").read_text() == '{"b":1}\n{"b":2}\n'


def test_a_pipe_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    assert LineTail(path).read().lines == ()
    with pytest.raises(OSError, match="not a regular file"):
        read_end(path, 100)


def test_the_end_of_a_file_is_read_alone(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text("begin and end")
    assert read_end(path, 3) == (13, "end")
    assert read_end(path, 99) == (13, "begin and end")


@pytest.mark.parametrize("text", ["[" * 200_000, "3", "null", '{"a": }'])
def test_garbage_is_no_object(tmp_path: Path, text: str) -> None:
    path = tmp_path / "state.json"
    path.write_text(text)
    assert read_json(path) is None


def test_a_path_that_is_not_utf_8_comes_back_as_it_was(tmp_path: Path) -> None:
    told = {"path": "/nonutf\udcff\udcfe", "name": "größer 🚀"}
    write_json(tmp_path / "x.json", told)
    assert read_json(tmp_path / "x.json") == told
    append_line(tmp_path / "x.jsonl", told)
    assert json.loads((tmp_path / "x.jsonl").read_text(encoding="utf-8")) == told


def test_a_path_that_cannot_be_is_a_file_that_is_not_there(tmp_path: Path) -> None:
    for name in ("a\0b", "x" * 10_000):
        assert stamp(tmp_path / name) is None
        assert read_json(tmp_path / name) is None
        assert LineTail(tmp_path / name).read().lines == ()
        with pytest.raises(OSError):
            read_end(tmp_path / name, 10)
