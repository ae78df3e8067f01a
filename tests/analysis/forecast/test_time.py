from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cockpit.analysis.forecast.result import Tier, TimeForecast
from cockpit.analysis.forecast.time.forecast import forecast_time, why_unknown
from cockpit.analysis.forecast.work import Work
from cockpit.calibrations.calibration import Calibration, Kind, ScalingPoint
from cockpit.catalog.load import shipped_catalog

CATALOG = shipped_catalog()
DOCUMENT_001 = Work(100, 16, 16, "rtx-2080", 1000, "yolo11n", 640)
RUN = Calibration(
    "run:one",
    Kind.RUN,
    100.0,
    "box",
    "NVIDIA GeForce RTX 2080",
    preset="mine",
    model="yolo11n.pt",
    imgsz=640,
    batch_per_rank=16,
    world_size=2,
    train_samples=3200,
    epochs=10,
    args={"batch": "32", "lr0": "0.01", "workers": "8"},
    start_s=20.0,
    epoch_s=50.0,
    epoch_low_s=48.0,
    epoch_high_s=53.0,
    epochs_done=10,
    end_s=4.0,
    total_s=524.0,
)
WORK = Work(
    10,
    2,
    16,
    "rtx-2080",
    3200,
    "yolo11n",
    640,
    preset="mine",
    host="box",
    args={"batch": "32", "lr0": "0.04", "workers": "8"},
    sources=dict.fromkeys(
        ("epochs", "batch_per_rank", "model", "imgsz", "device", "train_samples"), "given"
    ),
)


def told(work: Work, *seen: Calibration) -> TimeForecast:
    found = forecast_time(work, seen, CATALOG)
    assert found is not None
    return found


def words(found: TimeForecast) -> str:
    return "\n".join(found.basis)


def test_a_run_of_the_same_configuration_tells_the_total() -> None:
    found = told(WORK, RUN)
    assert found.tier is Tier.RUNS
    assert found.evidence == "1 run of mine here"
    assert found.total_s.likely == pytest.approx(524, rel=0.02)
    assert found.epoch_s.likely == pytest.approx(50, rel=0.02)
    assert found.start_s.likely == pytest.approx(20, rel=0.02)
    assert found.steps_per_epoch == 100
    assert found.basis[0] == (
        "measured here: 1 run of mine with 2 ranks, batch 16 each, 3,200 samples, 640 px: an epoch "
        "took 50 s"
    )


def test_runs_of_the_preset_tell_what_only_the_second_epoch_takes() -> None:
    extras = (0.5, 3.0, 0.7, None)
    runs = [
        replace(RUN, calibration_id=f"run:{at}", second_extra_s=extra)
        for at, extra in enumerate(extras)
    ]
    foreign = replace(RUN, calibration_id="run:other", preset="other", second_extra_s=9.0)
    assert told(WORK, *runs, foreign).second_extra_s == 0.7
    assert told(WORK, RUN).second_extra_s is None


def test_other_epochs_cost_no_certainty() -> None:
    found = told(replace(WORK, epochs=100), RUN)
    assert found.total_s.likely == pytest.approx(5024, rel=0.02)
    assert found.total_s.width <= 1.9


def test_one_run_says_its_like_to_a_third_and_more_that_agree_say_it_better() -> None:
    runs = [replace(RUN, calibration_id=str(number)) for number in range(6)]
    widths = [told(WORK, *runs[:count]).total_s.width for count in (1, 2, 6)]
    assert 1.5 <= widths[0] <= 1.9
    assert widths == sorted(widths, reverse=True)
    assert widths[2] < 1.45


def test_the_end_of_a_probe_that_started_quickly_is_no_long_one() -> None:
    few = replace(RUN, train_samples=64, total_s=None, end_s=None)
    probe = replace(few, kind=Kind.PROBE, start_s=1.0, epoch_s=None, step_s=0.4)
    found = told(replace(WORK, epochs=1, train_samples=64), probe)
    assert found.total_s.width < 2.2


def test_a_machine_that_is_disturbed_within_a_run_is_not_trusted_between_runs() -> None:
    disturbed = replace(RUN, epoch_low_s=35.0, epoch_high_s=70.0)
    assert told(WORK, disturbed).total_s.width > 1.2 * told(WORK, RUN).total_s.width


def test_nothing_of_another_machine_counts() -> None:
    for work in (replace(WORK, host="other"), replace(WORK, host=None)):
        assert told(work, RUN).tier is Tier.CATALOG


def test_what_simulated_gpus_took_says_nothing_of_gpus() -> None:
    simulated = replace(RUN, is_simulated=True)
    assert told(WORK, simulated).tier is Tier.CATALOG
    assert told(replace(WORK, device="cpu: Xeon, 4 cores"), simulated).tier is Tier.RUNS


