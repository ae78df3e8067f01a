from __future__ import annotations

import random
from pathlib import Path

import pytest

from cockpit.analysis.log_levels import Level
from cockpit.line_index import BLOCK_BYTES, LineIndex
from cockpit.metrics.log_lines import clean
from cockpit.views.log_filter import LogFilter, needle_of, parse_wanted
from cockpit.views.log_pages import LogPages

ALL = LogFilter()


def pages_of(path: Path, shown: LogFilter = ALL) -> LogPages:
    pages = LogPages(LineIndex(path), shown)
    grow(pages)
    return pages


def grow(pages: LogPages) -> None:
    while pages.index.grow():
        pass
    while pages.grow(1):
        pass
    assert pages.is_complete


def texts(pages: LogPages) -> list[str]:
    return [clean(line.raw) for line in pages.read(0, len(pages))]


def write(path: Path, lines: list[str]) -> None:
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8", newline="")


@pytest.mark.parametrize(
    ("text", "line", "is_held"),
    [
        ("LOSS", "train loss 0.1", True),
        (r"loss 0\.\d", "train loss 0.1", True),
        (r"^loss", "[rank1]: loss 0.1", True),
        (r"^loss", "frame\rloss 0.1", True),
        (r"^frame", "frame\rloss 0.1", False),
        (r"0\.1$", "loss 0.1   ", True),
        (r"0\.1$", "loss 0.1\r", True),
        ("loss", "\x1b[1mlo\x1b[0mss", True),
        ("loss 1", "loss\t1", False),
        ("loss    1", "loss\t1", True),
        ("loss", "lo\x00ss", True),
        ("loss", "lo\u200bss", True),
        ("损失", "训练损失 0.1", True),
        ("loss(", "a loss(x)", True),
        (r"(?=.*x)loss", "loss x", True),
        ("default1", "[default1]:loss", False),
    ],
)
def test_a_line_is_found_as_it_is_shown(
    tmp_path: Path, text: str, line: str, is_held: bool
) -> None:
    path = tmp_path / "log"
    write(path, ["first", line, "last"])
    found = texts(pages_of(path, ALL.holding(parse_wanted(text))))
    assert found == ([clean(line)] if is_held else [])


def test_an_expression_does_not_reach_into_the_next_line(tmp_path: Path) -> None:
    path = tmp_path / "log"
    write(path, ["loss", "1", "loss 1"])
    assert texts(pages_of(path, ALL.holding(parse_wanted(r"loss\s+1")))) == ["loss 1"]


def test_what_is_no_expression_is_searched_as_text() -> None:
    assert parse_wanted("loss(").is_broken
    assert parse_wanted("loss").expression is None
    assert not parse_wanted("loss").is_broken
    assert parse_wanted("l.ss").expression is not None


@pytest.mark.parametrize(
    ("text", "needle"),
    [
        (r"loss 0\.9999\d+ lr", "loss 0.9999"), ("ab?c", "a"), ("ab*cde", "cde"),
        ("a{0,3}bc", "bc"), ("a{bc", "bc"), ("a|b", ""), ("(ab)?c", ""), (r"[abc]x", "x"),
        (r"[]abc]yz", "yz"), (r"^Epoch \d", "epoch "), (r"\bx\b", "x"), ("a+b", "b"),
        (r"\x41bc", ""), ("损失.", ""),
    ],
)  # fmt: skip
def test_an_expression_names_what_it_cannot_do_without(text: str, needle: str) -> None:
    assert needle_of(text) == needle


def test_whatever_is_written_piece_by_piece_is_filtered_as_at_once(tmp_path: Path) -> None:
    chance, path = random.Random(3), tmp_path / "log"
    words = ["epoch 1", "ERROR no lamp", " 10%|# | 1/9", " 20%|# | 2/9", "x" * 900, "[rank1]: y"]
    data = "".join(chance.choice(words) + "\n" for _ in range(3000)).encode()
    path.write_bytes(b"")
    grown = [LogPages(LineIndex(path), one) for one in filters()]
    at = 0
    while at < len(data):
        step = chance.randrange(1, 2 * BLOCK_BYTES)
        with path.open("ab") as file:
            file.write(data[at : at + step])
        at += step
        for pages in grown:
            grow(pages)
    for pages, shown in zip(grown, filters(), strict=True):
        once = pages_of(path, shown)
        assert texts(pages) == texts(once)
        assert 0 < len(once) < 3000 or shown == LogFilter(joins_bars=False)


