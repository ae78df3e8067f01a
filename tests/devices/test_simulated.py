from __future__ import annotations

from dataclasses import replace

import pytest

from cockpit.devices.simulated import SimulatedDriver, identity, load_share, under_load
from cockpit.devices.spec import MODELS, parse_spec
from tests.devices.waiting import ends_within


def open_driver(text: str) -> SimulatedDriver:
    spec = parse_spec(text)
    assert spec.model is not None
    return SimulatedDriver(spec, spec.model)


@pytest.mark.parametrize("name", sorted(MODELS))
def test_the_load_is_believable(name: str) -> None:
    model = MODELS[name]
    for now_s in range(0, 300):
        sample = under_load(identity(model, 5, 0), model, now_s)
        assert sample.utilization_pct is not None and 0 <= sample.utilization_pct <= 100
        assert sample.memory_used_bytes is not None
        assert sample.memory_used_bytes < model.memory_total_bytes
        assert sample.power_w is not None and 0 < sample.power_w <= model.power_limit_w
        assert sample.temperature_c is not None
        assert 30 < sample.temperature_c < model.temperature_slowdown_c - 5


def test_two_programs_see_the_same() -> None:
    assert load_share(3, 1234.5) == load_share(3, 1234.5)


def test_the_load_dips_between_epochs() -> None:
    assert min(load_share(0, t) for t in range(100)) < 0.4
    assert max(load_share(0, t) for t in range(100)) > 0.9


def test_a_lost_gpu_keeps_index_uuid_and_name() -> None:
    gpu = open_driver("simulated:8xh20,lost=6").open_gpu(6)
    (sample,) = gpu.read()
    assert sample.problem == "lost: the driver reports GPU is lost"
    assert replace(sample, problem=None) == gpu.identify()


def test_a_lost_gpu_keeps_its_last_values() -> None:
    clock = [0.0]
    driver = open_driver("simulated:2x2080,lost=1@10")
    gpu = replace(driver, now=lambda: clock[0], started=0.0).open_gpu(1)
    (before,) = gpu.read()
    clock[0] = 11.0
    (after,) = gpu.read()
    assert before.problem is None and after.problem is not None
    assert replace(after, problem=None) == before


def test_a_hanging_gpu_never_answers() -> None:
    gpu = open_driver("simulated:2x2080,hang=1@0").open_gpu(1)
    assert gpu.progress().call is None
    assert not ends_within(0.2, gpu.read)
    assert gpu.progress().call is not None


def test_a_hot_gpu_nears_its_limit() -> None:
    (sample,) = open_driver("simulated:2x2080,hot=0").open_gpu(0).read()
    assert sample.temperature_c is not None and sample.temperature_slowdown_c is not None
    assert sample.temperature_c >= sample.temperature_slowdown_c - 1


def test_a_missing_field_is_none() -> None:
    text = "simulated:1x2080,missing=power_w,missing=processes,missing=utilization_pct"
    (sample,) = open_driver(text).open_gpu(0).read()
    assert (sample.power_w, sample.processes, sample.utilization_pct) == (None, None, None)
    assert sample.temperature_c is not None
