from __future__ import annotations

from cockpit.metrics.log_bars import earlier_states


def left(*lines: str) -> list[str]:
    earlier = earlier_states(lines)
    return [line for at, line in enumerate(lines) if at not in earlier]


def test_of_a_bar_in_many_lines_the_last_state_is_left() -> None:
    assert left("start", "  0%|   | 0/9", " 50%|#  | 4/9", "100%|###| 9/9", "end") == [
        "start", "100%|###| 9/9", "end",
    ]  # fmt: skip


def test_the_bar_of_the_next_epoch_is_another_one() -> None:
    lines = (
        "Epoch 1/2:  50%|#  | 4/9", "Epoch 1/2: 100%|###| 9/9", "Epoch 2/2:   0%|   | 0/9",
        "Epoch 2/2:  70%|## | 6/9",
    )  # fmt: skip
    assert left(*lines) == [lines[1], lines[3]]


def test_running_values_do_not_make_another_bar() -> None:
    one = "1/60  0G  6.616  4.3  19  96: 37% ━━━━──────── 3/8 4.1it/s"
    two = "1/60  0G  5.128  4.1  12  96: 87% ━━━━━━━━━━── 7/8 4.1it/s"
    assert left(one, two) == [two]


def test_ranks_that_write_between_each_other_keep_a_bar_each() -> None:
    lines = (
        "[default0]: 10%|# | 1/9", "[default1]: 10%|# | 1/9",
        "[default0]: 20%|# | 2/9", "[default1]: 30%|# | 3/9",
    )  # fmt: skip
    assert left(*lines) == [lines[2], lines[3]]


def test_another_line_between_two_states_leaves_both() -> None:
    lines = (" 10%|# | 1/9", "checkpoint written", " 20%|# | 2/9")
    assert left(*lines) == list(lines)


def test_a_percentage_is_no_bar() -> None:
    lines = ("accuracy 40% of 10", "accuracy 50% of 10")
    assert left(*lines) == list(lines)