def test_what_a_processor_took_says_nothing_of_gpus() -> None:
    assert told(WORK, replace(RUN, device="cpu: Xeon, 4 cores")).tier is Tier.CATALOG


def test_of_a_preset_without_known_model_only_its_own_runs_tell() -> None:
    work = replace(WORK, model="net.py")
    assert told(work, replace(RUN, model="net.py")).tier is Tier.RUNS
    assert forecast_time(work, [replace(RUN, model="net2.py", preset="other")], CATALOG) is None


def test_weights_and_layers_of_an_unknown_model_are_of_the_same_model() -> None:
    ours = replace(WORK, model="nets/mine.pt")
    found = told(ours, replace(RUN, model="mine.yaml"))
    assert "differs" not in words(found)
    assert found == told(ours, replace(RUN, model="nets/mine.pt"))


def test_a_run_of_another_preset_with_the_same_model_counts_for_less() -> None:
    other = told(WORK, replace(RUN, preset="other"))
    assert other.tier is Tier.RUNS
    assert other.total_s.width > told(WORK, RUN).total_s.width
    assert "of other, not of mine" in words(other)


def test_a_harmless_argument_changes_nothing_and_another_one_is_named() -> None:
    plain = told(WORK, RUN)
    assert "told otherwise" not in words(plain)
    cached = told(replace(WORK, args={**WORK.args, "cache": "true", "workers": "0"}), RUN)
    assert "told otherwise: cache, workers" in words(cached)
    assert cached.total_s.width > plain.total_s.width
    assert cached.total_s.likely == pytest.approx(plain.total_s.likely, rel=0.02)


def test_an_argument_that_says_what_a_field_says_is_no_other_difference() -> None:
    run = replace(RUN, args={**RUN.args, "images": "3200"})
    more = replace(WORK, train_samples=6400, args={**WORK.args, "images": "6400"})
    assert "told otherwise" not in words(told(more, run))


@pytest.mark.parametrize(
    ("change", "low", "high"),
    [
        ({"train_samples": 6400}, 1.5, 2.0),
        ({"batch_per_rank": 32}, 0.6, 1.0),
        ({"world_size": 4}, 0.5, 0.85),
        ({"imgsz": 1280}, 2.0, 4.0),
        ({"model": "yolo11x"}, 3.0, 8.0),
    ],
)
def test_a_change_is_carried_over_by_its_law(
    change: dict[str, int], low: float, high: float
) -> None:
    changed = told(replace(WORK, args={}, **change), RUN)  # type: ignore[arg-type]
    assert low * 50 <= changed.epoch_s.likely <= high * 50
    assert changed.total_s.width > told(WORK, RUN).total_s.width


def test_another_gpu_of_this_machine_is_carried_over_by_published_speeds() -> None:
    found = told(replace(WORK, device="a100"), RUN)
    assert found.tier is Tier.RUNS
    assert found.epoch_s.likely < 35
    assert found.total_s.width > 2
    assert "NVIDIA GeForce RTX 2080, not a100" in words(found)


def test_a_step_that_the_run_timed_splits_its_epoch() -> None:
    # 100 steps of 0.25 s: half of an epoch does not grow with the data set, or hardly.
    split = told(replace(WORK, train_samples=6400), replace(RUN, step_s=0.25))
    assert 75 < split.epoch_s.likely < 95
    assert split.epoch_share_fixed is not None
    assert "as measured here" in words(split)
    assert "assumed" in words(told(replace(WORK, train_samples=6400), RUN))


def test_runs_that_differ_in_ranks_measure_the_scaling() -> None:
    alone = replace(RUN, calibration_id="b", world_size=1, epoch_s=80.0, start_s=20.0)
    four = replace(RUN, calibration_id="c", world_size=4, epoch_s=32.0, start_s=20.0)
    found = told(replace(WORK, world_size=8), RUN, alone, four)
    assert found.is_efficiency_measured
    assert found.efficiency is not None
    assert "scaling: measured here" in words(found)
    assumed = told(replace(WORK, world_size=8), RUN)
    assert not assumed.is_efficiency_measured
    assert "scaling: assumed, not measured" in words(assumed)
    assert assumed.efficiency is not None
    assert assumed.efficiency.width > found.efficiency.width


def test_a_scaling_of_another_model_measures_how_this_machine_scales() -> None:
    def scaling(serial: float) -> Calibration:
        points = tuple(
            ScalingPoint(ranks, 8, 100 * ranks / (1 + serial * (ranks - 1))) for ranks in (1, 2, 4)
        )
        return Calibration(
            "scaling:1", Kind.SCALING, 1.0, "box", RUN.device, model="synthetic", points=points
        )

    work = replace(WORK, world_size=8)
    well, badly = told(work, RUN, scaling(0.02)), told(work, RUN, scaling(0.5))
    assert well.epoch_s.likely < told(work, RUN).epoch_s.likely < badly.epoch_s.likely
    assert well.tier is Tier.RUNS
    assert told(work, scaling(0.02)).tier is Tier.CATALOG


