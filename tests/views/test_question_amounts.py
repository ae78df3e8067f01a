from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from cockpit.errors import InputError
from cockpit.views.question_amounts import parse_count, parse_deadline, parse_money

NOW = datetime(2026, 11, 22, 15, 0).astimezone()  # as this machine's clock shows it


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("8h", timedelta(hours=8)),
        ("90 min", timedelta(minutes=90)),
        ("90m", timedelta(minutes=90)),
        ("1.5d", timedelta(hours=36)),
        ("18:30", timedelta(hours=3, minutes=30)),
        ("08:00", timedelta(hours=17)),
        ("2026-11-23T15:00", timedelta(days=1)),
    ],
)
def test_a_deadline_is_a_span_or_a_moment(text: str, left: timedelta) -> None:
    assert parse_deadline(text, NOW.timestamp()) == left.total_seconds()


@pytest.mark.parametrize("text", ["soon", "8", "-3h", "0h", "2026-11-21T15:00", "9999d", "nan", ""])
def test_what_is_no_time_ahead_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="--deadline"):
        parse_deadline(text, NOW.timestamp())


def test_money_is_an_amount_from_nothing_on() -> None:
    assert parse_money("$1.10", "--price", "a GPU hour") == 1.1
    assert parse_money("0", "--budget", "of money") == 0
    for text in ("-1", "nan", "inf", "1e30", "ten", ""):
        with pytest.raises(InputError, match="--budget"):
            parse_money(text, "--budget", "of money")


def test_a_count_is_whole_and_within_reason() -> None:
    assert parse_count("12", "--hosts", "hosts", 100) == 12
    for text in ("0", "-2", "1.5", "101", "many"):
        with pytest.raises(InputError, match="--hosts"):
            parse_count(text, "--hosts", "hosts", 100)
