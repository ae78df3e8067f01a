from __future__ import annotations

from dataclasses import replace

import pytest

from cockpit.analysis.forecast.cost.terms import CostTerms
from cockpit.analysis.forecast.result import Tier
from cockpit.analysis.forecast.schemes.comparison import compare
from cockpit.analysis.forecast.schemes.scheme import SchemeComparison, SchemeRow
from cockpit.analysis.forecast.work import Work
from cockpit.catalog.load import shipped_catalog
from cockpit.catalog.rows import Accelerator, Catalog, Runtime
from cockpit.errors import InputError

MSHNET = Work(400, 1, 16, "rtx-2080", None, "mshnet", 256)
"""The work of document 002."""
YOLO = Work(100, 1, 16, "rtx-2080", 118_287, "yolo11n", 640)
NAMES = ("tpu-v2-8", "a100", "v100", "t4", "rtx4090", "cpu", "tpu-v3")


def only_documents() -> Catalog:
    """Return a catalogue in which nothing is published but what document 002 tells."""
    catalog = shipped_catalog()
    return replace(
        catalog,
        accelerators={
            key: replace(row, gb_per_s=None, tflops_fp32=None, tflops_half=None)
            for key, row in catalog.accelerators.items()
        },
        # It knows of no quotas either.
        offers={
            key: replace(one, month_hours=None, week_hours=None)
            for key, one in catalog.offers.items()
        },
    )


def compared(*names: str, work: Work = MSHNET, catalog: Catalog | None = None) -> SchemeComparison:
    return compare(work, names, catalog or shipped_catalog(), (), CostTerms())


def row(comparison: SchemeComparison, accelerator: str) -> SchemeRow:
    return next(row for row in comparison.rows if row.scheme.accelerator.key == accelerator)


def test_the_relative_speeds_of_document_002_come_out_of_its_times() -> None:
    found = compared(*NAMES[:4], "cpu", catalog=only_documents())
    assert found.baseline == "T4"
    speeds = {one.scheme.accelerator.key: one.told.relative_speed for one in found.rows if one.told}
    expected = {"tpu-v2-8": 6.0, "a100": 3.0, "v100": 1.5, "t4": 1.0, "cpu": 0.3}
    assert speeds == {key: pytest.approx(value, rel=0.01) for key, value in expected.items()}


@pytest.mark.parametrize(
    ("accelerator", "batch", "epoch_s", "hours"),
    [
        ("tpu-v2-8", 32, 30, 3.3),
        ("a100", 16, 60, 6.7),
        ("v100", 8, 120, 13.3),
        ("t4", 4, 180, 20),
        ("cpu", 1, 600, 66.7),
    ],
)
def test_the_table_of_document_002_stands_beside_ours(
    accelerator: str, batch: int, epoch_s: float, hours: float
) -> None:
    found = row(compared(*NAMES, catalog=only_documents()), accelerator)
    assert found.told is not None
    assert found.told.batch == batch
    assert found.told.epoch_s == epoch_s
    assert found.told.total_s == pytest.approx(hours * 3600, rel=0.02)
    assert found.work.global_batch == batch
    assert found.time is not None
    assert found.time.tier is Tier.DOCUMENTS
    assert found.time.total_s.likely == pytest.approx(hours * 3600, rel=0.03)


def test_what_the_guide_says_of_speed_is_against_the_same_scheme_as_ours() -> None:
    found = compared("tpu-v2-8", "a100", "cpu")
    assert found.baseline == "CPU"
    speeds = [one.told.relative_speed for one in found.rows if one.told]
    assert speeds == [20, 10, 1]


def test_the_most_fitting_offer_is_taken_for_an_accelerator() -> None:
    offers = {
        one.scheme.accelerator.key: one.scheme.offer.key if one.scheme.offer else None
        for one in compared(*NAMES).rows
    }
    assert offers == {
        "tpu-v2-8": "colab-free-tpu",
        "a100": "colab-pro-a100",
        "v100": "gcp-v100",
        "t4": "colab-free-t4",
        "rtx-4090": "own-rtx-4090",
        "cpu": "own",
        "tpu-v3-8": "kaggle-tpu-v3",
    }


@pytest.mark.parametrize(
    ("offer", "run", "month"),
    [
        ("colab-free-tpu", 0, 0),
        ("colab-pro-a100", 10, 10),
        ("own-rtx-4090", 3, 30),
        ("aws-a100", 26, 780),
    ],
)
def test_the_costs_of_document_002_stand_beside_ours(offer: str, run: float, month: float) -> None:
    (found,) = compared(offer).rows
    assert found.told is not None
    assert (found.told.run_cost, found.told.month_cost) == (run, month)