def test_an_unknown_data_set_is_that_of_the_newest_run() -> None:
    older = replace(RUN, calibration_id="b", time_s=1.0, train_samples=100, epoch_s=2.0)
    found = told(replace(WORK, train_samples=None), older, RUN)
    assert found.epoch_s.likely == pytest.approx(50, rel=0.08)
    assert "3,200 samples: assumed, as in the newest run (--dataset-size)" in found.basis


def test_runs_that_never_told_their_data_set_still_tell_their_time() -> None:
    for silent in (replace(RUN, train_samples=None), replace(RUN, train_samples=None, step_s=0.1)):
        found = told(replace(WORK, train_samples=None), silent)
        assert found.total_s.likely == pytest.approx(524, rel=0.03)
        assert found.steps_per_epoch is None
        assert "--dataset-size" in words(found)
        doubled = told(replace(WORK, train_samples=None, batch_per_rank=32), silent)
        assert 25 < doubled.epoch_s.likely < 50


def test_a_probe_of_this_configuration_beats_a_run_that_differs_widely() -> None:
    probe = replace(
        RUN,
        calibration_id="probe:1",
        kind=Kind.PROBE,
        epoch_s=None,
        end_s=None,
        total_s=None,
        epochs_done=0,
        step_s=0.4,
        start_s=18.0,
    )
    far = replace(RUN, batch_per_rank=2, imgsz=320, train_samples=50_000, epoch_s=700.0)
    found = told(WORK, far, probe)
    assert found.tier is Tier.PROBE
    assert found.epoch_s.likely == pytest.approx(45, rel=0.15)
    assert found.step_s is not None
    assert found.step_s.low < 0.4 < found.step_s.high


def test_published_figures_answer_where_nothing_was_measured() -> None:
    found = told(DOCUMENT_001)
    assert found.tier is Tier.CATALOG
    assert found.steps_per_epoch == 4
    assert found.total_s.width > 2
    assert found.efficiency is not None
    assert found.efficiency.likely == pytest.approx(0.377, abs=0.001)
    assert found.efficiency.high <= 0.75
    assert not found.is_efficiency_measured


def test_the_basis_names_every_assumption_and_its_flag() -> None:
    basis = words(told(DOCUMENT_001))
    for word in ("yolo11n", "640 px", "16 samples", "RTX 2080", "100 epochs", "0.11"):
        assert word in basis
    for flag in ("--model", "--imgsz", "--batch-per-rank", "--gpu", "--epochs"):
        assert flag in basis
    assert "not measured" in basis
    assert "nothing was measured" in basis
    assert "only 4 steps" in basis


def test_what_was_given_is_not_called_assumed() -> None:
    given_epochs = replace(DOCUMENT_001, epochs=7, sources={"epochs": "given"})
    (line,) = [line for line in told(given_epochs).basis if "7 epochs" in line]
    assert line == "7 epochs: given"
    assumed = replace(DOCUMENT_001, sources={"epochs": "assumed, the preset names none"})
    assert "100 epochs: assumed, the preset names none (--epochs)" in told(assumed).basis


def test_names_are_taken_as_people_write_them() -> None:
    written = replace(DOCUMENT_001, model="weights/YOLO11n.pt", device="NVIDIA GeForce RTX 2080")
    assert told(written).total_s == told(DOCUMENT_001).total_s


def test_all_pairs_of_the_catalogue_can_be_foretold() -> None:
    for model in CATALOG.models:
        for device in CATALOG.accelerators:
            found = told(replace(DOCUMENT_001, model=model, device=device))
            assert 0 < found.total_s.low < found.total_s.likely < found.total_s.high


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"train_samples": None}, "--dataset-size"),
        ({"model": None}, "--probe"),
        ({"model": "resnet"}, "resnet"),
        ({"device": "voodoo"}, "voodoo"),
    ],
)
def test_what_nobody_knows_is_said_in_a_sentence(change: dict[str, str], said: str) -> None:
    work = replace(DOCUMENT_001, **change)  # type: ignore[arg-type]
    assert forecast_time(work, (), CATALOG) is None
    assert said in why_unknown(work, CATALOG)


