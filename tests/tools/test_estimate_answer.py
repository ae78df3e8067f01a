from __future__ import annotations

from pathlib import Path

import pytest

from cockpit.errors import InputError
from cockpit.tool_runs.events import Level, Outcome
from cockpit.tool_runs.result import ToolResult, read_asked, read_result
from cockpit.tools.catalog import TOOLS
from cockpit.tools.estimate_answer import answer
from cockpit.tools.start import ToolAsk

NOW_S = 1_795_200_187.0


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))
    monkeypatch.setenv("COCKPIT_DEVICES", "none")
    return tmp_path


def asked(preset: str | None = None, **values: str) -> ToolAsk:
    texts = {name.replace("_", "-"): text for name, text in values.items()}
    return ToolAsk(TOOLS["estimate"], texts, preset=preset)


def told(ask: ToolAsk) -> ToolResult:
    found = answer(ask, NOW_S)
    result = read_result(found.paths)
    assert read_asked(found.paths) is not None
    return result


def codes(result: ToolResult) -> set[str]:
    return {one.code for one in result.findings}


def test_an_estimate_lies_in_a_folder_as_the_result_of_a_tool() -> None:
    result = told(asked(dataset_size="1000", gpus="16"))
    total = result.tables["time"][0].values
    assert total["part"] == "total"
    low, likely, high = (total[f"{name}_s"] for name in ("low", "likely", "high"))
    assert isinstance(low, float) and isinstance(likely, float) and isinstance(high, float)
    assert 0 < low < likely < high
    assert {"asked", "assumed", "rests on", "to narrow it", "memory.fit"} <= codes(result)
    assert result.outcome is Outcome.PASSED


def test_what_is_not_measured_says_so() -> None:
    result = told(asked(dataset_size="1000", gpus="16"))
    said = next(one.what for one in result.findings if one.code == "time.total")
    assert said.endswith("(not measured)")


def test_a_batch_that_does_not_fit_is_a_problem() -> None:
    result = told(asked(dataset_size="100000", gpus="1", batch_per_rank="512", gpu="rtx-2080"))
    assert result.level is Level.PROBLEM
    assert "memory.fit" in {one.code for one in result.findings if one.level is Level.PROBLEM}


def test_schemes_are_rows_and_choices_are_findings() -> None:
    result = told(asked(compare="tpu-v2-8,a100,v100,rtx4090,cpu"))
    assert len(result.tables["schemes"]) == 5
    assert "choice" in codes(result)
    assert "time" not in result.tables
    assert result.finished is not None
    assert result.finished.why.startswith("fastest: ")


def test_hosts_are_told_in_parallel_and_in_turn() -> None:
    result = told(asked(hosts="2", dataset_size="1000", gpu="v100"))
    rows = result.tables["hosts"]
    one, both = rows[0].values["in parallel_s"], rows[0].values["in turn_s"]
    assert isinstance(one, float)
    assert both == pytest.approx(2 * one)


def test_an_offer_is_priced() -> None:
    result = told(asked(dataset_size="1000", offer="p3.2xlarge"))
    assert result.tables["cost"][0].values["offer"] == "p3.2xlarge"


def test_rented_gpus_are_priced_where_nobody_named_an_offer() -> None:
    result = told(asked(dataset_size="1000", gpus="1", gpu="a100"))
    assert len(result.tables["cost"]) == 2


def test_a_price_of_an_hour_is_a_cost() -> None:
    found = told(asked(dataset_size="1000", gpu="a100", price="2.50"))
    (row,) = found.tables["cost"]
    assert row.values["offer"] == "your price"


def test_where_no_price_is_told_the_fields_that_tell_one_are_named() -> None:
    result = told(asked(dataset_size="1000", gpu="rtx-2080"))
    (found,) = [one for one in result.findings if one.code == "cost.unknown"]
    assert found.remedy is not None
    assert found.remedy.startswith("the fields price and offer")


def test_what_meets_budget_and_deadline_comes_sure_ones_first() -> None:
    result = told(asked(dataset_size="20000", budget="40", deadline="2d"))
    rows = [row.values for row in result.tables["schemes"]]
    sure = [row["sure"] is True for row in rows]
    assert sure == sorted(sure, reverse=True), "sure ones first"
    assert all(row["offer"] for row in rows)
    assert result.finished is not None
    assert "within 2d" in result.finished.why
    assert "USD 40" in result.finished.why
    assert any(one.what.startswith("left out: ") for one in result.findings)


def test_where_nothing_meets_the_limits_the_nearest_is_named() -> None:
    result = told(asked(dataset_size="2000000", epochs="1000", budget="1", deadline="5min"))
    assert "schemes" not in result.tables
    assert {"schemes.none", "nearest"} <= codes(result)


def test_the_speed_of_the_one_that_is_held_against_is_one() -> None:
    result = told(asked(compare="a100,v100", dataset_size="1000", against="v100"))
    assert [row.values["speed"] for row in result.tables["schemes"]][1] == "1x"


def test_what_guides_say_of_the_memory_stands_beside_what_is_calculated() -> None:
    rows = told(asked(dataset_size="1000", gpu="rtx-2080")).tables["guides"]
    assert all(row.values["calculated_bytes"] for row in rows)


def test_whether_it_fits_is_answered_without_a_data_set() -> None:
    assert "memory.fit" in codes(told(asked(model="yolov8m", gpu="rtx-2080")))


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"dataset_size": "0", "gpus": "x"}, "--gpus x: a whole number, at least 1"),
        ({"dataset_size": "1000", "gpus": "2", "gpu": "rtx208"}, "rtx-2080"),
        ({"gpus": "2"}, "--dataset-size is missing"),
        ({"compare": "a100", "offer": "p3.2xlarge"}, "exclude each other"),
        ({"dataset_size": "1000", "spot": "on"}, "--spot: only with --offer or --compare or "),
        ({"dataset_size": "1000", "budget": "much"}, "--budget much: must be an amount"),
        ({"dataset_size": "1000", "deadline": "soon"}, "--deadline soon: that is no time"),
        ({"dataset_size": "1000", "budget": "9", "hosts": "2"}, "--hosts and --budget exclude"),
        ({"dataset_size": "1000", "probe": "on"}, "--probe: only with --preset"),
        ({"dataset_size": "1000", "probe_steps": "9"}, "--probe-steps: only with --probe"),
        ({"compare": "a100,v100", "gpu": "a100"}, "--compare names what is compared"),
        ({"compare": "a100,v100", "against": "t5"}, "t5"),
        ({"dataset_size": "1000", "hosts": "1001"}, "--hosts 1001: must be from 1 to 1,000 hosts"),
    ],
)
def test_wrong_values_are_told_and_leave_no_folder(
    home: Path, values: dict[str, str], said: str
) -> None:
    with pytest.raises(InputError) as caught:
        answer(asked(**values), NOW_S)
    assert said in str(caught.value)
    assert not list(home.rglob("estimate-*"))