def test_an_offer_is_a_scheme_too() -> None:
    (found,) = compared("p3.2xlarge").rows
    assert found.scheme.accelerator.key == "v100"
    assert found.scheme.offer is not None
    assert found.scheme.offer.hour == 3.06


def test_a_tpu_has_a_rank_for_each_core_and_needs_another_script() -> None:
    (found,) = compared("tpu-v2-8").rows
    assert (found.work.world_size, found.work.batch_per_rank) == (8, 4)
    assert "needs a script for torch_xla" in found.notes


def test_a_tpu_is_not_faster_for_being_counted_in_cores() -> None:
    """What is published is of the whole device."""
    tpu = row(compared("tpu-v2-8", "a100", work=replace(MSHNET, train_samples=800)), "tpu-v2-8")
    assert tpu.time is not None
    assert tpu.time.epoch_s.low <= 30 <= tpu.time.epoch_s.high


def test_all_unknown_names_are_told_at_once_with_the_nearest() -> None:
    with pytest.raises(InputError) as raised:
        compared("rtx-4091", "v100", "colab-pro-plux", "abacus")
    assert "did you mean rtx-4090" in raised.value.problem
    assert "did you mean colab-pro-plus" in raised.value.problem
    assert "abacus" in raised.value.problem
    assert "'v100'" not in raised.value.problem


def test_no_name_at_all_is_refused() -> None:
    with pytest.raises(InputError):
        compared(" ", "")


def test_a_scheme_that_is_named_twice_is_shown_once() -> None:
    assert len(compared("a100", "A100", "NVIDIA A100-SXM4-40GB").rows) == 1


def test_so_many_of_an_accelerator_can_be_asked_for() -> None:
    (found,) = compared("4x v100").rows
    assert (found.scheme.count, found.scheme.hosts, found.work.world_size) == (4, 4, 4)
    assert found.scheme.name == "4x V100"


def test_the_gpus_that_were_asked_for_hold_for_every_gpu_scheme() -> None:
    work = replace(MSHNET, world_size=4, sources={"world_size": "given"})
    found = compared("v100", "tpu-v2-8", "cpu", work=work)
    assert [one.scheme.count for one in found.rows] == [4, 1, 1]


def test_a_notebook_is_not_joined_with_another() -> None:
    (found,) = compared("4x colab-pro-a100").rows
    assert found.cost is None
    assert any("cannot be joined" in note for note in found.notes)


@pytest.mark.parametrize("name", ["p3.2xlarge", "vast-rtx-3090", "aws-a100"])
def test_a_spot_price_is_said_beside_it_and_its_absence_too(name: str) -> None:
    catalog = shipped_catalog()
    spot = replace(catalog.offers[name], spot_hour=0.1, interruptions_per_hour=None)
    usual = replace(catalog.offers[name], key="usual", spot_hour=None)
    catalog = replace(catalog, offers={name: spot, "usual": usual})
    with_spot, without = compare(YOLO, (name, "usual"), catalog, (), CostTerms(spot=True)).rows
    note = "spot price; interruptions of a host: assumed, 0.0125 to 0.2 an hour"
    assert note in with_spot.notes
    assert "no spot price in the catalogue: the usual one" in without.notes
    for one in compare(YOLO, (name, "usual"), catalog, (), CostTerms()).rows:
        assert not any("spot" in said for said in one.notes)


def test_a_batch_that_was_asked_for_is_kept() -> None:
    work = replace(MSHNET, batch_per_rank=2, sources={"batch_per_rank": "given"})
    assert {one.work.batch_per_rank for one in compared("a100", "t4", work=work).rows} == {2}


def test_a_batch_that_does_not_fit_is_made_smaller_and_that_is_said() -> None:
    work = Work(100, 1, 512, "rtx-2080", 5000, "yolo11n", 640)
    found = row(compared("t4", "a100", work=work), "t4")
    assert 1 <= found.work.batch_per_rank < 512
    assert found.memory is not None
    assert found.memory.fits is not False
    assert any("512 does not fit" in note for note in found.notes)


def test_a_claim_of_the_guide_is_no_speed_of_ours() -> None:
    """Its table carried through our laws comes out as its table: that confirms nothing."""
    found = compared(*NAMES, work=replace(MSHNET, train_samples=800))
    for one in found.rows:
        assert one.is_claim
        assert one.relative_speed is None


def test_published_figures_stand_beside_the_claim_of_the_guide() -> None:
    found = row(compared("v100", "t4", work=replace(MSHNET, train_samples=800)), "v100")
    assert found.time is not None
    assert found.time.published_s is not None
    assert found.time.published_s.high < found.time.total_s.likely / 5  # they differ that much
    assert found.time.published_s.high > found.time.total_s.low  # so the range reaches down there


