"""Events, hangs and the count of GPUs: what needs a second thread or the driver as a whole."""

from __future__ import annotations

import json

import pytest

from tests.nvml_stub.stub import NvmlStub

OPEN = """
import json, os, sys, threading, time
from pathlib import Path
from cockpit.devices.nvml import open_nvml

def say(words):
    control = Path(os.environ["NVML_STUB_CONTROL"])
    draft = control.with_suffix(".next")
    draft.write_text(words)
    draft.replace(control)

driver = open_nvml()
gpus = [driver.open_gpu(index) for index in range(driver.gpu_count)]

def wait(timeout_s):
    began = time.monotonic()
    events = driver.wait_events(timeout_s)
    took_s = time.monotonic() - began
    print(json.dumps([[(e.gpu_index, e.gpu_uuid[:12], e.kind, e.code) for e in events], took_s]))
"""


def waits(stub: NvmlStub, code: str, scenario: str) -> list[tuple[list[list[object]], float]]:
    return [tuple(json.loads(line)) for line in stub.run_code(OPEN + code, scenario)]


def test_an_xid_is_heard_once_and_names_its_gpu(stub: NvmlStub) -> None:
    code = """
for gpu in gpus: gpu.read()
wait(0.05)
say("xid=3:79")
wait(10)
wait(0.05)
say("xid=3:79 xid=1:31")
wait(10)
"""
    quiet, heard, again, other = waits(stub, code, "count=4")
    assert quiet[0] == [] and quiet[1] >= 0.05
    assert heard[0] == [[3, "GPU-00000003", "xid", 79]] and heard[1] < 5
    assert again[0] == []
    assert other[0] == [[1, "GPU-00000001", "xid", 31]]


def test_an_xid_of_a_gpu_that_fell_off_the_bus_is_heard(stub: NvmlStub) -> None:
    code = 'for gpu in gpus: gpu.read()\nwait(0)\nsay("xid=1:79 lost=1")\nwait(10)'
    assert waits(stub, code, "count=2")[-1][0] == [[1, "GPU-00000001", "xid", 79]]


@pytest.mark.parametrize(
    "words",
    [
        "missing=events",
        "refuse=RegisterEvents",
        "fault=-1@EventSetCreate@13",
        "fault=-1@EventSetWait@15",
        "fault=-1@EventSetWait@999",
    ],
)
def test_without_an_event_api_the_time_is_waited_out(stub: NvmlStub, words: str) -> None:
    found = waits(stub, "for gpu in gpus: gpu.read()\nwait(0.2)\nwait(0.2)", f"count=2 {words}")
    assert [events for events, _ in found] == [[], []]
    assert all(took_s >= 0.2 for _, took_s in found)


def test_a_set_that_failed_is_made_anew(stub: NvmlStub) -> None:
    code = """
for gpu in gpus: gpu.read()
say("fault=-1@EventSetWait@15")
wait(0.05)
say("xid=1:48")
wait(10)
"""
    assert waits(stub, code, "count=2")[-1][0] == [[1, "GPU-00000001", "xid", 48]]


def test_gpus_that_were_never_read_do_not_join(stub: NvmlStub) -> None:
    found = waits(stub, "gpus[0].read()\nwait(0.05)", "count=2 hang=1")
    assert found[0][0] == []
    assert stub.count_calls(1)["RegisterEvents"] == 0
    assert stub.count_calls(0)["RegisterEvents"] == 1


HANG = """
gpu = gpus[0]
assert gpu.progress().call is None
threading.Thread(target=lambda: {act}, daemon=True).start()
while gpu.progress().call != "{call}" or time.monotonic() - gpu.progress().since < 0.2:
    time.sleep(0.01)
sample = gpu.progress().sample
print(json.dumps([sample.name, sample.utilization_pct, sample.temperature_c, sample.power_w,
    sample.sm_clock_mhz]))
sys.stdout.flush()
os._exit(0)
"""


@pytest.mark.parametrize(
    ("act", "call", "seen"),
    [
        ("gpu.read()", "GetPowerUsage", ["NVIDIA H20", 90, 60, None, None]),
        ("gpu.read()", "GetComputeRunningProcesses_v3", ["NVIDIA H20", 90, 60, 200.5, 1800]),
        ("gpu.read()", "GetFieldValues", ["NVIDIA H20", 90, 60, 200.5, 1800]),
        ("gpu.identify()", "GetTemperatureThreshold", ["NVIDIA H20", None, None, None, None]),
        ("gpu.identify()", "GetUUID", ["", None, None, None, None]),
    ],
)
def test_the_call_that_hangs_is_named_and_what_was_read_is_there(
    stub: NvmlStub, act: str, call: str, seen: list[object]
) -> None:
    code = OPEN + HANG.format(act=act, call=f"nvmlDevice{call}")
    (line,) = stub.run_code(code, f"count=1 model=h20 hang=0@{call}")
    assert json.loads(line) == seen


def test_a_hang_in_a_mig_device_is_named_too(stub: NvmlStub) -> None:
    code = """
gpus[0].read()
say("hang=0@GetMemoryInfo_v2")
"""
    code += HANG.split("\n", 3)[3].format(act="gpus[0].read()", call="nvmlDeviceGetMemoryInfo")
    (line,) = stub.run_code(OPEN + "gpu = gpus[0]" + code, "count=1 model=a100 mig=0:1")
    assert json.loads(line)[2] == 60


def test_a_gpu_that_hangs_before_its_first_value_keeps_the_time_of_the_last(
    stub: NvmlStub,
) -> None:
    code = """
gpu = gpus[0]
(before,) = gpu.read()
say("hang=0@GetUtilizationRates")
threading.Thread(target=gpu.read, daemon=True).start()
while gpu.progress().call is None:
    time.sleep(0.01)
print(json.dumps(gpu.progress().sample == before))
sys.stdout.flush()
os._exit(0)
"""
    assert stub.run_code(OPEN + code, "count=1") == ["true"]


def test_a_count_that_changed_is_noticed(stub: NvmlStub) -> None:
    code = """
print(driver.gpu_count, driver.count_now())
say("count=5")
print(driver.gpu_count, driver.count_now())
say("fault=-1@GetCount@999")
print(driver.count_now())
"""
    assert stub.run_code(OPEN + code, "count=2") == ["2 2", "2 5", "None"]
