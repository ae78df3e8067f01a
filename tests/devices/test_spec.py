from __future__ import annotations

import pytest

from cockpit.devices.simulated_models import MODELS
from cockpit.devices.spec import (
    FAULTS,
    WORDS,
    DeviceSpec,
    Fault,
    parse_spec,
    spec_from_environment,
)
from cockpit.errors import InputError


@pytest.mark.parametrize("kind", ["auto", "none", "nvml"])
def test_a_plain_kind_is_itself(kind: str) -> None:
    assert parse_spec(kind) == DeviceSpec(kind)


def test_simulated_has_count_model_and_faults() -> None:
    spec = parse_spec("simulated:8xH20,lost=6,hang=3@10,missing=power_w")
    assert (spec.count, spec.model) == (8, MODELS["h20"])
    assert spec.faults == (Fault("lost", 6, 0.0), Fault("hang", 3, 10.0))
    assert spec.missing == {"power_w"}


@pytest.mark.parametrize("text", ["16x2080", "8xh20", "64xh100", "8xb200", "128xa100"])
def test_boxes_that_exist_can_be_simulated(text: str) -> None:
    assert f"{parse_spec(f'simulated:{text}').count}x" == text[: text.index("x") + 1]


@pytest.mark.parametrize("word", FAULTS)
def test_every_fault_may_begin_later(word: str) -> None:
    spec = parse_spec(f"simulated:4xh20,{word}=3,{word}=2@1.5")
    assert [(fault.gpu_index, fault.after_s) for fault in spec.faults][1] == (2, 1.5)
    assert spec.faults[0].after_s == (3.0 if word == "hang" else 0.0)


def test_an_xid_has_a_code_and_mig_a_count() -> None:
    spec = parse_spec("simulated:4xh20,xid=3:79@10,mig=1:7")
    assert spec.faults == (Fault("xid", 3, 10.0, 79), Fault("mig", 1, 0.0, 7))


def test_busy_alone_is_every_gpu() -> None:
    assert [fault.gpu_index for fault in parse_spec("simulated:3xh20,busy").faults] == [0, 1, 2]


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
        ("simulated:2x2080,lots=1", f"known: {', '.join(WORDS)}"),
        ("simulated:2x2080,hang=x", "is not a GPU, such as hang=1 or hang=1@10"),
        ("simulated:2x2080,lost", "is not a GPU"),
        ("simulated:2x2080,xid=1", "is not a GPU, such as xid=1:79 or xid=1:79@10"),
        ("simulated:2x2080,lost=1:2", "is not a GPU"),
        ("simulated:2x2080,missing=power", "did you mean power_w?"),
        ("simulated:2x2080,mig=0:2", "has no MIG devices"),
        ("simulated:2xa100,mig=0:8", "1 to 7"),
    ],
)
def test_a_wrong_word_is_named(text: str, said: str) -> None:
    with pytest.raises(InputError, match="COCKPIT_DEVICES") as caught:
        parse_spec(text)
    assert said in caught.value.problem


def test_who_gave_the_wrong_word_is_named() -> None:
    with pytest.raises(InputError, match=r"^--devices: "):
        parse_spec("nvidia", "--devices")


def test_the_environment_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COCKPIT_DEVICES", " none ")
    assert spec_from_environment() == "none"
    monkeypatch.setenv("COCKPIT_DEVICES", "")
    assert spec_from_environment() == "auto"
