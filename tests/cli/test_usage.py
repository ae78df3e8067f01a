from __future__ import annotations

from collections.abc import Iterator

import pytest
from typer.main import get_command

from cockpit.cli.commands import app
from cockpit.cli.one_command import app_for
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


def commands_with_an_option() -> Iterator[tuple[str, ...]]:
    """Yield the words of each command with one option of its that takes a value."""
    for name, command in get_command(app).commands.items():  # type: ignore[attr-defined]  # a group's own
        nested = getattr(command, "commands", {})
        for inner, one in ((name, command), *((f"{name} {key}", nested[key]) for key in nested)):
            found = [text for param in one.params for text in param.opts if _takes_text(param)]
            options = [] if name == "gpus" else found  # its --watch may stand alone
            if options:
                yield (*inner.split(), options[0])


def _takes_text(parameter: object) -> bool:
    is_option = getattr(parameter, "param_type_name", "") == "option"
    return is_option and not getattr(parameter, "is_flag", False)


@pytest.mark.parametrize("words", [*commands_with_an_option(), ("--open",)], ids=" ".join)
def test_an_option_without_its_value_names_the_help_of_its_command(
    words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["cockpit", *words])
    with pytest.raises(InputError) as caught:
        obey(app_for(words))
    assert f"'{words[-1]}' requires an argument" in caught.value.problem
    assert caught.value.remedy.endswith(" ".join(("cockpit", *words[:-1], "--help")))