def filters() -> list[LogFilter]:
    return [
        LogFilter(joins_bars=False),
        ALL,
        LogFilter(level=Level.ERROR),
        LogFilter(rank=1),
        ALL.holding(parse_wanted("ep[o]ch")),
        LogFilter(only_beginnings=True),
    ]


def test_rows_and_numbers_name_each_other(tmp_path: Path) -> None:
    path = tmp_path / "log"
    write(path, [f"line {number}" for number in range(20_000)])
    pages = pages_of(path, ALL.holding(parse_wanted("7")))
    for row in (0, 1, 500, len(pages) - 1):
        (line,) = pages.read(row, 1)
        assert "7" in line.raw
        assert line.raw == f"line {line.number}"
        assert pages.row_of(line.number) == row
    assert pages.row_of(0) == 0
    assert pages.read(pages.row_of(18), 1)[0].number == 27


def test_the_nearest_line_is_found_both_ways_and_around_the_end(tmp_path: Path) -> None:
    path = tmp_path / "log"
    write(path, [f"hit {n}" if n in {9, 9000} else f"miss {n}" for n in range(20_000)])
    pages = pages_of(path)
    hits = LogPages(pages.index, ALL.holding(parse_wanted("hit")))

    def nearest(number: int, *, forward: bool) -> int | None:
        return next((one.number for one in hits.nearest(number, forward=forward) if one), None)

    assert nearest(10, forward=True) == 9000
    assert nearest(9001, forward=True) == 9
    assert nearest(8999, forward=False) == 9
    assert nearest(8, forward=False) == 9000
    assert nearest(9, forward=True) == nearest(9, forward=False) == 9
    nothing = LogPages(pages.index, ALL.holding(parse_wanted("nothing")))
    assert list(filter(None, nothing.nearest(5, forward=True))) == []


def test_a_line_tells_where_it_ends(tmp_path: Path) -> None:
    path = tmp_path / "log"
    write(path, ["one", "", "three", "four"])
    assert [line.end for line in pages_of(path).read(1, 9)] == [4, 10, 15]


@pytest.mark.parametrize("size", [20_000, 100_000, 3 << 20])
@pytest.mark.parametrize("text", ["RuntimeError", "needle", "need[l]e", "its end"])
def test_all_of_a_long_line_is_searched(tmp_path: Path, size: int, text: str) -> None:
    long = "RuntimeError: " + "x" * size + " needle " + "x" * size + " its end"
    write(tmp_path / "log", ["first", long, "last"])
    wanted = LogFilter(wanted=(parse_wanted(text),))
    shown = texts(pages_of(tmp_path / "log", wanted))
    assert [line[:13] for line in shown] == ["RuntimeError:"]


def test_a_long_error_is_one(tmp_path: Path) -> None:
    write(tmp_path / "log", ["first", "RuntimeError: Missing key(s) " + "x" * 40_000, "last"])
    shown = texts(pages_of(tmp_path / "log", LogFilter(level=Level.ERROR)))
    assert [line[:13] for line in shown] == ["RuntimeError:"]


def test_pages_may_begin_in_the_middle_and_teach_those_that_begin_before(tmp_path: Path) -> None:
    write(tmp_path / "log", [f"line {n} {'error: x' * (n % 7 == 0)}" for n in range(40_000)])
    shown = LogFilter(level=Level.ERROR)
    whole = pages_of(tmp_path / "log", shown)
    number = 7 * 3000
    part = LogPages(whole.index, shown, whole.index.block_of(number))
    grow(part)
    assert part.read(part.row_of(number), 9) == whole.read(whole.row_of(number), 9)
    assert part.read(len(part) - 3, 9) == whole.read(len(whole) - 3, 9)
    taught = LogPages(whole.index, shown)
    taught.learn(part)
    grow(taught)
    assert len(taught) == len(whole)
    assert taught.progress == 1.0
