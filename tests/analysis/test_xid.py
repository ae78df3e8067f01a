from __future__ import annotations

import pytest

from cockpit.analysis.xid import TABLE, Action, Fault, explain_xid


@pytest.mark.parametrize(
    ("code", "fault", "action"),
    [
        (13, Fault.APPLICATION, Action.RESTART_APP),
        (31, Fault.APPLICATION, Action.RESTART_APP),
        (43, Fault.APPLICATION, Action.IGNORE),
        (45, Fault.NONE, Action.IGNORE),
        (48, Fault.HARDWARE, Action.RESET_GPU),
        (79, Fault.HARDWARE, Action.REBOOT),
        (94, Fault.HARDWARE, Action.RESTART_APP),
        (95, Fault.HARDWARE, Action.RESET_GPU),
        (119, Fault.DRIVER, Action.RESET_GPU),
        (130, Fault.DRIVER, Action.RESTART_APP),
    ],
)
def test_known_numbers_have_their_place(code: int, fault: Fault, action: Action) -> None:
    xid = explain_xid(code)
    assert (xid.code, xid.fault, xid.action) == (code, fault, action)


def test_every_number_has_a_meaning_and_an_advice() -> None:
    assert len(TABLE) > 80
    for code, xid in TABLE.items():
        assert xid.code == code
        assert xid.meaning
        assert xid.advice
        assert not xid.advice.endswith(".")
        assert xid.fault is not Fault.UNKNOWN
        assert "{" not in xid.advice.replace("{gpu}", "")


def test_no_number_stands_twice() -> None:
    from cockpit.analysis import xid

    codes = [code for row in xid._ROWS for code in xid._codes(row[0])]
    assert len(codes) == len(set(codes))


def test_an_unknown_number_says_so() -> None:
    xid = explain_xid(4711)
    assert "does not know" in xid.meaning
    assert xid.fault is Fault.UNKNOWN
    assert xid.is_worth_saying


def test_consequences_are_not_worth_an_alert() -> None:
    assert [code for code in (43, 45, 137) if explain_xid(code).is_worth_saying] == []
    assert all(explain_xid(code).is_worth_saying for code in (13, 31, 48, 63, 79, 94, 154))


def test_a_machine_that_must_be_restarted_is_the_worst() -> None:
    assert max(TABLE.values(), key=lambda xid: xid.weight).action is Action.REBOOT
    assert explain_xid(45).weight == 0
