from __future__ import annotations

import pytest

from cockpit.errors import InputError
from cockpit.expressions import TooSlow, compile_text, expression, search


def test_an_expression_that_backtracks_for_ever_is_given_up() -> None:
    with pytest.raises(TooSlow):
        search(compile_text(r"^(a|aa)+$"), "a" * 60 + "!", limit_s=0.05)


def test_what_is_found_is_what_re_finds() -> None:
    found = search(compile_text(r"epoch (?P<epoch>\d+)", ignore_case=True), "Epoch 12/90")
    assert found is not None
    assert found["epoch"] == "12"


def test_what_is_no_expression_is_said() -> None:
    with pytest.raises(InputError, match="is no regular expression"):
        compile_text("(")


@pytest.mark.parametrize("text", ["(?:a{1000}){1000}", "a{1,99999999999999999999}", "(" * 5000])
def test_what_is_too_large_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        compile_text(text)


def test_an_expression_that_takes_too_long_is_given_up_for_good() -> None:
    asked = expression("^(a|aa)+$")
    assert asked.search("aaaa") is not None
    assert asked.search("a" * 80 + "!") is None
    assert asked.is_too_slow
    assert asked.search("aaaa") is None
    assert not asked.may_hold("aaaa")
