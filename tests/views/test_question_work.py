from __future__ import annotations

from pathlib import Path

import pytest

from cockpit.catalog.load import shipped_catalog
from cockpit.devices.glance import Glance
from cockpit.errors import InputError
from cockpit.presets.model import Preset
from cockpit.presets.resolve import load_file
from cockpit.views.forecast import Known
from cockpit.views.question_seat import Here
from cockpit.views.question_work import work_of_question
from cockpit.views.this_device import cpu_name

KNOWN = Known(shipped_catalog())
NOTHING = Here(Glance(), "here", Path("/nowhere"))
BOX = Here(Glance(("NVIDIA GeForce RTX 4090",) * 4), "here", Path("/nowhere"))
SIMULATED = Here(Glance(("NVIDIA GeForce RTX 4090",) * 4, is_simulated=True), "here", Path("/no"))
PRESET = """
schema = 1
summary = "for a test"

[launch]
kind = "{kind}"
script = "train.py"
gpus = "{gpus}"
{cpu}

[args]
model = "yolov8m-seg.pt"
epochs = 30
imgsz = 320
batch = 8

[batch]
argument = "batch"
scope = "{scope}"

[epochs]
argument = "epochs"
"""


def preset_of(
    folder: Path, *, scope: str = "rank", gpus: str = "4", cpu: str = "", kind: str = "torchrun"
) -> Preset:
    file = folder / "mine.toml"
    file.write_text(PRESET.format(scope=scope, gpus=gpus, cpu=cpu, kind=kind))
    (folder / "train.py").write_text("")
    return load_file(file)


def test_a_preset_gives_its_work(tmp_path: Path) -> None:
    work = work_of_question({"dataset_size": "1000"}, preset_of(tmp_path), KNOWN, NOTHING)
    assert (work.model, work.epochs, work.imgsz) == ("yolov8m-seg", 30, 320)
    assert (work.world_size, work.batch_per_rank) == (4, 8)
    assert work.sources["epochs"] == "from preset mine"
    assert work.sources["device"].startswith("assumed")
    assert work.host is None


def test_flags_win_over_the_preset_and_reach_what_its_trainer_is_told(tmp_path: Path) -> None:
    flags = {"dataset_size": "1000", "gpus": "2", "epochs": "5", "batch_per_rank": "1"}
    work = work_of_question(flags, preset_of(tmp_path), KNOWN, NOTHING)
    assert (work.world_size, work.epochs, work.batch_per_rank) == (2, 5, 1)
    assert work.sources["epochs"] == "given"
    assert (work.args["epochs"], work.args["batch"]) == ("5", "1")


def test_a_global_batch_is_shared_among_the_gpus(tmp_path: Path) -> None:
    preset = preset_of(tmp_path, scope="global")
    assert work_of_question({"dataset_size": "99"}, preset, KNOWN, NOTHING).batch_per_rank == 2
    with pytest.raises(InputError, match=r"cannot be divided.*--batch-per-rank"):
        work_of_question({"dataset_size": "99", "gpus": "3"}, preset, KNOWN, NOTHING)
    given = {"dataset_size": "99", "batch_per_rank": "5"}
    assert work_of_question(given, preset, KNOWN, NOTHING).args["batch"] == "20"


def test_gpus_of_this_machine_are_taken_where_there_are_enough(tmp_path: Path) -> None:
    plain = work_of_question({"dataset_size": "1000"}, None, KNOWN, BOX)
    assert (plain.device, plain.world_size, plain.host) == ("rtx-4090", 4, "here")
    many = work_of_question({"dataset_size": "1000", "gpus": "16"}, None, KNOWN, BOX)
    assert (many.device, many.host) == ("rtx-2080", None)
    assert "has only 4 GPUs" in many.sources["device"]
    launched = work_of_question({"dataset_size": "99"}, preset_of(tmp_path), KNOWN, BOX)
    assert (launched.device, launched.world_size, launched.host) == ("rtx-4090", 4, "here")


def test_a_gpu_that_this_machine_has_may_be_named(tmp_path: Path) -> None:
    flags = {"dataset_size": "1000", "gpus": "2"}
    own = work_of_question({**flags, "gpu": "RTX 4090"}, None, KNOWN, BOX)
    other = work_of_question({**flags, "gpu": "a100"}, None, KNOWN, BOX)
    assert (own.device, own.host) == ("rtx-4090", "here")
    assert (other.device, other.host) == ("a100", None)


