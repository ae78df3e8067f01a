"""The time figures of the guides, held against themselves and against ours."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cockpit.analysis.forecast.cost.energy import ranks_per_device
from cockpit.analysis.forecast.fitting.laws import Costs, Size, karp_flatt
from cockpit.analysis.forecast.result import Tier
from cockpit.analysis.forecast.time.forecast import forecast_time
from cockpit.analysis.forecast.work import Work
from cockpit.catalog.load import shipped_catalog
from cockpit.catalog.names import find_accelerator
from cockpit.catalog.rows import DocumentTime

CATALOG = shipped_catalog()
ROWS = CATALOG.document_times
OF_002 = [row for row in ROWS if row.document == "002"]


def row_of(document: str) -> DocumentTime:
    (row,) = [row for row in ROWS if row.document == document]
    return row


def asked(row: DocumentTime) -> Work:
    cores = ranks_per_device(find_accelerator(CATALOG, row.accelerator))
    return Work(
        row.epochs,
        row.count * cores,
        row.batch_per_rank // cores,
        row.accelerator,
        row.train_samples,
        row.model,
        row.imgsz,
    )


def test_001_prints_less_than_its_own_epochs_take() -> None:
    row = row_of("001")
    assert row.epoch_s == pytest.approx(0.4 * 60)
    assert row.epochs * row.epoch_s / 3600 == pytest.approx(0.67, abs=0.005)
    assert row.total_s / 3600 == pytest.approx(0.6)


def test_001_has_four_steps_an_epoch_for_which_a_throughput_says_nothing() -> None:
    row = row_of("001")
    size = Size(row.train_samples or 0, row.batch_per_rank, row.count)
    assert size.steps == 4
    found = forecast_time(asked(row), (), CATALOG)
    assert found is not None
    assert found.steps_per_epoch == 4
    assert found.epoch_share_fixed is not None
    assert found.epoch_share_fixed > 0.4
    assert any("only 4 steps an epoch" in sentence for sentence in found.basis)


def test_001_claims_an_efficiency_that_its_gpus_were_never_seen_at() -> None:
    assert pytest.approx(0.85) == 13.6 / 16
    found = forecast_time(asked(row_of("001")), (), CATALOG)
    assert found is not None
    assert found.efficiency is not None
    assert found.efficiency.high < 0.75
    assert karp_flatt(13.6, 16) < 0.037
    assert not found.is_efficiency_measured


def formula_of_001_s(samples: int, gpus: int) -> float:
    """Return its epoch at 640 px, as velamints2/VLA_FOR_IKITBOT calculates it."""
    return samples * 0.05 / (gpus * 0.85)


def test_the_throughput_formula_of_001_gives_a_sixth_of_its_own_sample() -> None:
    epoch_s = formula_of_001_s(1000, 16)
    assert epoch_s / 60 == pytest.approx(0.06, abs=0.002)
    assert 100 * epoch_s / 3600 == pytest.approx(0.10, abs=0.003)
    assert row_of("001").epoch_s / epoch_s == pytest.approx(6.5, abs=0.05)


def test_few_steps_do_not_halve_when_gpus_double_as_the_formula_of_001_has_it() -> None:
    assert formula_of_001_s(1000, 16) == pytest.approx(formula_of_001_s(1000, 8) / 2)
    found = [
        forecast_time(replace(asked(row_of("001")), world_size=gpus), (), CATALOG)
        for gpus in (8, 16)
    ]
    assert found[0] is not None
    assert found[1] is not None
    assert found[1].epoch_s.likely > 0.8 * found[0].epoch_s.likely


def test_001_is_asked_of_published_speeds_and_its_claim_stands_beside() -> None:
    found = forecast_time(asked(row_of("001")), (), CATALOG)
    assert found is not None
    assert found.tier is Tier.CATALOG
    assert any("document 001 claims 24 s an epoch" in line for line in found.basis)


@pytest.mark.parametrize("row", OF_002, ids=lambda row: row.accelerator)
def test_002_agrees_with_itself_and_is_told_as_its_claim(row: DocumentTime) -> None:
    assert row.epochs * row.epoch_s == pytest.approx(row.total_s, rel=0.01)
    found = forecast_time(asked(row), (), CATALOG)
    assert found is not None
    assert found.tier is Tier.DOCUMENTS
    assert found.epoch_s.likely == pytest.approx(row.epoch_s, rel=0.02)
    assert found.total_s.likely == pytest.approx(row.total_s, rel=0.02)
    assert found.total_s.low <= row.total_s / 2
    assert found.total_s.high >= row.total_s * 2
    assert "claim" in found.evidence
    assert any("nobody checked it" in line for line in found.basis)


def test_002_prints_these_hours_and_speeds() -> None:
    hours = {row.accelerator: round(row.total_s / 3600, 1) for row in OF_002}
    assert hours == {"tpu-v2-8": 3.3, "a100": 6.7, "v100": 13.3, "t4": 20.0, "cpu": 66.7}
    t4_s = next(row.total_s for row in OF_002 if row.accelerator == "t4")
    speeds = {row.accelerator: round(t4_s / row.total_s, 1) for row in OF_002}
    assert speeds == {"tpu-v2-8": 6.0, "a100": 3.0, "v100": 1.5, "t4": 1.0, "cpu": 0.3}


def test_an_accelerator_that_002_leaves_out_is_carried_over_from_those_of_its_kind() -> None:
    found = forecast_time(Work(400, 1, 16, "rtx-4090", None, "mshnet", 256), (), CATALOG)
    slow = forecast_time(Work(400, 1, 4, "t4", None, "mshnet", 256), (), CATALOG)
    assert found is not None
    assert slow is not None
    assert found.tier is Tier.DOCUMENTS
    assert found.total_s.likely < slow.total_s.likely
    assert found.total_s.width > slow.total_s.width
    assert not any("cpu" in line or "tpu" in line for line in found.basis)


def test_a_tpu_is_one_device_of_eight_cores() -> None:
    row = next(row for row in OF_002 if row.accelerator == "tpu-v2-8")
    found = forecast_time(Work(400, 8, 4, "tpu-v2-8", None, "mshnet", 256), (), CATALOG)
    assert found is not None
    assert found.total_s.likely == pytest.approx(row.total_s, rel=0.02)


def test_more_tpus_take_no_longer_and_eight_of_eight_cores_are_no_single_one() -> None:
    works = [Work(10, 8 * count, 16, "tpu-v3-8", 118_287, "yolo11n") for count in range(1, 17)]
    found = [forecast_time(work, (), CATALOG) for work in works]
    times = [one.epoch_s.likely for one in found if one is not None]
    assert len(times) == len(works)
    assert times == sorted(times, reverse=True)


def test_003_prints_more_than_its_own_speed_takes() -> None:
    slow_s, fast_s = 800 / 2, 800 / 4
    assert (fast_s / 60, slow_s / 60) == pytest.approx((3.3, 6.7), abs=0.05)
    row = row_of("003")
    assert 5 * 60 <= row.epoch_s <= 10 * 60
    found = forecast_time(asked(row), (), CATALOG)
    assert found is not None
    assert found.tier is Tier.DOCUMENTS
    assert found.epoch_s.high < fast_s, "its own log shows 41 s, 1.14 h for 100 epochs"
    assert found.total_s.low < 1.14 * 3600 < found.total_s.high


def test_004_counts_the_batches_of_all_ranks_together() -> None:
    row = row_of("004")
    steps = Size(row.train_samples or 0, row.batch_per_rank, row.count).steps
    assert steps == 1234
    assert steps * row.count / row.epoch_s == pytest.approx(27.3, abs=0.05)
    assert steps / row.epoch_s == pytest.approx(6.8, abs=0.05)


def test_a_guide_that_names_no_device_answers_for_none() -> None:
    row = row_of("004")
    assert row.accelerator == ""
    found = forecast_time(Work(1, 4, 16, "rtx-3090", 1000, "yolov8m-seg", 640), (), CATALOG)
    assert found is not None
    assert found.tier is Tier.CATALOG


def test_the_batch_table_of_001_multiplies_by_its_16_gpus() -> None:
    printed = {320: (32, 512), 480: (24, 384), 640: (16, 256), 800: (8, 128)}
    rows = {row.imgsz: row for row in CATALOG.document_memories if row.document == "001"}
    assert rows.keys() == printed.keys()
    for imgsz, (each, total) in printed.items():
        assert rows[imgsz].batch_per_rank == each
        assert 16 * each == total
    memory = CATALOG.accelerators["rtx-2080"].memory_bytes
    assert memory is not None
    assert 16 * memory == 128 * 2**30  # its "128 GB in all"


def test_the_memory_of_001_does_not_go_by_the_pixels_of_a_step() -> None:
    """Its largest memory is of the fewest pixels: 5.1 million at 800 px, 6.6 million at 640."""
    rows = sorted(
        (row for row in CATALOG.document_memories if row.document == "001"),
        key=lambda row: row.batch_per_rank * row.imgsz**2,
    )
    used = [row.used_bytes or 0 for row in rows]
    assert used != sorted(used)


def test_003_claims_7_to_15_times_what_its_own_log_shows() -> None:
    row = row_of("003")
    assert row.logged_epoch_s is not None
    assert 5 * 60 / row.logged_epoch_s == pytest.approx(7.3, abs=0.05)
    assert 10 * 60 / row.logged_epoch_s == pytest.approx(14.6, abs=0.05)
    assert row.epochs * row.logged_epoch_s / 3600 == pytest.approx(1.14, abs=0.005)
    assert row.total_low_s is not None
    assert row.total_high_s is not None
    hours = row.total_low_s / 3600, row.total_high_s / 3600
    assert hours == (8, 16)


def test_8_old_gpus_on_a_tiny_data_set_lose_against_a_new_one() -> None:
    """yolov5#1933: coco128 takes 10 min on an RTX 3090 and 26 on 8 K80: fixed times decide."""
    one = forecast_time(Work(300, 1, 16, "rtx-3090", 128, "yolov5s", 640), (), CATALOG)
    eight = forecast_time(Work(300, 8, 16, "k80", 128, "yolov5s", 640), (), CATALOG)
    assert one is not None
    assert eight is not None
    assert one.total_s.low <= 10 * 60 <= one.total_s.high
    assert eight.total_s.low <= 26 * 60 <= eight.total_s.high
    assert one.total_s.likely < eight.total_s.likely
    assert eight.steps_per_epoch == 1


@pytest.mark.parametrize(("params", "told_ms"), [(2.6e6, 3.9), (57e6, 86)])
def test_gradients_of_nano_models_are_no_wall(params: float, told_ms: float) -> None:
    """Sent at 5 GB/s among 16 ranks that compute nothing."""
    sending = Costs(0.0, 0.0, 0.0, 0.0, 0.0, gradients_s=4 * params / 5e9)
    assert sending.step_s(Size(1000, 16, 16)) * 1000 == pytest.approx(told_ms, rel=0.01)
