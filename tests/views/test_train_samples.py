from __future__ import annotations

from pathlib import Path

from cockpit.calibrations.calibration import Calibration, Kind
from cockpit.presets.model import Preset
from cockpit.presets.resolve import resolve
from cockpit.runs.reader import hostname
from cockpit.views.forecast import Known, read_known
from cockpit.views.preset_forecast import forecast_of_preset
from cockpit.views.question_seat import Here
from cockpit.views.question_work import work_of_question
from cockpit.views.train_samples import Samples, samples_of

PRESET = """
schema = 1
summary = "for a test"

[launch]
kind = "python"
script = "train.py"
workdir = "{{preset_dir}}"
gpus = "cpu"
cpu_ranks = 1

[args]
dataset-dir = "set"
epochs = 3

[estimate]
model = "yolo11n"
{samples}
"""


def preset_of(folder: Path, samples: str = "", **changes: str) -> Preset:
    presets = folder / "presets"
    presets.mkdir(exist_ok=True)
    (presets / "train.py").write_text("")
    (presets / "mine.toml").write_text(PRESET.format(samples=samples))
    return resolve(str(presets / "mine.toml"), changes)


def ran(samples: int, host: str = "", **args: str) -> Calibration:
    return Calibration(
        f"run:mine-{samples}", Kind.RUN, 1.0, host or hostname(), "cpu: x", preset="mine",
        train_samples=samples, args=args,
    )  # fmt: skip


def test_what_is_said_for_once_wins_over_runs_and_those_over_the_preset(tmp_path: Path) -> None:
    own = "train_samples = 100"
    runs = [ran(200)]
    set_now = preset_of(tmp_path, own, **{"estimate.train_samples": "50"})
    assert samples_of(set_now, runs, hostname()) == Samples(50, "from --set")
    assert samples_of(preset_of(tmp_path, own), runs, hostname()) == Samples(200, "as in mine-200")
    assert samples_of(preset_of(tmp_path, own), [], hostname()).count == 100


def test_a_run_of_other_data_or_of_another_host_does_not_count(tmp_path: Path) -> None:
    preset = preset_of(tmp_path, "train_samples = 100")
    others = [ran(7, **{"dataset-dir": "elsewhere"}), ran(8, host="other"), ran(9, epochs="3")]
    assert samples_of(preset, others, hostname()).count == 100
    same = ran(200, **{"dataset-dir": "set", "epochs": "30"})
    assert samples_of(preset, [*others, same], hostname()).count == 200


def test_command_line_and_launch_form_count_the_same_images(tmp_path: Path) -> None:
    preset = preset_of(tmp_path)
    folder = tmp_path / "presets" / "set"
    folder.mkdir()
    (folder / "train.txt").write_text("a\nb\nc\n")
    known = Known(read_known().catalog)
    typed = work_of_question({}, preset, known, Here(host=hostname()))
    form = forecast_of_preset(preset, (), 1, known=known).work
    assert typed.train_samples == form.train_samples == 3
    assert typed.sources["train_samples"] == form.sources["train_samples"]


def test_ultralytics_trains_on_the_fraction_that_it_is_told(tmp_path: Path) -> None:
    half = {"args.fraction": "0.5"}
    shapes = resolve("yolo-shapes", half)
    assert samples_of(shapes, [], hostname()).count == 64
    assert samples_of(resolve("yolo-shapes", {"args.fraction": "1.0"}), [], hostname()).count == 128
    told_now = resolve("yolo-shapes", half | {"estimate.train_samples": "50"})
    assert samples_of(told_now, [], hostname()).count == 50
    other = preset_of(tmp_path, "train_samples = 100", **half)
    assert samples_of(other, [], hostname()).count == 100, "another trainer may mean another thing"
