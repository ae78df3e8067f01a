from __future__ import annotations

import pytest

from cockpit.tui.ink import Line, cells, plain
from cockpit.tui.markdown_lines import column_widths, markdown_lines
from cockpit.tui.markdown_spans import parse_spans


def shown(text: str, width: int = 40) -> list[str]:
    return [plain(line).rstrip() for line in markdown_lines(text, width)]


def looks(line: Line) -> dict[str, str]:
    return {text.strip(): look for text, look in line if text.strip()}


def test_a_paragraph_is_wrapped_at_words_and_what_is_bold_is_strong() -> None:
    assert shown("one **two three** four\nfive", 14) == ["one two three", "four five"]
    assert looks(parse_spans("a **b** c"))["b"] == "strong"


def test_marks_that_are_never_closed_stand_for_themselves() -> None:
    for text in ("2 * 3 = 6", "a ** b", "snake_case_name", "*", "[x](", "`open", "![a](b", "_x"):
        assert plain(parse_spans(text)) == text


def test_what_was_escaped_is_shown_as_it_was_meant() -> None:
    assert plain(parse_spans(r"one\_run \*not bold\* \[x\] \\ \|")) == "one_run *not bold* [x] \\ |"


def test_a_link_leads_nowhere_and_a_picture_is_named() -> None:
    assert plain(parse_spans("see [here](https://x.org/y)")) == "see here (https://x.org/y)"
    assert plain(parse_spans("![Curves](a/b.png)")) == "picture a/b.png  Curves"


def test_html_and_markup_of_the_screen_stay_a_text() -> None:
    text = "<script>x</script> [bold red]y[/] &amp;"
    assert plain(parse_spans(text)) == text


def test_a_table_stands_in_columns_with_numbers_at_the_right() -> None:
    text = "| run | best |\n| :-- | --: |\n| `a` | **0.5** |\n| bb | 10.25 |\n"
    assert shown(text) == ["run   best", "a      0.5", "bb   10.25"]


def test_a_cell_that_is_too_long_is_wrapped_inside_its_column() -> None:
    text = "| what | n |\n| -- | --: |\n| a sentence that is rather long | 7 |\n"
    lines = shown(text, 20)
    assert all(cells(((line, ""),)) <= 20 for line in lines)
    assert lines[1].endswith("  7")
    assert "".join(lines[1:]).replace(" ", "") == "asentencethat7isratherlong"


def test_a_table_without_room_is_told_row_by_row() -> None:
    heads = "|".join(f"head{number}" for number in range(9))
    text = f"{heads}\n{'|'.join(['---'] * 9)}\n{'|'.join(['a long value'] * 9)}\n"
    lines = shown(text, 40)
    assert lines[0] == "head0  a long value"
    assert len(lines) == 9


def test_a_pipe_in_a_cell_is_no_end_of_it() -> None:
    assert shown("| a | b |\n| -- | -- |\n| x\\|y | z |")[-1] == "x|y  z"


def test_code_stands_as_it_was_written_and_its_marks_with_it() -> None:
    assert shown("```\n# **a**  b\n\n| x |\n```\nend") == [
        "  # **a**  b", "", "  | x |", "", "end",
    ]  # fmt: skip


def test_a_fence_that_is_cut_off_ends_with_the_text() -> None:
    assert shown("```\nabc") == ["  abc"]


def test_items_of_a_list_hang_and_stand_inside_each_other() -> None:
    assert shown("- one two three\n  - four\n3. five", 12) == [
        "· one two", "  three", "  · four", "3. five",
    ]  # fmt: skip


@pytest.mark.parametrize("width", [10, 23, 40, 78, 140])
def test_no_line_is_wider_than_the_screen_whatever_the_text(width: int) -> None:
    text = (
        "# 配电网络的障碍物检测 a title\n\n配电网络的障碍物检测训练报告 " * 3
        + "x" * 300
        + "\n\n> 引用 quote\n\n- 项目" + "配" * 90
        + "\n\n| 列 | b |\n| -- | --: |\n| " + "值" * 60 + " | 1 |\n\n"
        + "```\n" + "码" * 99 + "\n```\n---\n"
    )  # fmt: skip
    assert all(cells(line) <= width for line in markdown_lines(text, width))


def test_nothing_of_a_long_word_is_lost() -> None:
    word = "".join(chr(ord("a") + number % 26) for number in range(5000))
    assert "".join(shown(word, 33)) == word


def test_texts_give_way_before_numbers() -> None:
    assert column_widths([30, 10], [False, True], 30) == (18, 10)
    assert column_widths([9, 9, 9], [False, False, True], 20) is None


def test_an_empty_text_has_no_lines() -> None:
    assert markdown_lines("", 40) == ()
    assert markdown_lines("\n\n  \n", 40) == ()
