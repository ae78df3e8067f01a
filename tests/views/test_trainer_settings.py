from __future__ import annotations

import pytest

from cockpit.views.trainer_settings import epochs_of, ordered, parse_yaml, settings_of_preset


def test_plain_values_tables_and_lists_are_read() -> None:
    text = (
        "a: 1  # one\nmodel:\n  dim: 4\nimg_size:\n- 128\n- 64\nname: 'it''s'\nurl: http://x:1/\n"
    )
    assert parse_yaml(text) == {
        "a": "1",
        "model.dim": "4",
        "img_size": "[128, 64]",
        "name": "it's",
        "url": "http://x:1/",
    }


@pytest.mark.parametrize("text", ["", "::::", "- - -\n", "%\x00\xff", "a:\n" * 5000, "{[}"])
def test_any_text_is_taken(text: str) -> None:
    assert len(parse_yaml(text)) <= 1001


def test_what_people_ask_first_comes_first_and_nothing_is_left_out_but_nothing() -> None:
    settings = {"zeta": "1", "time": "null", "epochs": "3", "model": "x.yaml"}
    assert [key for key, _ in ordered(settings)] == ["model", "epochs", "zeta"]


@pytest.mark.parametrize(
    ("settings", "epochs"),
    [
        ({"epochs": "3"}, 3),
        ({"max_epochs": "7.0"}, 7),
        ({"epochs": "-1", "num_train_epochs": "5"}, 5),
        ({"epochs": "many"}, None),
        ({}, None),
    ],
)
def test_the_epochs_asked_for(settings: dict[str, str], epochs: int | None) -> None:
    assert epochs_of(settings) == epochs


def test_a_preset_gives_its_arguments() -> None:
    document = {"args": {"epochs": 3, "amp": True, "size": [1, 2]}, "launch": {"gpus": "all"}}
    assert settings_of_preset(document) == {"epochs": "3", "amp": "true", "size": "[1, 2]"}
