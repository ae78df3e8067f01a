from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from cockpit.analysis.eta import Eta
from cockpit.devices.sample import DeviceReading, DeviceSource
from cockpit.presets.resolve import resolve
from cockpit.runs.phase import Phase
from cockpit.supervise.prepare import prepare
from cockpit.tui.begins import NOW, begin_when_free
from cockpit.tui.foreseeing import foresee
from cockpit.tui.form import GPUS, Form
from cockpit.tui.store import Snapshot
from cockpit.views.forecast_words import offered_cost
from cockpit.views.run_view import RunView

from . import board
from .test_presets_screen import PRESET


def at(reading: DeviceReading, *runs: RunView) -> Snapshot:
    return Snapshot(runs, reading, board.NOW, board.NOW)


def holding(*indices: int, left_s: float | None = 3600.0, name: str = "a") -> RunView:
    eta = None if left_s is None else Eta(left_s, left_s, left_s, "x")
    processes = tuple(board.process(100 + index) for index in indices)
    return replace(board.run(name, gpus=indices, processes=processes), eta=eta)


def cards(count: int, *, busy: int = 0) -> DeviceReading:
    return board.gpus(
        replace(board.gpu(index), memory_used_bytes=0)
        if index >= busy
        else board.gpu(index, pid=100 + index)
        for index in range(count)
    )


def test_free_gpus_are_begun_on_now() -> None:
    assert begin_when_free(2, at(cards(4, busy=2), holding(0, 1))) == NOW


def test_a_training_that_waits_begins_when_enough_gpus_were_given_up() -> None:
    runs = (holding(0, left_s=600.0), holding(1, left_s=1200.0, name="b"))
    begin = begin_when_free(3, at(cards(3, busy=2), *runs))
    assert (begin.at_s, begin.words) == (board.NOW + 1200, "about 19:03")
    sooner = begin_when_free(1, at(cards(3, busy=2), *runs), indices=(0,))
    assert sooner.at_s == board.NOW + 600


@pytest.mark.parametrize(
    "snapshot",
    [
        None,
        at(cards(2, busy=2), holding(0, 1, left_s=None)),
        at(cards(2, busy=2)),
        at(cards(1)),
        at(cards(2, busy=2), holding(0, 1), board.run("q", Phase.QUEUED, processes=())),
    ],
    ids=["nothing read", "no end known", "held by others", "too few", "others wait, too"],
)
def test_nobody_knows_when_gpus_are_free_that_others_hold(snapshot: Snapshot | None) -> None:
    begin = begin_when_free(2, snapshot)
    assert (begin.at_s, begin.words) == (None, "when 2 GPUs are free")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "presets").mkdir()
    (tmp_path / "presets" / "train.py").write_text("print('done')\n")
    text = PRESET.format(python=sys.executable)
    (tmp_path / "presets" / "aaa-printer.toml").write_text(text)
    (tmp_path / "presets" / "aaa-gpu.toml").write_text(text.replace("cpu_ranks = 1\n", ""))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_plan_is_foreseen_for_the_processor_where_there_is_no_gpu(project: Path) -> None:
    form = Form(resolve("aaa-printer"))
    outlook = foresee(form, prepare(form.request()), None)
    assert outlook.forecast is not None
    assert outlook.forecast.work.device.startswith("cpu")
    assert outlook.forecast.work.world_size == 1
    assert outlook.begin == NOW
    assert outlook.why_no_time


def test_gpus_that_are_busy_are_foreseen_all_the_same(project: Path) -> None:
    form = Form(resolve("aaa-printer")).edited(GPUS, "0,1")
    outlook = foresee(form, None, at(cards(2, busy=2), holding(0, 1)))
    assert outlook.forecast is not None
    assert outlook.forecast.work.device == "rtx-2080"
    assert outlook.begin.words == "about 19:43"


def test_gpus_that_are_rented_elsewhere_are_priced_as_there(project: Path) -> None:
    text = (project / "presets" / "aaa-printer.toml").read_text()
    text += 'model = "yolo11n"\nimgsz = 640\n[estimate]\ntrain_samples = 1000\n'
    (project / "presets" / "aaa-yolo.toml").write_text(text)
    reading = board.gpus(replace(one, name="Tesla V100-SXM2-16GB") for one in cards(1).gpus)
    outlook = foresee(Form(resolve("aaa-yolo")), None, at(reading))
    assert outlook.forecast is not None
    assert outlook.forecast.work.device == "v100"
    offered = offered_cost(outlook.forecast)
    assert offered is not None
    assert offered.run.likely > 0


def test_simulated_gpus_are_foreseen_as_the_processor_they_are(project: Path) -> None:
    reading = board.gpus(cards(2).gpus, DeviceSource.SIMULATED)
    outlook = foresee(Form(resolve("aaa-printer")), None, at(reading))
    assert outlook.is_simulated
    assert outlook.forecast is not None
    assert outlook.forecast.work.device.startswith("cpu")


def test_a_training_for_gpus_is_not_foreseen_as_one_on_the_processor(project: Path) -> None:
    outlook = foresee(Form(resolve("aaa-gpu")), None, at(board.cpu_only()))
    assert outlook.forecast is None
    assert outlook.problem.endswith("e asks about another")


def test_a_training_on_a_tpu_is_left_to_the_tool_that_asks_about_any_device(project: Path) -> None:
    outlook = foresee(Form(resolve("mshnet-tpu")), None, at(cards(4)))
    assert "e asks" in outlook.problem


def test_a_price_that_is_wrong_is_told_in_the_place_of_the_estimate(project: Path) -> None:
    from cockpit import locations

    locations.settings_file().parent.mkdir(parents=True, exist_ok=True)
    locations.settings_file().write_text('[cost]\ngpu_hour = "cheap"\n')
    form = Form(resolve("aaa-printer"))
    assert "cost.gpu_hour" in foresee(form, prepare(form.request()), None).problem
