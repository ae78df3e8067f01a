"""How much memory a training takes: calculated, and from what was measured."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.analysis.forecast.band import Band
from cockpit.analysis.forecast.memory.calculation import LAW_FACTOR, UNSEEN_FACTOR, law_bytes
from cockpit.analysis.forecast.memory.documents import document_rows
from cockpit.analysis.forecast.memory.forecast import forecast_memory
from cockpit.analysis.forecast.result import MARGIN, MemoryForecast, Tier, usable_bytes
from cockpit.analysis.forecast.work import Work
from cockpit.calibrations.calibration import Calibration, Kind, MemoryMeasured
from cockpit.catalog.load import shipped_catalog
from cockpit.catalog.rows import Accelerator, Catalog, ModelEntry, Runtime
from cockpit.cli.memory_rows_text import lines
from cockpit.units import GIB

CATALOG = shipped_catalog()
GPU = "NVIDIA GeForce RTX 2080"
WORK = Work(
    epochs=100, world_size=1, batch_per_rank=16, device="rtx-2080", model="yolo11n", imgsz=640
)
SWEEP = Calibration(
    "memory:1", Kind.MEMORY, 2.0, "box", GPU, model="yolo11n.yaml", imgsz=640, batch_per_rank=24,
    memory=MemoryMeasured(
        is_host=False, peak_bytes=4_100_000_000, base_bytes=500e6, sample_bytes=150e6,
        largest_batch=44, capacity_bytes=8 * GIB,
    ),
)  # fmt: skip
RUN = Calibration(
    "run:1", Kind.RUN, 1.0, "box", GPU, preset="shapes", model="yolo11n.pt", imgsz=640,
    batch_per_rank=16, world_size=1,
    memory=MemoryMeasured(is_host=False, peak_bytes=3_000_000_000),
)  # fmt: skip


def foretell(work: Work, *known: Calibration, catalog: Catalog = CATALOG) -> MemoryForecast:
    found = forecast_memory(work, known, catalog)
    assert found is not None
    return found


LOGS = [
    ("yolov8n", 16, 2.06e9),
    ("yolov8n", 8, 1.22e9),
    ("yolov8l", 16, 11.2e9),
    ("yolov8x", 16, 14.9e9),
    ("yolo11n", 16, 2.70e9),
    ("yolo11s", 25, 6.53e9),
    ("yolo11m", 25, 13.1e9),
    ("yolo11l", 25, 16.6e9),
    ("yolo11x", 25, 24.1e9),
]
"""GPU_mem in public logs at 640 px: what torch reserved, CUDA's context not in it."""


@pytest.mark.parametrize("is_law", [False, True], ids=["measured model", "law alone"])
@pytest.mark.parametrize(("model", "batch", "reserved_bytes"), LOGS)
def test_the_range_holds_what_public_logs_show(
    model: str, batch: int, reserved_bytes: float, *, is_law: bool
) -> None:
    entry = CATALOG.models[model]
    if is_law:
        entry = replace(entry, activation_bytes=None)
    catalog = replace(CATALOG, models={model: entry})
    work = replace(WORK, model=model, batch_per_rank=batch, device="rtx-3090")
    found = foretell(work, catalog=catalog)
    context = found.parts["context"]
    assert found.need_bytes.low <= reserved_bytes + context <= found.need_bytes.high
    assert found.need_bytes.width < (1.6 if not is_law else 2.1)


@pytest.mark.parametrize(
    ("gflops", "imgsz", "image_bytes", "factor"),
    [
        (28.6, 640, 243e6, LAW_FACTOR),
        (8.7, 640, 106e6 * 1.2, LAW_FACTOR),
        (16.5, 640, 185e6, LAW_FACTOR),
        (49.0, 640, 325e6, LAW_FACTOR),
        (4.5, 640, 101e6, LAW_FACTOR),
        (8.2, 224, 82.7 * (1 << 20) / 2 * (640 / 224) ** 2, LAW_FACTOR),
        (12.0, 256, 115e6 * (640 / 256) ** 2, UNSEEN_FACTOR),
    ],
    ids=["yolov8s", "yolov8n", "yolov5s", "yolov5m", "yolov5n", "resnet50", "mshnet"],
)
def test_the_law_of_activations_holds_its_anchors(
    gflops: float, imgsz: int, image_bytes: float, factor: float
) -> None:
    law = law_bytes(gflops, imgsz)
    assert law / factor <= image_bytes <= law * factor


