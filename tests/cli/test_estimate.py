from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from cockpit import locations
from cockpit.calibrations.calibration import Calibration, Kind
from cockpit.calibrations.file import append_calibration, read_calibrations
from cockpit.catalog.load import shipped_catalog
from cockpit.cli.estimate import estimate
from cockpit.errors import CockpitError, InputError
from cockpit.runs.reader import hostname
from cockpit.views.this_device import cpu_name

KEYS_OF_EVERY_SCRIPT = [
    "dataset_size",
    "epochs",
    "gpus",
    "global_batch",
    "steps_per_epoch",
    "scaling_efficiency",
    "effective_speedup",
    "epoch_s",
    "total_s",
    "total_s_low",
    "total_s_high",
    "basis",
]
BOX = ("--dataset-size", "1000", "--gpus", "16")
"""The case of document 001."""


PRESET = """
schema = 1
summary = "for a test"

[launch]
kind = "python"
script = "train.py"
cpu_ranks = 1

[args]
epochs = 3
"""


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("CONFIG", "DATA", "CACHE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name.lower()))
    monkeypatch.setenv("COCKPIT_DEVICES", "none")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def invoke(*words: str, columns: int = 80) -> Result:
    app = typer.Typer()
    app.command()(estimate)
    return CliRunner().invoke(app, words, env={"COLUMNS": str(columns)})


def refusal(*words: str) -> str:
    result = invoke(*words)
    assert isinstance(result.exception, InputError), result.output
    assert result.exception.exit_code == 2
    assert result.stdout == ""
    return result.exception.problem


def found(*words: str) -> dict[str, object]:
    result = invoke(*words, "--json")
    assert result.exit_code == 0, result.output
    value = json.loads(result.stdout)
    assert isinstance(value, dict)
    return value


def run_of_quickstart(**changes: object) -> Calibration:
    values = {
        "calibration_id": "run:quickstart-20261122-101500",
        "kind": Kind.RUN,
        "time_s": 1_800_000_000.0,
        "host": hostname(),
        "device": cpu_name(),
        "preset": "quickstart",
        "batch_per_rank": 16,
        "world_size": 2,
        "train_samples": 1437,
        "epochs": 10,
        "start_s": 4.0,
        "epoch_s": 1.5,
        "epoch_low_s": 1.4,
        "epoch_high_s": 1.7,
        "epochs_done": 10,
        "step_s": 0.03,
        "end_s": 0.5,
        "total_s": 19.5,
    }
    return Calibration(**{**values, **changes})  # type: ignore[arg-type]  # values of any field


def test_the_keys_that_scripts_rely_on_stay_first() -> None:
    told = found(*BOX)
    assert list(told)[: len(KEYS_OF_EVERY_SCRIPT)] == KEYS_OF_EVERY_SCRIPT
    assert (told["gpus"], told["global_batch"], told["steps_per_epoch"]) == (16, 256, 4)
    assert told["tier"] == "catalog"
    assert told["is_measured"] is False
    assert isinstance(told["memory"], dict)
    assert told["memory"]["need_bytes"] < told["memory"]["capacity_bytes"]
    assert isinstance(told["total_s_low"], float)
    assert isinstance(told["total_s_high"], float)
    assert told["total_s_high"] > told["total_s_low"]


def test_people_read_the_three_answers_first_and_then_what_they_rest_on() -> None:
    rows = invoke(*BOX).stdout.splitlines()
    assert rows[0].startswith("yolo11n, 1,000 images of 640 px, 100 epochs on 16 × RTX 2080")
    assert any(row.startswith("calculated, not measured") for row in rows[:3])
    first = next(number for number, row in enumerate(rows) if row.startswith("  time"))
    labels = [row[2:22].rstrip() for row in rows[first : first + 3]]
    assert labels == ["time", "ends", "memory"]
    text = "\n".join(rows)
    for part in ("steps per epoch     4", "(assumed)", "rests on:", "to narrow it:"):
        assert part in text
    assert "no price told for such GPUs: --price" in text.replace("\n                      ", " ")


@pytest.mark.parametrize("columns", [60, 80, 100, 200])
def test_lines_fit_the_terminal_and_are_no_wider_than_can_be_read(columns: int) -> None:
    rows = invoke(*BOX, columns=columns).stdout.splitlines()
    assert max(map(len, rows)) <= min(columns, 100)


def test_what_nobody_told_is_called_assumed() -> None:
    text = " ".join(invoke(*BOX).stdout.split())
    assert "assumed, since this machine has no GPU (--gpu)" in text
    assert "100 epochs: assumed (--epochs)" in text
    told = found(*BOX, "--epochs", "5", "--gpu", "a100")["work"]
    assert isinstance(told, dict)
    assert told["sources"]["epochs"] == told["sources"]["device"] == "given"


def test_an_estimate_loads_nothing_heavy() -> None:
    heavy = ("torch", "textual", "numpy", "pandas", "pydantic", "psutil", "pynvml", "yaml")
    script = (
        "import sys\n"
        "from cockpit.cli.commands import app\n"
        f"app({['estimate', *BOX]!r}, standalone_mode=False)\n"
        f"print([name for name in {heavy!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "[]"


def test_batch_is_another_word_for_batch_per_rank() -> None:
    words = ("--dataset-size", "1000", "--gpus", "2", "--json")
    assert invoke(*words, "--batch", "8").stdout == invoke(*words, "--batch-per-rank", "8").stdout


def test_all_problems_come_at_once_and_name_their_flags() -> None:
    problems = refusal(
        *("--gpus", "two", "--epochs", "0", "--model", "yolo11q", "--imgsz", "1.5")
    ).splitlines()
    assert len(problems) == 5
    for flag in ("--dataset-size is missing", "--gpus two", "--epochs 0", "--model", "--imgsz 1.5"):
        assert any(flag in problem for problem in problems)


def test_the_nearest_name_is_offered() -> None:
    assert "rtx-2080" in refusal(*BOX, "--gpu", "rtx208")
    assert "yolo11" in refusal(*BOX, "--model", "yolo11q")
    assert "p3.2xlarge" in refusal(*BOX, "--offer", "p3.2xlarg")


def test_all_offers_that_begin_as_typed_are_named() -> None:
    said = refusal(*BOX, "--offer", "lambda")
    begun = [key for key in shipped_catalog().offers if key.startswith("lambda")]
    assert len(begun) > 1
    assert all(key in said for key in begun)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ("--dataset-size", "0", "--gpus", "1"),
            "--dataset-size 0: must be at least 1 training image",
        ),
        (("--dataset-size", "10", "--gpus", "16"), "more GPUs than the 10 images"),
        (("--dataset-size", "100", "--gpus", "16"), "try --batch-per-rank 6 or --gpus 6"),
        ((*BOX, "--batch", "-4"), "--batch-per-rank -4: must be at least 1"),
        ((*BOX, "--epochs", "99999999"), "must be at most 1,000,000 epochs"),
        ((*BOX, "--price", "-1"), "--price -1"),
        ((*BOX, "--budget", "lots"), "--budget lots"),
        ((*BOX, "--deadline", "soon"), "--deadline soon"),
        ((*BOX, "--hosts", "0"), "--hosts 0"),
        ((*BOX, "--runs-per-month", "0"), "--runs-per-month 0"),
        ((*BOX, "--offer", "aws-a100", "--price", "1"), "--price and --offer exclude each other"),
        ((*BOX, "--offer", "aws-a100", "--gpu", "v100"), "is of a100, not of v100"),
        ((*BOX, "--spot"), "--spot: only with --offer"),
        ((*BOX, "--set", "args.epochs=3"), "--set: only with --preset"),
        ((*BOX, "--probe"), "--probe: only with --preset"),
        (("--preset", "quickstart", "--probe-steps", "3"), "--probe-steps: only with --probe"),
        (("--catalog", "--gpus", "3"), "--catalog stands alone, without --gpus"),
        (("--compare", "a100", "--budget", "3"), "--compare and --budget exclude each other"),
        (("--compare", "a100,quantum"), "quantum"),
        ((*BOX, "--budget", ""), "--budget: it is empty"),
        ((*BOX, "--price", "", "--deadline", " "), "--deadline: it is empty"),
        (("--forget", ""), "--forget: it is empty"),
        (("--learn", ""), "--learn: it is empty"),
        (("--learn", "last", "--gpus", "3"), "--learn stands alone, without --gpus"),
    ],
)
def test_bad_input_gets_a_sentence(words: tuple[str, ...], said: str) -> None:
    assert said in refusal(*words)


