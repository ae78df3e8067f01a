from __future__ import annotations

from dataclasses import replace

import pytest

from cockpit.analysis.forecast.schemes.scheme import Choice, SchemeComparison
from cockpit.analysis.forecast.work import Work
from cockpit.catalog.load import shipped_catalog
from cockpit.catalog.rows import Catalog
from tests.analysis.forecast.test_schemes import MSHNET, NAMES, compared, only_documents

COUNTED = replace(MSHNET, train_samples=800)


def chosen(comparison: SchemeComparison) -> dict[str, str | None]:
    return {
        one.situation: one.row.scheme.accelerator.key if one.row else None
        for one in (*comparison.choices, *comparison.scenarios)
    }


def choice(comparison: SchemeComparison, situation: str) -> Choice:
    everything = (*comparison.choices, *comparison.scenarios)
    return next(one for one in everything if one.situation == situation)


def test_by_its_own_times_the_choices_are_those_of_document_002() -> None:
    names = [name for name in NAMES if name != "tpu-v3"]
    found = chosen(compared(*names, catalog=only_documents()))
    assert found["First run"] == "a100"
    assert found["Paper deadline"] == "tpu-v2-8"
    assert found["No budget"] == "tpu-v2-8"
    assert found["Complex model"] == "a100"
    assert found["Quick experiment"] == "tpu-v2-8"
    assert found["Paper reproduction"] == "a100"


def test_what_needs_no_time_is_chosen_as_document_002_does() -> None:
    found = compared(*NAMES, work=COUNTED)
    told = chosen(found)
    assert told["First run"] == "a100"
    assert told["Repeated experiments"] == "rtx-4090"
    assert told["Large data set"] == "tpu-v3-8"
    assert told["Complex model"] == "a100"
    assert told["Long-term research"] == "rtx-4090"
    assert told["Large-scale training"] == "tpu-v3-8"
    agreed = [one for one in found.choices if not one.differs]
    assert {"First run", "Repeated experiments", "Large data set", "Complex model"} <= {
        one.situation for one in agreed
    }


def test_every_row_of_the_decision_table_and_every_scenario_is_answered() -> None:
    found = compared(*NAMES, work=COUNTED)
    assert len(found.choices) == 6
    assert len(found.scenarios) == 4
    for one in (*found.choices, *found.scenarios):
        assert one.row is not None
        assert one.why
        assert one.told


def test_a_choice_tells_its_figures() -> None:
    found = choice(compared(*NAMES, work=COUNTED), "No budget")
    assert "free" in found.why
    assert " to " in found.why


def test_a_choice_that_rests_on_the_claim_of_the_guide_says_so() -> None:
    found = choice(compared(*NAMES, work=COUNTED), "Paper deadline")
    assert "by the guide's claim" in found.why
    yolo = Work(100, 1, 16, "rtx-2080", 118_287, "yolo11n", 640)
    assert "claim" not in choice(compared("a100", "t4", work=yolo), "Paper deadline").why


def test_another_choice_than_the_guides_says_why() -> None:
    found = choice(compared("a100", "t4", work=COUNTED), "Repeated experiments")
    assert found.row is None
    assert found.why.startswith("none of these is all of: one's own, without a session")
    assert found.differs == "which is not compared here"


def test_what_the_guide_recommends_is_told_with_our_figures_where_ours_is_another() -> None:
    found = choice(compared("tpu-v2-8", "tpu-v3"), "No budget")
    assert found.row is not None
    assert found.row.scheme.accelerator.key == "tpu-v3-8"
    assert found.differs.startswith("here TPU v2-8 would be: free, 3h 20m")


def test_a_tpu_that_no_trainer_of_the_work_runs_on_is_no_choice() -> None:
    yolo = Work(100, 1, 16, "rtx-2080", 1000, "yolo11n", 640)
    found = compared("a100", "tpu-v2-8", work=yolo)
    assert any("would need its trainer ported to torch_xla" in n for n in found.rows[1].notes)
    assert set(chosen(found).values()) <= {"a100", None}
    assert "ported to torch_xla" in choice(found, "Paper deadline").differs


@pytest.mark.parametrize("name", ["colab-pro-a100", "p3.2xlarge", "cpu"])
def test_what_has_to_be_paid_is_never_the_choice_without_a_budget(name: str) -> None:
    assert (
        choice(
            compared(name, "rtx-3090" if name != "cpu" else "aws-a100", work=COUNTED), "No budget"
        ).row
        is None
    )


def test_nothing_is_to_be_chosen_among_schemes_of_one_accelerator() -> None:
    found = compared("a100", "2x a100", work=COUNTED)
    assert len(found.rows) == 2
    assert not found.choices
    assert not found.scenarios


def test_what_does_not_fit_is_never_chosen() -> None:
    work = replace(COUNTED, imgsz=16384, batch_per_rank=64, sources={"batch_per_rank": "given"})
    found = compared("t4", "v100", work=work)
    unfit = [row for row in found.rows if not row.is_fit]
    assert unfit
    for one in (*found.choices, *found.scenarios):
        assert one.row not in unfit


def in_euros(key: str) -> Catalog:
    catalog = shipped_catalog()
    offer = replace(catalog.offers[key], currency="EUR")
    return replace(catalog, offers={**catalog.offers, key: offer})


def test_prices_in_different_currencies_are_not_held_against_each_other() -> None:
    found = compared("aws-a100", "p3.2xlarge", work=COUNTED, catalog=in_euros("p3.2xlarge"))
    cheapest = choice(found, "Quick experiment")
    assert cheapest.row is None
    assert cheapest.why == "prices in EUR and USD are not held against each other"
    free = compared(
        "colab-free-t4", "p3.2xlarge", "aws-a100", work=COUNTED, catalog=in_euros("p3.2xlarge")
    )
    assert chosen(free)["Quick experiment"] == "t4"
    assert choice(compared("aws-a100", "p3.2xlarge", work=COUNTED), "Quick experiment").row


def test_what_costs_30_of_another_currency_is_not_said_to_cost_30_dollars() -> None:
    catalog = in_euros("aws-a100")
    found = compared("aws-a100", "colab-free-t4", work=COUNTED, catalog=catalog)
    assert chosen(found)["Paper reproduction"] == "t4"


def test_a_gpu_of_amd_is_a_gpu_but_not_the_one_for_any_operation() -> None:
    yolo = Work(100, 2, 16, "rtx-2080", 5000, "yolo11n", 640, sources={"world_size": "given"})
    found = compared("mi300x", "rtx-3090", work=yolo)
    amd = found.rows[0]
    assert (amd.scheme.count, amd.work.world_size) == (2, 2)
    assert amd.memory is not None
    assert {"context", "NCCL"} <= set(amd.memory.parts)
    assert not any("torch_xla" in note for note in amd.notes)
    assert chosen(found)["Complex model"] == "rtx-3090"
    assert chosen(found)["Large data set"] == "mi300x"


def test_what_nobody_offers_is_not_said_to_be_had_without_buying() -> None:
    yolo = Work(100, 1, 16, "rtx-2080", 5000, "yolo11n", 640)
    found = compared("b200", "p3.2xlarge", work=yolo)
    assert found.rows[0].scheme.offer is None
    assert chosen(found)["First run"] == "v100"
    assert choice(compared("b200", "h20", work=yolo), "First run").row is None
