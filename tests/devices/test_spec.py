from __future__ import annotations

import pytest

from cockpit.devices.spec import MODELS, DeviceSpec, Fault, parse_spec, spec_from_environment
from cockpit.errors import InputError


@pytest.mark.parametrize("kind", ["auto", "none", "nvml"])
def test_a_plain_kind_is_itself(kind: str) -> None:
    assert parse_spec(kind) == DeviceSpec(kind)


def test_simulated_has_count_model_and_faults() -> None:
    spec = parse_spec("simulated:8xH20,lost=6,hang=3@10,missing=power_w")
    assert (spec.count, spec.model) == (8, MODELS["h20"])
    assert spec.faults == (Fault("lost", 6, 0.0), Fault("hang", 3, 10.0))
    assert spec.missing == {"power_w"}


def test_simulated_alone_is_a_small_box() -> None:
    assert parse_spec("simulated").count == 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("simulate:2x2080", "did you mean simulated?"),
        ("nvml:3", "takes nothing"),
        ("simulated:x2080", "not a count and a model"),
        ("simulated:2xh201", "did you mean h20"),
        ("simulated:0x2080", "1 to 128"),
        ("simulated:2x2080,lost=2", "only GPUs 0 to 1"),
        ("simulated:2x2080,lots=1", "did you mean lost?"),
        ("simulated:2x2080,hang=x", "is not a GPU"),
        ("simulated:2x2080,missing=power", "did you mean power_w?"),
    ],
)
def test_a_wrong_word_is_named(text: str, said: str) -> None:
    with pytest.raises(InputError, match="COCKPIT_DEVICES") as caught:
        parse_spec(text)
    assert said in caught.value.problem


def test_the_environment_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COCKPIT_DEVICES", " none ")
    assert spec_from_environment() == "none"
    monkeypatch.setenv("COCKPIT_DEVICES", "")
    assert spec_from_environment() == "auto"