def test_a_price_file_with_errors_is_refused_as_a_whole(place: Path) -> None:
    file = locations.catalog_file()
    file.parent.mkdir(parents=True)
    file.write_text('[[offer]]\nkey = "mine"\nhour = -3\n')
    assert str(file.name) in refusal(*BOX)


def test_a_wrong_catalogue_and_a_wrong_price_are_told_at_once(place: Path) -> None:
    locations.catalog_file().parent.mkdir(parents=True)
    locations.catalog_file().write_text('[[offer]]\nkey = "mine"\nhour = -3\n')
    locations.settings_file().write_text("[cost]\ngpu_hour = -1\n")
    problem = refusal(*BOX)
    assert "offer mine: hour: must be a number, 0 or more, is -3" in problem
    assert "offer mine: accelerator: is missing" in problem
    assert "config.toml: cost.gpu_hour is no price" in problem


def test_a_price_a_gpu_hour_counts_for_every_gpu() -> None:
    one, two = (
        found("--dataset-size", "1000", "--gpus", "2", "--price", price)["costs"]
        for price in ("1", "2")
    )
    assert isinstance(one, list)
    assert isinstance(two, list)
    assert two[0]["run"] == pytest.approx(2 * one[0]["run"])
    assert one[0]["offer"] == "own"


