from __future__ import annotations

import pytest

from cockpit.errors import InputError
from cockpit.expressions import TooSlow, compile_bytes, compile_text, search, search_bytes


def test_an_expression_that_backtracks_for_ever_is_given_up() -> None:
    with pytest.raises(TooSlow):
        search(compile_text(r"^(a|aa)+$"), "a" * 60 + "!", limit_s=0.05)
    with pytest.raises(TooSlow):
        search_bytes(compile_bytes(rb"^(a|aa)+$"), b"a" * 60 + b"!", limit_s=0.05)


def test_what_is_found_is_what_re_finds() -> None:
    found = search(compile_text(r"epoch (?P<epoch>\d+)", ignore_case=True), "Epoch 12/90")
    assert found is not None
    assert found["epoch"] == "12"
    hit = search_bytes(compile_bytes(rb"loss"), b"loss 1 loss 2", 1)
    assert hit is not None
    assert hit.start() == 7


def test_what_is_no_expression_is_said() -> None:
    with pytest.raises(InputError, match="is no regular expression"):
        compile_text("(")
