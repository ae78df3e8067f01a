from __future__ import annotations

from dataclasses import replace

import pytest

from cockpit.devices.sample import EventKind, GpuSample
from cockpit.devices.simulated import SimulatedDriver
from cockpit.devices.simulated_load import energy_j, identity, load_share, under_load
from cockpit.devices.simulated_models import MODELS
from cockpit.devices.spec import FIELDS, parse_spec
from cockpit.devices.throttle import Throttle
from tests.devices.waiting import ends_within


def open_driver(text: str) -> SimulatedDriver:
    spec = parse_spec(text)
    assert spec.model is not None
    return SimulatedDriver(spec, spec.model)


def read(text: str, gpu_index: int = 0) -> GpuSample:
    return open_driver(text).open_gpu(gpu_index).read()[0]


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
        assert sample.fan_pct is None or 0 <= sample.fan_pct <= 100
        assert sample.throttle in (Throttle.NONE, Throttle.POWER_CAP)


def test_a_server_card_tells_more_than_a_desktop_one() -> None:
    server, desktop = read("simulated:1xh100"), read("simulated:1x2080")
    assert server.fan_pct is None and desktop.fan_pct is not None
    assert server.memory_health is not None and desktop.memory_health is None
    assert server.nvlink is not None and desktop.nvlink is None
    assert server.memory_temperature_c is not None and desktop.memory_temperature_c is None
    for sample in (server, desktop):
        assert sample.pcie is not None and sample.pcie.rx_bytes_per_s
        assert sample.energy_j and sample.sm_clock_max_mhz and sample.memory_reserved_bytes
        assert sample.processes is None, "the load is nobody's"


def test_two_programs_see_the_same() -> None:
    assert load_share(3, 1234.5) == load_share(3, 1234.5)


def test_the_load_dips_between_epochs() -> None:
    assert min(load_share(0, t) for t in range(100)) < 0.4
    assert max(load_share(0, t) for t in range(100)) > 0.9


@pytest.mark.parametrize("began_s", [0.0, 3.0, 1_760_000_003.5])
def test_the_energy_is_the_power_over_time(began_s: float) -> None:
    model, step_s = MODELS["h20"], 0.05
    known = identity(model, 3, 0)
    moments = [began_s + step_s * (step + 0.5) for step in range(round(130 / step_s))]
    used_j = sum((under_load(known, model, t).power_w or 0) * step_s for t in moments)
    counted_j = energy_j(model, 3, began_s + 130) - energy_j(model, 3, began_s)
    assert counted_j == pytest.approx(used_j, rel=0.002)


def test_a_gpu_that_is_held_down_uses_less_energy(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [10_000.0]
    monkeypatch.setattr("time.time", lambda: clock[0])
    gpus = [open_driver("simulated:2x2080,brake=1").open_gpu(index) for index in (0, 1)]
    first = [gpu.read()[0].energy_j or 0 for gpu in gpus]
    clock[0] += 1.0
    second = [gpu.read()[0].energy_j or 0 for gpu in gpus]
    grown = [after - before for before, after in zip(first, second, strict=True)]
    assert grown[1] == pytest.approx(0.5 * grown[0], rel=0.05)


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


def test_a_hanging_gpu_never_answers_and_names_the_call() -> None:
    gpu = open_driver("simulated:2x2080,hang=1@0").open_gpu(1)
    assert gpu.progress().call is None
    assert not ends_within(0.2, gpu.read)
    progress = gpu.progress()
    assert progress.call == "nvmlDeviceGetPowerUsage"
    assert progress.sample.utilization_pct is not None and progress.sample.power_w is None


def test_a_hot_gpu_nears_its_limit() -> None:
    sample = read("simulated:2x2080,hot=0")
    assert sample.temperature_c is not None and sample.temperature_slowdown_c is not None
    assert sample.temperature_c >= sample.temperature_slowdown_c - 1
    assert sample.throttle == Throttle.SW_THERMAL


@pytest.mark.parametrize(
    ("word", "throttle"),
    [
        ("throttle", Throttle.HW_THERMAL | Throttle.HW_SLOWDOWN),
        ("brake", Throttle.POWER_BRAKE | Throttle.HW_SLOWDOWN),
        ("slow", Throttle.NONE),
        ("idle", Throttle.IDLE),
    ],
)
def test_a_gpu_that_is_held_down_is_slower_than_its_neighbour(
    word: str, throttle: Throttle
) -> None:
    driver = open_driver(f"simulated:2xh20,{word}=1")
    ((well,), (ill,)) = (driver.open_gpu(index).read() for index in (0, 1))
    assert ill.throttle == throttle
    assert (ill.sm_clock_mhz or 0) < 0.75 * (well.sm_clock_mhz or 0)
    assert (ill.power_w or 0) < 0.75 * (well.power_w or 0)


def test_an_idle_gpu_holds_nothing() -> None:
    sample = read("simulated:1x2080,idle=0")
    assert sample.utilization_pct == 0 and (sample.memory_used_bytes or 0) < 10 << 20
    assert sample.pcie is not None and (sample.pcie.generation, sample.pcie.rx_bytes_per_s) == (
        1,
        0,
    )


def test_a_remapped_row_waits_for_a_reset() -> None:
    health = read("simulated:1xh100,remap=0").memory_health
    assert health is not None and health.is_remap_pending and health.remapped_rows == 1


def test_an_xid_is_reported_once() -> None:
    driver = open_driver("simulated:4x2080,xid=3:79,xid=1:31@3600")
    (event,) = driver.wait_events(0)
    assert (event.gpu_index, event.kind, event.code) == (3, EventKind.XID, 79)
    assert event.gpu_uuid == driver.open_gpu(3).identify().gpu_uuid
    assert driver.wait_events(0) == ()


def test_a_gpu_is_cut_into_mig_devices_when_it_is_time() -> None:
    clock = [0.0]
    driver = open_driver("simulated:2xa100,mig=1:3@10,busy=1")
    gpu = replace(driver, now=lambda: clock[0], started=0.0).open_gpu(1)
    assert len(gpu.read()) == 1
    clock[0] = 10.0
    parent, *devices = gpu.read()
    assert parent.has_mig and parent.utilization_pct is None and parent.processes is None
    assert [device.label for device in devices] == ["1:0", "1:1", "1:2"]
    assert len({sample.key for sample in (parent, *devices)}) == 4
    assert all(device.memory_used_bytes and not device.has_mig for device in devices)
    assert [len(device.processes or ()) for device in devices] == [1, 0, 0]


def test_processes_are_there_where_they_are_asked_for() -> None:
    driver = open_driver("simulated:3x2080,busy,hidden=1")
    counts = [len(driver.open_gpu(index).read()[0].processes or ()) for index in range(3)]
    assert counts == [1, 2, 1]
    shown, hidden = driver.open_gpu(1).read()[0].processes or ()
    assert (shown.user, shown.is_visible, hidden.user, hidden.is_visible) == (
        "ada",
        True,
        None,
        False,
    )


@pytest.mark.parametrize("field", FIELDS)
def test_a_missing_field_is_none(field: str) -> None:
    sample = read(f"simulated:1x2080,missing={field}")
    assert getattr(sample, field) is None
    assert sample.name and sample.time


def test_a_missing_energy_stays_missing() -> None:
    gpu = open_driver("simulated:1x2080,missing=energy_j").open_gpu(0)
    gpu.read()
    assert gpu.read()[0].energy_j is None