def test_an_offer_tells_the_gpus_and_the_price() -> None:
    told = found("--dataset-size", "1000", "--offer", "g5.48xlarge")
    assert told["gpus"] == 8
    costs = told["costs"]
    assert isinstance(costs, list)
    assert costs[0]["offer"] == "g5.48xlarge"
    assert costs[0]["run"] > 0


def test_gpus_of_this_machine_are_taken_where_there_are_enough(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COCKPIT_DEVICES", "simulated:2x4090")
    told = found("--dataset-size", "1000", "--gpus", "2")["work"]
    assert isinstance(told, dict)
    assert told["device"] == "rtx-2080", "simulated GPUs are none"
    assert "this machine has no GPU" in told["sources"]["device"]


def test_whether_a_model_fits_needs_no_data_set_and_no_number_of_gpus() -> None:
    words = ("--model", "yolo11m", "--imgsz", "1280", "--batch", "32", "--gpu", "rtx-2080")
    told = found(*words)
    assert (told["total_s"], told["gpus"]) == (None, 1)
    assert isinstance(told["memory"], dict)
    text = " ".join(invoke(*words).stdout.split())
    assert "does not fit" in text
    assert "--dataset-size" in text
    assert "--dataset-size is missing" in refusal(*words[:2], "--budget", "5")
    with_time = " ".join(invoke(*words, "--dataset-size", "1000").stdout.split())
    assert "as if it fitted: this batch does not" in with_time


def test_the_processor_can_be_asked_about() -> None:
    told = found("--dataset-size", "100", "--gpu", "cpu", "--imgsz", "64")
    assert told["gpus"] == 1
    work = told["work"]
    assert isinstance(work, dict)
    assert work["device"] == cpu_name()
    assert work["host"] == hostname()


def test_a_preset_rests_on_its_runs_here() -> None:
    append_calibration(locations.calibrations_file(), run_of_quickstart())
    told = found("--preset", "quickstart")
    assert told["tier"] == "runs"
    assert told["dataset_size"] == 1437
    assert told["gpus"] == 2
    likely = told["total_s"]
    assert isinstance(likely, float)
    assert likely == pytest.approx(19.5, rel=0.1)


def test_where_nothing_is_known_of_the_memory_it_says_what_measures_it() -> None:
    append_calibration(locations.calibrations_file(), run_of_quickstart())
    said = " ".join(invoke("--preset", "quickstart").stdout.split())
    assert "cockpit memory --preset quickstart measures it" in said


def test_a_setting_of_the_preset_changes_the_work() -> None:
    append_calibration(locations.calibrations_file(), run_of_quickstart())
    words = ("--preset", "quickstart")
    assert found(*words, "--set", "args.epochs=20")["epochs"] == 20
    assert found(*words, "--set", "args.batch-size=8")["global_batch"] == 16


def test_a_preset_of_which_nothing_is_known_offers_a_probe() -> None:
    result = invoke("--preset", "quickstart")
    assert isinstance(result.exception, CockpitError)
    assert result.exception.exit_code == 1
    assert "no run of it was measured here" in result.exception.problem
    assert "--preset quickstart --probe" in result.exception.remedy


def test_other_numbers_of_ranks_rest_on_the_runs_on_this_cpu_too() -> None:
    append_calibration(locations.calibrations_file(), run_of_quickstart())
    for count in (1, 4):
        told = found("--preset", "quickstart", "--gpus", str(count))
        assert (told["tier"], told["gpus"]) == ("runs", count)


def test_a_probe_of_gpus_that_are_not_here_is_refused_with_what_can_be_asked() -> None:
    result = invoke("--preset", "obstacle-yolo11n-16gpu", "--dataset-size", "1000", "--probe")
    assert isinstance(result.exception, InputError)
    assert result.exception.remedy == "--gpu cpu"


def test_a_preset_that_does_not_tell_its_images_is_asked_for_them(place: Path) -> None:
    (place / "presets").mkdir()
    (place / "presets" / "train.py").write_text("")
    (place / "presets" / "mine.toml").write_text(PRESET)
    assert "--dataset-size is missing" in refusal("--preset", "mine")


def test_calibrations_are_listed_and_forgotten() -> None:
    assert "nothing was measured here yet" in invoke("--calibrations").stdout
    file = locations.calibrations_file()
    append_calibration(file, run_of_quickstart())
    append_calibration(file, run_of_quickstart(calibration_id="probe:other", time_s=1.0))
    rows = invoke("--calibrations").stdout.splitlines()
    assert max(map(len, rows)) <= 80
    assert [row.split()[0] for row in rows if ":" in row.split()[0]] == [
        "run:quickstart-20261122-101500",
        "probe:other",
    ]
    assert invoke("--forget", "probe").exit_code == 0
    assert [one.calibration_id for one in read_calibrations(file)] == [
        "run:quickstart-20261122-101500"
    ]
    assert invoke("--forget", "all").exit_code == 0
    assert read_calibrations(file) == ()
    assert "there is no such calibration" in refusal("--forget", "run:gone")


def test_no_code_of_a_foreign_path_reaches_the_terminal() -> None:
    name = "run:/tmp/\x1b]0;owned\x07x"
    append_calibration(locations.calibrations_file(), run_of_quickstart(calibration_id=name))
    result = invoke("--forget", "all")
    assert result.exit_code == 0
    assert result.stdout.startswith("forgotten: run:/tmp/")
    assert not set("\x1b\x07") & set(result.stdout)


def test_a_calibration_tells_how_far_off_its_foretelling_was() -> None:
    from cockpit.calibrations.calibration import Foretold

    told = Foretold(39.0, 30.0, 50.0, "one run")
    append_calibration(locations.calibrations_file(), run_of_quickstart(foretold=told))
    (one,) = json.loads(invoke("--calibrations", "--json").stdout)
    assert one["error"] == pytest.approx(1.0)
    assert one["held"] is False
    assert "39 s, took 50 % less !" in invoke("--calibrations", columns=160).stdout


def test_schemes_of_document_002_need_no_other_flag() -> None:
    result = invoke("--compare", "tpu-v2-8,a100,v100,rtx4090,cpu")
    assert result.exit_code == 0
    assert "assumed, as document 002 has it" in result.stdout
    for name in ("TPU v2-8", "A100", "V100", "RTX 4090", "CPU"):
        assert name in result.stdout
    told = json.loads(invoke("--compare", "a100,cpu", "--json").stdout)
    assert isinstance(told, dict)


def test_a_budget_a_deadline_and_hosts_are_answered() -> None:
    for words in (("--budget", "5"), ("--deadline", "8h"), ("--hosts", "2", "--gpu", "v100")):
        result = invoke("--dataset-size", "1000", *words)
        assert result.exit_code == 0, result.output
        assert result.stdout
        assert json.loads(invoke("--dataset-size", "1000", *words, "--json").stdout)


def test_accelerators_and_offers_are_listed() -> None:
    assert "rtx-2080" in invoke("--catalog").stdout
    assert json.loads(invoke("--catalog", "--json").stdout)


def test_a_deadline_is_answered_with_the_machine_on_which_the_preset_was_measured() -> None:
    append_calibration(locations.calibrations_file(), run_of_quickstart())
    said = " ".join(invoke("--preset", "quickstart", "--deadline", "8h").stdout.split())
    assert "this machine: 20 s" in said
    assert "1 scheme was judged" in said


def test_where_no_scheme_can_be_judged_it_says_why_and_what_to_do() -> None:
    said = " ".join(invoke("--preset", "quickstart", "--deadline", "8h").stdout.split())
    assert "0 schemes were judged" in said
    assert "cockpit estimate --preset quickstart --probe" in said


def test_a_gpu_of_another_machine_is_not_answered_with_a_probe_of_this_one() -> None:
    append_calibration(locations.calibrations_file(), run_of_quickstart())
    result = invoke("--preset", "quickstart", "--gpu", "a100")
    assert isinstance(result.exception, CockpitError)
    told = f"{result.exception.problem}; {result.exception.remedy}"
    assert "does not speak for a100" in told
    assert "[estimate] model" in told
    assert "--probe" not in told
    said = " ".join(invoke("--preset", "quickstart", "--compare", "a100").stdout.split())
    assert "does not speak for a100" in said
    assert "NAME" not in said


def test_the_price_of_an_offer_that_must_be_reserved_ahead_says_so() -> None:
    said = " ".join(invoke("--dataset-size", "1000", "--offer", "p4d.24xlarge").stdout.split())
    assert "must be reserved ahead" in said
