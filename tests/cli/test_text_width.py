from __future__ import annotations

import pytest

from cockpit.cli.text_width import cut, pad_left, pad_right, plain, width


@pytest.mark.parametrize(
    ("text", "cells"),
    [("", 0), ("abc", 3), ("障碍", 4), ("e\u0301", 1), ("▲70°", 4), ("a\u200b", 1)],
)
def test_the_width_is_that_of_a_terminal(text: str, cells: int) -> None:
    assert width(text) == cells


@pytest.mark.parametrize("cells", range(1, 9))
@pytest.mark.parametrize("text", ["abcdefghi", "障碍物检测", "a障b碍c物"])
def test_a_cut_text_fits_and_says_so(text: str, cells: int) -> None:
    assert width(cut(text, cells)) <= cells
    assert cut(text, cells).endswith("…")
    assert cut(text, 20) == text


def test_padding_counts_cells() -> None:
    assert (pad_left("障", 4), pad_right("障", 4)) == ("  障", "障  ")


def test_codes_become_blanks() -> None:
    assert plain("a\x1b[31m\n\x9b\u202eb 障") == "a [31m   b 障"
