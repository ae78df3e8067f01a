from __future__ import annotations

from rich.cells import cell_len

from cockpit.tui.ink import plain
from cockpit.tui.log_words import as_shown, in_colour, marked, wrapped
from cockpit.views.log_filter import parse_wanted

EVIL = (
    "\x1b]52;c;ZXZpbA==\x07clip \x1b]0;title\x1b\\ \x1b[2J\x1b[Hclear \x1bPq#0\x1b\\sixel "
    "[red]markup[/red] \u202ertl\u202c zero\u200b\u200d\u2060\ufeffwidth \x9b31m \x00nul\x07\x08"
)


def test_nothing_of_a_hostile_line_but_its_words_is_shown() -> None:
    for text in (as_shown(EVIL), plain(in_colour(EVIL, "muted"))):
        assert all(sign.isprintable() for sign in text)
        assert "ZXZpbA" not in text
        assert "[red]markup[/red]" in text
        assert "zerowidth" in text


def test_colours_and_bold_become_those_of_the_theme() -> None:
    raw = (
        "\x1b[34m\x1b[1mtrain:\x1b[0m \x1b[31mbad\x1b[39m \x1b[38;5;200mpink\x1b[1;92mgood\x1b[m x"
    )
    assert in_colour(raw, "muted") == (
        ("train:", "accent bold"), (" ", "muted"), ("bad", "danger"), (" ", "muted"),
        ("pink", "muted"), ("good", "good bold"), (" x", "muted"),
    )  # fmt: skip


def test_a_coloured_line_of_another_rank_says_so_and_shows_its_last_frame() -> None:
    raw = "[rank3]: \x1b[31mold\rnew\x1b[32m frame"
    assert plain(in_colour(raw, "muted")) == plain(((as_shown(raw), ""),)) == "r3│ new frame"


def test_what_was_searched_for_is_marked_across_colours() -> None:
    line = marked((("lo", "danger"), ("ss 1", "muted")), parse_wanted("loss"), is_found=False)
    assert line == (("lo", "accent bold"), ("ss", "accent bold"), (" 1", "muted"))
    assert marked((("none", "muted"),), parse_wanted("x"), is_found=True) == (
        ("none", "strong on select"),
    )


def test_a_wrapped_line_loses_nothing_and_fits() -> None:
    line = (("训练" * 20, "text"), ("abc" * 20, "danger"))
    rows = wrapped(line, 17)
    assert "".join(plain(row) for row in rows) == plain(line)
    assert all(cell_len(plain(row)) <= 17 for row in rows)
    assert wrapped((), 10) == ((),)