def test_what_is_published_needs_nothing_beside_it() -> None:
    (found,) = compared("a100", work=YOLO).rows
    assert found.time is not None
    assert found.time.published_s is None
    assert not found.is_claim


def test_speeds_are_against_the_scheme_that_is_named() -> None:
    found = compare(YOLO, NAMES, shipped_catalog(), (), CostTerms(), against="a100")
    assert found.baseline == "A100"
    assert row(found, "a100").relative_speed == 1


def test_a_named_baseline_that_is_not_compared_is_refused() -> None:
    with pytest.raises(InputError, match="a10 is not compared"):
        compare(MSHNET, ("a100", "t4"), shipped_catalog(), (), CostTerms(), against="a10")


def test_a_row_of_which_nothing_is_known_stays_and_says_why() -> None:
    catalog = shipped_catalog()
    odd = Accelerator("oddity", "Oddity", Runtime.CUDA, "a test", "2026-11")
    catalog = replace(catalog, accelerators={**catalog.accelerators, "oddity": odd})
    work = Work(100, 1, 16, "rtx-2080", 1000, "nobodys-net", 640)
    found = compared("oddity", "a100", work=work, catalog=catalog)
    assert found.baseline is None
    for one in found.rows:
        assert (one.time, one.cost, one.relative_speed, one.told) == (None, None, None, None)
    assert any("nobodys-net" in note for note in found.notes)
    assert [choice.row for choice in found.choices[:4]] == [None] * 4


def test_a_run_longer_than_a_session_says_how_many_it_needs() -> None:
    (found,) = compared("colab-free-t4", catalog=only_documents()).rows
    assert found.cost is not None
    assert found.cost.sessions is not None
    assert found.cost.sessions >= 2
    assert any("sessions of 12 h" in note for note in found.notes)


def test_an_hour_of_aws_at_the_documents_price_makes_its_own_sum() -> None:
    """Document 002 prints $26; 6.7 h of $3.67 are $24.6."""
    (found,) = compared("aws-a100", catalog=only_documents()).rows
    assert found.run_cost is not None
    assert found.run_cost.likely == pytest.approx(24.6, abs=0.5)
    assert found.month_cost is not None
    assert found.month_cost.likely == pytest.approx(30 * found.run_cost.likely)


def test_the_machine_that_is_asked_about_is_as_it_stands_and_own() -> None:
    work = Work(100, 16, 16, "rtx-2080", 1000, "yolo11n", 640, host="gpu-server")
    own, other = compared("rtx-2080", "a100", work=work).rows
    assert (own.scheme.count, own.scheme.hosts, own.scheme.is_own) == (16, 1, True)
    assert own.scheme.offer is not None
    assert own.scheme.offer.name == "this machine"
    assert own.work.host == "gpu-server"
    assert (other.scheme.count, other.work.host) == (1, None)


def test_what_was_bought_says_its_share_of_a_run() -> None:
    (found,) = compared("rtx-4090").rows
    assert any("share of the purchase" in note for note in found.notes)


def test_what_all_schemes_have_in_common_is_said_once() -> None:
    both = compared("tpu-v2-8", "tpu-v3")
    assert "needs a script for torch_xla" in both.notes
    assert all("needs a script for torch_xla" not in one.notes for one in both.rows)


def test_the_electricity_of_a_scheme_is_that_of_its_own_accelerators() -> None:
    terms = CostTerms(kwh_price=1.0)
    catalog = shipped_catalog()
    offer = replace(catalog.offers["own-rtx-4090"], key="own-t4", accelerator="t4")
    catalog = replace(catalog, offers={**catalog.offers, "own-t4": offer})
    rows = compare(MSHNET, ("own-rtx-4090", "own-t4"), catalog, (), terms).rows
    for one in rows:
        assert one.cost is not None
        assert any(f"one {one.scheme.accelerator.name} is rated" in told for told in one.cost.basis)


def test_checkpoints_come_after_as_many_epochs_on_every_scheme() -> None:
    """A session lost costs half the time between two checkpoints, which is longer on a slow one."""
    asked = replace(MSHNET, device="a100", train_samples=800)
    terms = CostTerms(checkpoint_every_s=25 * 60)
    (rare,) = compare(asked, ("colab-free-t4",), shipped_catalog(), (), terms).rows
    (often,) = compare(asked, ("colab-free-t4",), shipped_catalog(), (), CostTerms()).rows
    assert rare.likely_s is not None
    assert often.likely_s is not None
    assert rare.likely_s > often.likely_s


def test_a_number_of_gpus_that_was_given_counts_for_a_rented_offer_too() -> None:
    work = replace(YOLO, world_size=8, sources={"world_size": "given"})
    found = compared("aws-a100", "colab-pro", work=work)
    assert [one.scheme.count for one in found.rows] == [8, 1]
