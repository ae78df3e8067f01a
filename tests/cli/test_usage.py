from __future__ import annotations

import pytest

from cockpit.cli.commands import app
from cockpit.cli.usage import obey
from cockpit.errors import InputError


def test_a_wrong_word_is_said_as_every_other_mistake(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["cockpit", "runs", "--frob"])
    with pytest.raises(InputError) as caught:
        obey(app)
    assert caught.value.problem == "no such option: --frob"
    assert caught.value.remedy.endswith(" runs --help")


def test_who_comes_from_nccl_tests_is_told_how_it_is_spelt(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sys.argv", ["cockpit", "nccl", "-b", "8", "-e", "128M"])
    with pytest.raises(InputError) as caught:
        obey(app)
    assert "--sizes 8:128M:2 --ranks 8" in caught.value.remedy