def test_what_narrows_the_range_is_named_best_first() -> None:
    bare = told(replace(WORK, world_size=8))
    assert bare.narrow[0].startswith("cockpit estimate --preset mine --batch-per-rank 16 --probe")
    assert "cockpit scaling --preset mine --ranks 8" in bare.narrow[1]
    assert "2 epochs of the real run" in bare.narrow[-1]
    assert "ask again on a machine with a100" in told(DOCUMENT_001_ELSEWHERE).narrow[0]
    runs = [replace(RUN, calibration_id=str(number)) for number in range(12)]
    assert told(WORK, *runs).narrow == ()


DOCUMENT_001_ELSEWHERE = replace(DOCUMENT_001, device="a100")

COUNTS = st.integers(1, 30_000)
SEEN = st.sampled_from([(), (RUN,), (replace(RUN, step_s=0.3),)])


@settings(max_examples=150, deadline=None)
@given(seen=SEEN, samples=COUNTS, more=COUNTS, epochs=st.integers(1, 500))
def test_more_work_never_takes_less_time(
    seen: tuple[Calibration, ...], samples: int, more: int, epochs: int
) -> None:
    work = replace(WORK, train_samples=samples, epochs=epochs)
    base = told(work, *seen)
    assert 0 < base.total_s.low <= base.total_s.likely <= base.total_s.high
    assert base.epoch_s.likely * epochs <= base.total_s.likely
    assert told(replace(work, train_samples=samples + more), *seen).total_s.likely >= (
        base.total_s.likely * 0.999
    )
    assert told(replace(work, epochs=epochs + more), *seen).total_s.likely > base.total_s.likely


@settings(max_examples=100, deadline=None)
@given(seen=SEEN, ranks=st.integers(1, 64), batch=st.integers(1, 256), imgsz=COUNTS)
def test_ranges_are_in_order_for_any_work(
    seen: tuple[Calibration, ...], ranks: int, batch: int, imgsz: int
) -> None:
    work = replace(WORK, world_size=ranks, batch_per_rank=batch, imgsz=imgsz + 31, args={})
    found = told(work, *seen)
    for band in (found.total_s, found.epoch_s, found.start_s, found.step_s, found.efficiency):
        assert band is None or 0 < band.low <= band.likely <= band.high
    assert found.efficiency is None or found.efficiency.high <= 1
    assert found.efficiency is None or ranks > 1


def test_a_larger_model_and_a_slower_gpu_take_longer() -> None:
    base = told(DOCUMENT_001).total_s.likely
    for change in ({"imgsz": 1280}, {"model": "yolo11x"}, {"device": "t4"}):
        assert told(replace(DOCUMENT_001, **change)).total_s.likely > base


def test_more_gpus_are_less_efficient_but_faster_on_much_data() -> None:
    found = [
        told(replace(DOCUMENT_001, train_samples=10**6, world_size=ranks)) for ranks in (2, 4, 8)
    ]
    likely = [one.efficiency.likely for one in found if one.efficiency is not None]
    assert likely == sorted(likely, reverse=True)
    totals = [one.total_s.likely for one in found]
    assert totals == sorted(totals, reverse=True)


def test_what_was_measured_as_asked_is_not_to_be_probed_again() -> None:
    short_run = replace(RUN, epochs_done=2, epoch_low_s=30.0, epoch_high_s=80.0)
    probe = replace(short_run, calibration_id="probe:mine", kind=Kind.PROBE, total_s=None)
    for known in (short_run, probe):
        assert told(WORK, known).narrow, "the range is wide"
        assert not any("--probe" in way for way in told(WORK, known).narrow)
    elsewise = replace(WORK, batch_per_rank=64, sources={"batch_per_rank": "given"})
    probing = "cockpit estimate --preset mine --batch-per-rank 64 --probe"
    assert any(way.startswith(probing) for way in told(elsewise, short_run).narrow)


def test_measurements_that_contradict_each_other_widen_the_range() -> None:
    slow = [replace(RUN, calibration_id=f"run:{at}") for at in range(2)]
    quick = [
        replace(
            RUN, calibration_id=f"probe:{at}", kind=Kind.PROBE, epochs_done=2, total_s=None,
            epoch_s=24.0, epoch_low_s=24.0, epoch_high_s=24.0,
        )
        for at in range(3)
    ]  # fmt: skip
    alone, both = told(WORK, *slow), told(WORK, *slow, *quick)
    assert both.epoch_s.low < 35.0 < 50.0 < both.epoch_s.high
    assert both.epoch_s.likely > 35.0, "whole runs count for more than the first epochs of probes"
    assert both.total_s.width > 1.3 * alone.total_s.width


def test_ranks_that_share_cores_are_told_so() -> None:
    two_cores = "cpu: EPYC, 2 cores"
    run = replace(RUN, device=two_cores)
    pair, many = (told(replace(WORK, device=two_cores, world_size=ranks), run) for ranks in (2, 16))
    assert "they share 2 cores, more ranks than cores bring little" in words(many)
    assert "they share" not in words(pair)