def test_a_preset_is_estimated_for_where_its_launch_would_run(tmp_path: Path) -> None:
    preset = preset_of(tmp_path, gpus="auto", cpu="cpu_ranks = 2")
    flags = {"dataset_size": "1000"}
    on_cpu = work_of_question(flags, preset, KNOWN, NOTHING)
    assert (on_cpu.device, on_cpu.world_size, on_cpu.host) == (cpu_name(), 2, "here")
    on_gpus = work_of_question(flags, preset, KNOWN, BOX)
    assert (on_gpus.device, on_gpus.world_size) == ("rtx-4090", 4)
    simulated = work_of_question(flags, preset, KNOWN, SIMULATED)
    assert (simulated.device, simulated.world_size) == (cpu_name(), 2)
    assert "SIMULATED" in simulated.sources["device"]
    one = work_of_question({**flags, "gpus": "1"}, preset, KNOWN, SIMULATED)
    assert (one.device, one.world_size) == (cpu_name(), 1), "as many as were asked for"


def test_a_number_of_gpus_is_that_of_the_ranks_where_a_launch_trains_on_the_cpu(
    tmp_path: Path,
) -> None:
    preset = preset_of(tmp_path, gpus="auto", cpu="cpu_ranks = 2")
    for count in (1, 4):
        work = work_of_question(
            {"dataset_size": "1000", "gpus": str(count)}, preset, KNOWN, NOTHING
        )
        assert (work.device, work.world_size, work.host) == (cpu_name(), count, "here")
    alone = preset_of(tmp_path, gpus="auto", cpu="cpu_ranks = 1", kind="python")
    many = work_of_question({"dataset_size": "1000", "gpus": "4"}, alone, KNOWN, NOTHING)
    assert (many.device, many.world_size) == ("rtx-2080", 4), "one process is one rank on a CPU"


def test_one_process_is_one_rank_on_this_machine(tmp_path: Path) -> None:
    preset = preset_of(tmp_path, gpus="2", kind="python")
    assert work_of_question({"dataset_size": "99"}, preset, KNOWN, BOX).world_size == 1


def test_without_gpus_a_preset_is_asked_how_many(tmp_path: Path) -> None:
    preset = preset_of(tmp_path, gpus="auto")
    with pytest.raises(InputError, match="--gpus is missing"):
        work_of_question({"dataset_size": "99"}, preset, KNOWN, NOTHING)


def test_a_guide_that_trains_the_same_tells_the_gpus(tmp_path: Path) -> None:
    from cockpit.presets.resolve import resolve

    work = work_of_question({}, resolve("layoutmaster-8gpu"), KNOWN, NOTHING)
    assert (work.device, work.world_size) == ("h20", 8)
    assert "assumed, as in" in work.sources["device"]


@pytest.mark.parametrize("here", [NOTHING, SIMULATED])
def test_a_preset_for_gpus_that_are_not_here_is_answered_for_those_it_wants(here: Here) -> None:
    from cockpit.presets.resolve import resolve

    preset = resolve("obstacle-yolo11n-16gpu")
    work = work_of_question({"dataset_size": "1000"}, preset, KNOWN, here)
    assert (work.device, work.world_size, work.host) == ("rtx-2080", 16, None)


def test_a_tpu_has_a_rank_for_each_core(tmp_path: Path) -> None:
    from cockpit.presets.resolve import resolve

    work = work_of_question({}, resolve("mshnet-tpu"), KNOWN, NOTHING)
    assert (work.device, work.world_size, work.global_batch) == ("tpu-v2-8", 8, 32)