def test_parts_are_named_and_add_up() -> None:
    found = foretell(WORK)
    assert set(found.parts) == {
        "weights", "gradients", "optimizer", "EMA", "context", "activations", "input",
    }  # fmt: skip
    assert sum(found.parts.values()) == pytest.approx(found.need_bytes.likely)
    assert found.tier is Tier.CATALOG
    assert found.narrow == ("cockpit memory --model yolo11n --imgsz 640 measures it",)


def test_several_ranks_add_buckets_and_nccl() -> None:
    found = foretell(replace(WORK, world_size=8))
    assert {"DDP buckets", "NCCL"} < set(found.parts)
    assert found.need_bytes.likely > foretell(WORK).need_bytes.likely


def test_fp32_and_adam_take_more() -> None:
    amp = foretell(replace(WORK, args={"amp": "True", "optimizer": "SGD"}))
    fp32 = foretell(replace(WORK, args={"amp": "False", "optimizer": "SGD"}))
    adam = foretell(replace(WORK, args={"amp": "True", "optimizer": "AdamW"}))
    assert fp32.parts["activations"] == pytest.approx(2 * amp.parts["activations"])
    assert adam.parts["optimizer"] == pytest.approx(2 * amp.parts["optimizer"])
    assert "EMA" not in foretell(replace(WORK, model="mshnet", imgsz=256)).parts


def test_what_ultralytics_does_is_said_of_its_own_models_only() -> None:
    theirs = foretell(replace(WORK, model="yolov7-tiny"))
    assert "EMA" in theirs.parts
    words = " ".join(theirs.basis)
    assert "Ultralytics" not in words
    assert "as its trainer does" in words
    assert "the EMA of its trainer" in words
    assert "as Ultralytics does" in " ".join(foretell(WORK).basis)


def test_the_memory_of_a_core_is_not_called_that_of_a_gpu() -> None:
    assert foretell(replace(WORK, device="tpu-v3-8", world_size=8)).is_core
    assert not foretell(WORK).is_core


def test_what_is_assumed_is_called_assumed() -> None:
    words = " ".join(foretell(replace(WORK, model="mshnet", imgsz=256)).basis)
    assert "fp32 (assumed)" in words
    assert "Adam (assumed)" in words


def test_the_largest_batch_fits_with_the_margin_and_the_next_one_does_not() -> None:
    found = foretell(WORK)
    assert found.largest_batch
    assert found.capacity_bytes == 8 * GIB
    budget = found.capacity_bytes * (1 - MARGIN)
    for batch, fits in ((found.largest_batch, True), (found.largest_batch + 1, False)):
        need = foretell(replace(WORK, batch_per_rank=batch)).need_bytes
        assert (need.high <= budget) is fits


