"""What is shortened must paint the same as what was not: both are played to a terminal."""

from __future__ import annotations

import fcntl
import os
import pty
import random
import select
import signal
import struct
import sys
import termios
import time
from pathlib import Path

import pyte
import pytest
from rich.cells import cell_len

from cockpit.tui.paper import Paper
from cockpit.tui.pen import PLAIN, Look, change, parse_look

SIZE = (24, 6)
COLOURS = ("38;2;1;2;3", "38;5;74", "31", "97", "")
GROUNDS = ("48;2;9;9;9", "48;5;233", "44", "")
ATTRIBUTES = ("", "1", "4", "1;7")
TEXTS = ("a", "bc", "  ", "━━╸─", "▁▂▆", "x y", "   end", "─" * 9, "日本", "é日 z", "e\u0301語")


def paint(chance: random.Random) -> str:
    """Return one update as Textual writes them: spans, a full style for each piece, a way home."""
    out = []
    for _ in range(chance.randint(1, 6)):
        row, column = chance.randrange(SIZE[1]), 8 * chance.randrange(SIZE[0] // 8)
        out.append(f"\x1b[{row + 1};{column + 1}H")
        end = column + 8
        while column < end:
            text = chance.choice(TEXTS)
            text = text if column + cell_len(text) <= end else " " * (end - column)
            column += cell_len(text)
            words = map(chance.choice, (ATTRIBUTES, COLOURS, GROUNDS))
            codes = ";".join(word for word in words if word)
            out.append(f"\x1b[{codes}m{text}\x1b[0m" if codes else text)
        if chance.random() < 0.5 and row < SIZE[1] - 1:
            out.append(f"\x1b[{row + 1};{end}H\n")
    return "".join((*out, "\x1b[1;1H"))


def glass() -> tuple[pyte.Screen, pyte.Stream]:
    screen = pyte.Screen(*SIZE)
    return screen, pyte.Stream(screen)


def shown(screen: pyte.Screen) -> list[list[tuple[object, ...]]]:
    """Return every cell; of a blank only what can be seen of it."""
    rows = []
    for row in range(SIZE[1]):
        cells = [screen.buffer[row][column] for column in range(SIZE[0])]
        rows.append([_seen(cell) for cell in cells])
    return rows


def _seen(cell: pyte.screens.Char) -> tuple[object, ...]:
    if cell.data == " " and not (cell.reverse or cell.underscore):
        return (" ", cell.bg)
    return tuple(cell)


@pytest.mark.parametrize("seed", range(100))
def test_what_is_sent_paints_the_same(seed: int) -> None:
    chance, paper = random.Random(seed), Paper()
    whole, whole_stream = glass()
    short, short_stream = glass()
    for _ in range(12):
        data = paint(chance)
        whole_stream.feed(data)
        short_stream.feed(paper.shorten(data, SIZE))
        assert shown(short) == shown(whole)
        assert (short.cursor.y, short.cursor.x) == (whole.cursor.y, whole.cursor.x)


def test_what_stands_there_already_is_not_sent_again() -> None:
    paper = Paper()
    row = "\x1b[1;1H\x1b[38;5;251;48;5;233m 93%\x1b[0m\x1b[38;5;246;48;5;233m 198W\x1b[0m\x1b[1;1H"
    assert "93%" in paper.shorten(row, SIZE)
    assert paper.shorten(row, SIZE) == ""
    changed = paper.shorten(row.replace("198", "197"), SIZE)
    assert changed == "\x1b[1;8H\x1b[0;38;5;246;48;5;233m7\x1b[0m\x1b[1;1H"


def test_a_style_is_told_once_for_all_that_looks_alike() -> None:
    paper = Paper()
    cells = "".join(f"\x1b[{row};3H\x1b[38;5;251;48;5;233m{row}x\x1b[0m" for row in (1, 2, 3))
    assert paper.shorten(cells, SIZE).count("38;5;251") == 1


def test_after_another_size_everything_is_sent_again() -> None:
    paper = Paper()
    row = "\x1b[1;1Habc\x1b[1;1H"
    paper.shorten(row, SIZE)
    assert "abc" in paper.shorten(row, (30, 6))


@pytest.mark.parametrize(
    "stranger",
    ["\x1b[?1049h", "\x1b[2J", "\x1b[5;1Habc\x1b[K", "\x1b[1;20Htoo long a text\x1b[1;1H", "abc"],
    ids=["another screen", "erased", "erased to the end", "beyond the edge", "nobody knows where"],
)
def test_what_is_not_understood_is_sent_as_it_is_and_everything_after_it_anew(
    stranger: str,
) -> None:
    paper = Paper()
    row = "\x1b[2;1H93%\x1b[1;1H"
    paper.shorten(row + "\x1b[6;24H\n", SIZE)
    assert paper.shorten(stranger, SIZE) == stranger
    assert "93%" in paper.shorten(row, SIZE)


@pytest.mark.parametrize(
    "code",
    ["\x1b[?25l", "\x1b[?2026h", "\x07", "\x07\x1b]9;cockpit: done\x07", "\x1b]0;title\x1b\\"],
)
def test_modes_titles_and_notices_pass_and_nothing_is_forgotten(code: str) -> None:
    paper = Paper()
    row = "\x1b[2;1H93%\x1b[1;1H"
    paper.shorten(row, SIZE)
    assert paper.shorten(code, SIZE) == code
    assert paper.shorten(row, SIZE) == ""


def test_a_look_is_read_and_changed_with_as_few_codes_as_it_takes() -> None:
    look = parse_look("1;38;2;1;2;3;48;5;233")
    assert look == Look(frozenset({"1"}), "38;2;1;2;3", "48;5;233")
    other = Look(frozenset({"1"}), "31", "48;5;233")
    assert change(look, other) == "\x1b[31m"
    assert change(look, PLAIN) == "\x1b[0m"
    assert change(None, PLAIN) == "\x1b[0m"
    assert change(look, look) == ""


PROGRAM = """
import sys
from textual.app import App
from textual.widgets import Static
from cockpit.tui.driver import ThriftyDriver

class Counting(App):
    def compose(self):
        yield Static("left of it stands a text that stays", id="text")
    def on_mount(self):
        self.count = 0
        self.set_interval(0.02, self.tick)
    def tick(self):
        self.count += 1
        self.query_one("#text").update(f"a text that stays as it is {self.count:04}")
        if self.count == 60:
            self.exit()

Counting(driver_class=ThriftyDriver).run()
"""


def test_a_textual_program_writes_a_changed_number_and_not_its_row(tmp_path: Path) -> None:
    file = tmp_path / "counting.py"
    file.write_text(PROGRAM)
    pid, terminal = pty.fork()
    if pid == 0:
        os.execve(sys.executable, [sys.executable, str(file)], {**os.environ, "TERM": "xterm"})
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    written = _read_all(terminal, pid)
    os.waitpid(pid, 0)
    assert written.count(b"stays") <= 3
    screen = pyte.Screen(80, 24)
    pyte.ByteStream(screen).feed(written.split(b"\x1b[?1049l")[0])
    assert "text that stays as it is 00" in screen.display[0]


def _read_all(terminal: int, pid: int) -> bytes:
    written, deadline = b"", time.monotonic() + 30
    while time.monotonic() < deadline:
        if not select.select([terminal], [], [], 0.1)[0]:
            continue
        try:
            written += os.read(terminal, 1 << 16)
        except OSError:
            return written
    os.kill(pid, signal.SIGKILL)
    raise AssertionError("it did not end")