def test_a_wrong_number_causes_no_second_complaint(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        work_of_question({"dataset_size": "1000", "gpus": "x"}, None, KNOWN, NOTHING)
    assert caught.value.problem == "--gpus x: must be a whole number of GPUs"
    with pytest.raises(InputError) as caught:
        flags = {"dataset_size": "1000", "batch_per_rank": "x"}
        work_of_question(flags, preset_of(tmp_path, scope="global"), KNOWN, NOTHING)
    assert caught.value.problem == "--batch-per-rank x: must be a whole number of images"


@pytest.mark.parametrize(
    ("name", "flag", "value"),
    [
        ("quickstart", "gpu", "tpu-v3-8"),
        ("obstacle-yolo11n-16gpu", "gpu", "tpu-v2-8"),
        ("mshnet-gpu", "offer", "colab-free-tpu"),
        ("mshnet-tpu", "gpu", "a100"),
        ("mshnet-tpu", "offer", "p3.2xlarge"),
    ],
)
def test_a_preset_is_not_estimated_for_what_its_trainer_cannot_use(
    name: str, flag: str, value: str
) -> None:
    from cockpit.presets.resolve import resolve

    with pytest.raises(InputError) as caught:
        work_of_question({"dataset_size": "1000", flag: value}, resolve(name), KNOWN, NOTHING)
    assert f"--{flag} {value}: preset {name} does not run there" in caught.value.problem


@pytest.mark.parametrize(
    ("kind", "more", "gpu"),
    [
        ("xla", "[env]\nPJRT_DEVICE = 'CUDA'", "a100"),
        ("torchrun", "[launch]\nmodules = ['torch_tpu']", "tpu-v3-8"),
        ("xla", "", "cpu"),
    ],
)
def test_a_trainer_that_may_run_there_is_estimated(
    tmp_path: Path, kind: str, more: str, gpu: str
) -> None:
    file = tmp_path / "mine.toml"
    text = PRESET.format(scope="rank", gpus="auto", cpu="", kind=kind)
    section, _, line = more.partition("\n")
    text = text.replace(section, more) if section in text and line else f"{text}\n{more}\n"
    file.write_text(text)
    (tmp_path / "train.py").write_text("")
    work = work_of_question({"dataset_size": "9999", "gpu": gpu}, load_file(file), KNOWN, NOTHING)
    assert work.device.startswith(gpu)


def test_a_named_model_is_asked_about_at_its_own_image_size() -> None:
    flags = {"dataset_size": "1000", "gpu": "v100", "model": "mshnet"}
    work = work_of_question(flags, None, KNOWN, NOTHING)
    assert (work.imgsz, work.sources["imgsz"]) == (256, "the model's own (--imgsz)")
    larger = work_of_question({**flags, "imgsz": "512"}, None, KNOWN, NOTHING)
    assert (larger.imgsz, larger.sources["imgsz"]) == (512, "given")


def test_gpus_cpu_is_the_processor_as_for_a_launch() -> None:
    work = work_of_question({"dataset_size": "1000", "gpus": "cpu"}, None, KNOWN, NOTHING)
    assert (work.device, work.world_size) == (cpu_name(), 1)
    with pytest.raises(InputError, match="--gpus cpu and --gpu v100"):
        work_of_question({"dataset_size": "9", "gpus": "cpu", "gpu": "v100"}, None, KNOWN, NOTHING)


@pytest.mark.parametrize(
    ("text", "count"), [("1,000", 1000), ("118,287", 118_287), ("1k", 1000), ("1.5k", 1500)]
)
def test_counts_are_understood_as_people_write_them(text: str, count: int) -> None:
    flags = {"dataset_size": text, "gpu": "v100"}
    assert work_of_question(flags, None, KNOWN, NOTHING).train_samples == count


@pytest.mark.parametrize("text", ["1,00", "10,0000", "1.0005k", ",", "k", "-1,000"])
def test_a_count_that_is_written_wrongly_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="--dataset-size"):
        work_of_question({"dataset_size": text, "gpu": "v100"}, None, KNOWN, NOTHING)


def test_an_unknown_model_says_how_to_go_on_with_one_of_ones_own() -> None:
    with pytest.raises(InputError, match=r"a preset with --probe, or a row in catalog\.toml"):
        work_of_question({"dataset_size": "9", "model": "resnet50"}, None, KNOWN, NOTHING)


@pytest.mark.parametrize("epochs", [float("nan"), float("inf"), 2.5])
def test_epochs_of_a_preset_that_are_no_number_are_refused(tmp_path: Path, epochs: float) -> None:
    preset = preset_of(tmp_path).with_setting("epochs", epochs)
    with pytest.raises(InputError, match="preset mine: epochs = "):
        work_of_question({"dataset_size": "1000"}, preset, KNOWN, NOTHING)
    flags = {"dataset_size": "1000", "epochs": "3"}
    assert work_of_question(flags, preset, KNOWN, NOTHING).epochs == 3