def test_a_model_that_fits_nowhere_has_no_batch() -> None:
    tiny = Accelerator("tiny", "Tiny", Runtime.CUDA, "test", "2026-11", memory_bytes=GIB // 2)
    catalog = replace(CATALOG, accelerators={"tiny": tiny})
    found = foretell(replace(WORK, device="tiny"), catalog=catalog)
    assert found.largest_batch == 0
    assert found.fits is False


def test_a_sweep_here_counts_before_the_calculation() -> None:
    found = foretell(WORK, SWEEP)
    assert found.tier is Tier.TOOLS
    assert found.need_bytes.likely == pytest.approx(500e6 + 16 * 150e6)
    assert found.need_bytes.high <= found.need_bytes.likely * 1.0501
    assert found.evidence == "cockpit memory of yolo11n.yaml here"
    assert not found.narrow


def test_a_batch_that_a_sweep_verified_fits() -> None:
    tight = replace(SWEEP, memory=replace(SWEEP.memory, largest_batch=50))  # type: ignore[type-var]
    assert foretell(WORK, tight).largest_batch == 50


def test_a_sweep_on_one_rank_leaves_out_what_ranks_add() -> None:
    alone, several = foretell(WORK, SWEEP), foretell(replace(WORK, world_size=4), SWEEP)
    assert several.need_bytes.likely > alone.need_bytes.likely + 200e6
    assert any("NCCL" in one for one in several.basis)


def test_another_image_size_is_carried_over_with_a_wider_range() -> None:
    found = foretell(replace(WORK, imgsz=320), SWEEP)
    assert found.need_bytes.likely == pytest.approx(500e6 + 16 * 150e6 / 4)
    assert found.need_bytes.width > foretell(WORK, SWEEP).need_bytes.width
    assert any("number of pixels" in one for one in found.basis)
    assert found.narrow


def test_the_run_of_this_batch_tells_most() -> None:
    work = replace(WORK, preset="shapes")
    found = foretell(work, RUN)
    assert found.tier is Tier.RUNS
    assert found.need_bytes.likely == 3e9
    assert found.need_bytes.width == pytest.approx(1.05 / 0.95)
    assert foretell(work, SWEEP, RUN).tier is Tier.RUNS


def test_the_run_of_another_batch_tells_less() -> None:
    found = foretell(replace(WORK, preset="shapes", batch_per_rank=24), RUN)
    assert found.need_bytes.likely > 3e9
    assert found.need_bytes.width > 1.2
    assert found.narrow == ("cockpit memory --preset shapes measures it",)


def test_two_runs_of_different_batches_make_a_line() -> None:
    small = replace(
        RUN, batch_per_rank=8, memory=MemoryMeasured(is_host=False, peak_bytes=1_800_000_000)
    )
    found = foretell(replace(WORK, preset="shapes", batch_per_rank=24), RUN, small)
    assert found.need_bytes.likely == pytest.approx(600e6 + 24 * 150e6)


@pytest.mark.parametrize(
    "foreign",
    [
        replace(SWEEP, device="NVIDIA A100-SXM4-40GB"),
        replace(SWEEP, model="yolo11s.pt"),
        replace(SWEEP, is_simulated=True),
        replace(SWEEP, memory=MemoryMeasured(is_host=True, peak_bytes=10**9)),
        replace(SWEEP, memory=None),
        replace(SWEEP, args={"amp": "False"}),
        replace(RUN, preset="other"),
    ],
    ids=["device", "model", "simulated", "host memory", "no memory", "fp32", "preset"],
)
def test_what_was_measured_of_something_else_does_not_count(foreign: Calibration) -> None:
    work = replace(WORK, preset="shapes", args={"amp": "True"})
    assert foretell(work, foreign) == foretell(work)


def test_a_processor_is_known_only_by_what_was_measured() -> None:
    work = replace(WORK, device="cpu: AMD EPYC 7B13, 2 cores", host="box", world_size=2)
    assert forecast_memory(work, [SWEEP, RUN], CATALOG) is None
    host = replace(
        SWEEP,
        device=work.device,
        memory=MemoryMeasured(
            is_host=True, base_bytes=400e6, sample_bytes=20e6, capacity_bytes=4 * GIB
        ),
    )
    found = foretell(work, host)
    assert found.is_host
    assert found.need_bytes.likely == pytest.approx(720e6)
    assert found.capacity_bytes == 2 * GIB
    assert foretell(replace(work, host="other"), host).capacity_bytes is None


def test_an_unknown_model_is_not_guessed() -> None:
    assert forecast_memory(replace(WORK, model="mine"), [], CATALOG) is None
    assert forecast_memory(replace(WORK, model=None), [], CATALOG) is None


def test_an_unknown_gpu_has_no_capacity() -> None:
    found = foretell(replace(WORK, device="NVIDIA Made Up 9000"))
    assert found.capacity_bytes is None
    assert found.largest_batch is None
    assert found.fits is None


HELD = {
    ("001", "rtx-2080", 32): False,
    ("001", "rtx-2080", 24): False,
    ("001", "rtx-2080", 16): False,
    ("001", "rtx-2080", 8): False,
    ("002", "tpu-v2-8", 4): False,
    ("002", "tpu-v2-8", 16): False,
    ("002", "tpu-v2-8", 32): False,
    ("002", "a100", 4): False,
    ("002", "a100", 16): False,
    ("002", "a100", 32): False,
    ("002", "v100", 4): False,
    ("002", "v100", 16): False,
    ("002", "t4", 4): False,
    ("002", "t4", 16): False,
}
"""Whether our range holds the guide's figure. All that it does not hold are above our range."""


@pytest.mark.parametrize("model", ["yolo11n", "mshnet"])
def test_the_guides_tables_are_reproduced_beside_ours(model: str) -> None:
    rows = document_rows(replace(WORK, model=model), CATALOG)
    assert len(rows) == {"yolo11n": 4, "mshnet": 10}[model]
    for row in rows:
        told = row.told
        assert row.need_bytes is not None
        assert row.is_held is HELD[told.document, told.accelerator, told.batch_per_rank]
        # Both guides say more than a training of this model takes, never less.
        assert (told.used_bytes or 1e12) > row.need_bytes.low


def test_document_001_is_twice_what_a_log_of_the_same_training_shows() -> None:
    """A public log of yolo11n at 640 px and batch 16 has 2.7 GB; the guide says about 6 GB."""
    row = next(one for one in document_rows(WORK, CATALOG) if one.told.imgsz == 640)
    assert row.told.used_bytes == 6 * GIB
    assert row.need_bytes is not None
    assert row.need_bytes.high < row.told.used_bytes
    assert row.fits


def test_the_tables_fit_the_terminal() -> None:
    rows = document_rows(WORK, CATALOG)
    wide, narrow = lines(rows, 120), lines(rows, 70)
    assert wide[1].split() == [
        "001", "RTX", "2080", "320", "32", "4.0", "GiB", *wide[1].split()[7:],
    ]  # fmt: skip
    assert wide[1].endswith("not in our range")
    assert all(len(one) <= 70 for one in narrow)
    assert lines((), 80) == []


batches = st.integers(1, 512)
sizes = st.sampled_from([160, 320, 480, 640, 960, 1280])
peaks = st.integers(200_000_000, 20_000_000_000)
entries = st.builds(
    ModelEntry,
    key=st.sampled_from(["yolo-x", "mine"]),
    source=st.just("test"),
    date=st.just("2026-11"),
    params=st.floats(1e5, 1e9),
    gflops=st.floats(0.1, 1000),
    imgsz=sizes,
    activation_bytes=st.none() | st.floats(1e6, 1e9),
)


@st.composite
def calibrations(draw: st.DrawFn) -> Calibration:
    is_line = draw(st.booleans())
    memory = MemoryMeasured(
        is_host=False,
        peak_bytes=draw(peaks),
        base_bytes=draw(st.floats(0, 2e9)) if is_line else None,
        sample_bytes=draw(st.floats(0, 5e8)) if is_line else None,
    )
    size = draw(sizes)
    return replace(RUN, model=None, imgsz=size, batch_per_rank=draw(batches), memory=memory)


def is_ordered(band: Band) -> bool:
    return 0 <= band.low <= band.likely <= band.high


@given(entries, st.lists(calibrations(), max_size=1), batches, batches, sizes, sizes)
def test_more_batch_or_pixels_never_needs_less(
    entry: ModelEntry, known: list[Calibration], batch: int, more: int, size: int, larger: int
) -> None:
    catalog = replace(CATALOG, models={entry.key: entry})
    small = replace(WORK, preset="shapes", model=entry.key, batch_per_rank=batch, imgsz=size)
    large = replace(small, batch_per_rank=batch + more, imgsz=max(size, larger))
    one, other = (foretell(work, *known, catalog=catalog).need_bytes for work in (small, large))
    assert is_ordered(one)
    assert is_ordered(other)
    near = 1 + 1e-9
    assert one.low <= other.low * near
    assert one.likely <= other.likely * near
    assert one.high <= other.high * near


@given(st.lists(calibrations(), min_size=1, max_size=4), batches, batches)
def test_however_much_was_measured_more_batch_never_needs_less(
    known: list[Calibration], batch: int, more: int
) -> None:
    work = replace(WORK, preset="shapes", model=None, imgsz=None, batch_per_rank=batch)
    one = foretell(work, *known).need_bytes
    other = foretell(replace(work, batch_per_rank=batch + more), *known).need_bytes
    assert is_ordered(one)
    assert is_ordered(other)
    assert one.high <= other.high * (1 + 1e-9)
    assert one.likely <= other.likely * (1 + 1e-9)


def test_what_fits_is_no_larger_than_the_largest_batch_that_fits() -> None:
    """A batch that fits with nothing to spare may not fit: as the largest batch counts it."""
    largest = foretell(WORK).largest_batch
    assert largest is not None
    for batch in range(1, largest + 40):
        found = foretell(replace(WORK, batch_per_rank=batch))
        assert found.largest_batch == largest
        assert (found.fits is True) is (batch <= largest), batch


def full(batch: int, **changes: object) -> Calibration:
    """Return a run here that took nearly all of 8 GiB."""
    memory = MemoryMeasured(is_host=False, peak_bytes=round(7.9 * GIB))
    return replace(RUN, batch_per_rank=batch, memory=memory, **changes)  # type: ignore[arg-type]


def test_a_batch_that_was_trained_here_fits_though_it_was_tight() -> None:
    work = replace(WORK, preset="shapes", batch_per_rank=48)
    found = foretell(work, full(48))
    assert found.need_bytes.high > 8 * GIB
    assert found.fits is True
    assert found.largest_batch == 48
    assert foretell(replace(work, batch_per_rank=47), full(48)).fits is True
    assert foretell(replace(work, batch_per_rank=49), full(48)).fits is None


@pytest.mark.parametrize(
    "changes",
    [{"kind": Kind.PROBE}, {"world_size": 2}, {"imgsz": 320}, {"args": {"optimizer": "SGD"}}],
    ids=str,
)
def test_another_training_of_the_batch_does_not_prove_that_it_fits(
    changes: dict[str, object],
) -> None:
    work = replace(WORK, preset="shapes", batch_per_rank=48)
    assert foretell(work, full(48, **changes)).fits is not True


def test_a_sweep_that_tried_the_batch_proves_that_it_fits() -> None:
    tight = replace(SWEEP, memory=replace(SWEEP.memory, largest_batch=54))  # type: ignore[type-var]
    assert foretell(replace(WORK, batch_per_rank=54), tight).fits is True
    assert foretell(replace(WORK, batch_per_rank=54), SWEEP).fits is None


@given(
    st.sampled_from(sorted(CATALOG.models)),
    st.integers(1, 256),
    st.sampled_from(["rtx-2060", "rtx-4090"]),
)
def test_verdict_and_largest_batch_agree(model: str, batch: int, device: str) -> None:
    found = foretell(replace(WORK, model=model, batch_per_rank=batch, device=device))
    assert found.capacity_bytes is not None
    assert found.largest_batch is not None
    assert (found.fits is True) is (batch <= found.largest_batch)
    assert (found.need_bytes.high <= usable_bytes(found.capacity_bytes)) is (found.fits is True)
    assert sum(found.parts.values()) == pytest.approx(found.need_bytes.likely)


@pytest.mark.parametrize(
    ("told", "pixels"), [("0.5", 960), ("True", 960), ("1", 960), ("0.25", 800), ("0.0", 640)]
)
def test_images_of_changing_size_need_what_the_largest_needs(told: str, pixels: int) -> None:
    """Ultralytics 8.4 takes a share, its elders and YOLOv7 a switch."""
    found = foretell(replace(WORK, args={"multi_scale": told}))
    assert found.need_bytes == foretell(replace(WORK, imgsz=pixels)).need_bytes
    assert any("multi-scale" in line for line in found.basis) is (pixels != 640)


def test_gradient_checkpointing_needs_less_by_a_share_that_is_assumed() -> None:
    usual = foretell(WORK)
    found = foretell(replace(WORK, args={"gradient_checkpointing": "True"}))
    assert found.need_bytes.likely < usual.need_bytes.likely
    assert found.need_bytes.high == pytest.approx(usual.need_bytes.high, rel=0.05)
    assert found.need_bytes.width > usual.need_bytes.width
    assert any("gradient checkpointing keeps a part" in line for line in found.basis)
    assert sum(found.parts.values()) == pytest.approx(found.need_bytes.likely)


@pytest.mark.parametrize("args", [{"multi_scale": "0.5"}, {"use_checkpoint": "True"}], ids=str)
def test_what_was_measured_without_them_does_not_count_for_them(args: dict[str, str]) -> None:
    work = replace(WORK, preset="shapes", args=args)
    assert foretell(work, SWEEP, RUN) == foretell(work)
    assert foretell(work, replace(RUN, args=args)).tier is Tier.RUNS


@pytest.mark.parametrize(
    ("args", "has_amp"),
    [
        ({"amp": "True"}, True),
        ({"amp": "false"}, False),
        ({"bf16": "True", "fp16": "False"}, True),
        ({"fp16": "False"}, False),
    ],
    ids=str,
)
def test_mixed_precision_by_any_of_its_names(args: dict[str, str], *, has_amp: bool) -> None:
    told = foretell(replace(WORK, args=args))
    plain = foretell(replace(WORK, args={"amp": str(has_amp)}))
    assert told.need_bytes == plain.need_bytes
    other = replace(WORK, preset="shapes", args=args)
    assert (foretell(other, replace(RUN, args={"amp": "True"})).tier is Tier.RUNS) is has_amp


def test_ranks_of_a_processor_share_the_memory_of_their_machine() -> None:
    device = "cpu: EPYC, 8 cores"
    learnt = MemoryMeasured(is_host=True, peak_bytes=2 * GIB)
    run = replace(RUN, device=device, memory=learnt, imgsz=640, world_size=2)
    work = replace(
        WORK, device=device, preset="shapes", host="box", world_size=2, host_bytes=16 * GIB
    )
    found = foretell(work, run)
    assert (found.is_host, found.capacity_bytes, found.fits) == (True, 8 * GIB, True)
    assert any("shared by 2 ranks" in line for line in found.basis)
    crowded = replace(work, world_size=4, host_bytes=6 * GIB)
    assert foretell(crowded, run).fits is False
    assert foretell(replace(work, host_bytes=None), run).capacity_bytes is None
