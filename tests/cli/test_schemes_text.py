from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

import pytest

from cockpit.analysis.forecast.cost.terms import CostTerms
from cockpit.analysis.forecast.schemes.comparison import compare
from cockpit.analysis.forecast.schemes.hosts import HostsAnswer, compare_hosts
from cockpit.analysis.forecast.schemes.meeting import Shortlist, meet
from cockpit.analysis.forecast.schemes.scheme import SchemeComparison
from cockpit.analysis.forecast.work import Work
from cockpit.calibrations.calibration import Calibration, Kind
from cockpit.catalog.load import shipped_catalog
from cockpit.catalog.rows import Accelerator, Runtime
from cockpit.cli.meeting_text import hosts_lines, shortlist_lines
from cockpit.cli.schemes_json import as_object, hosts_object, shortlist_object
from cockpit.cli.schemes_text import lines
from cockpit.cli.text_width import width
from cockpit.units import HOUR_S, duration

MSHNET = Work(400, 1, 16, "rtx-2080", 800, "mshnet", 256)
TINY = Work(100, 1, 384, "rtx-3090", 118_287, "yolov7-tiny", 320)
NAMES = ("tpu-v2-8", "a100", "v100", "t4", "rtx4090", "cpu", "tpu-v3")
WIDTHS = (40, 60, 80, 140)


def comparison(*names: str, work: Work = MSHNET) -> SchemeComparison:
    return compare(work, names or NAMES, shipped_catalog(), (), CostTerms())


def answer(budget: float | None = None, deadline_s: float | None = None) -> Shortlist:
    catalog, terms = shipped_catalog(), CostTerms()
    return meet(MSHNET, catalog, (), budget=budget, deadline_s=deadline_s, terms=terms)


def hosts(work: Work = TINY, count: int = 2) -> HostsAnswer:
    return compare_hosts(work, shipped_catalog(), (), count, terms=CostTerms())


def line_of(told: Sequence[str], begin: str) -> str:
    return next(line for line in told if line.strip().startswith(begin))


@pytest.mark.parametrize("room", WIDTHS)
def test_nothing_is_wider_than_the_terminal(room: int) -> None:
    for told in (
        lines(comparison(), room),
        shortlist_lines(answer(budget=20, deadline_s=8 * HOUR_S), room),
        shortlist_lines(answer(deadline_s=1), room),
        hosts_lines(hosts(), room),
    ):
        assert max(map(width, told)) <= room


@pytest.mark.parametrize("room", [80, 140])
def test_every_scheme_and_every_situation_is_there(room: int) -> None:
    found = comparison()
    told = "\n".join(lines(found, room))
    for row in found.rows:
        assert row.scheme.name in told
        assert row.scheme.offer is not None
        assert row.scheme.offer.name in told
    for choice in (*found.choices, *found.scenarios):
        assert choice.situation in told


def test_where_there_is_room_an_offer_has_a_column_and_else_stands_below() -> None:
    wide, narrow = (lines(comparison(), room) for room in (140, 80))
    assert "offer" in wide[1]
    assert "offer" not in narrow[1]
    assert "Colab Pro A100" in line_of(wide, "A100")
    assert "Colab Pro A100" in narrow[narrow.index(line_of(narrow, "A100")) + 1]


def test_what_was_not_measured_here_is_marked() -> None:
    told = lines(comparison("a100"), 100)
    assert "~" in line_of(told, "A100")
    assert any("~ not measured here" in line for line in told)


def test_the_figures_of_the_document_stand_beside_ours() -> None:
    told = lines(comparison(), 140)
    start = told.index("Document 002, a training guide: its figure | ours")
    assert "$10 | USD" in line_of(told[start:], "A100")


def test_the_claim_of_the_document_is_not_shown_as_a_second_figure() -> None:
    found = comparison("v100", "t4")
    told = lines(found, 140)
    theirs = line_of(
        told[told.index("Document 002, a training guide: its figure | ours") :], "V100"
    )
    assert "13h 20m | = its claim" in theirs
    assert "1.5x" in theirs
    assert "1.5x | " not in theirs
    time = found.rows[0].time
    assert time is not None
    assert time.published_s is not None
    published = f"{duration(time.published_s.low)}-{duration(time.published_s.high)}"
    assert published in theirs
    assert published in line_of(told, "V100")
    assert any("published: " in line for line in told)


def test_a_time_of_our_own_stands_beside_the_documents() -> None:
    run = Calibration(
        "run:a",
        Kind.RUN,
        0.0,
        "here",
        "v100",
        model="mshnet",
        imgsz=256,
        batch_per_rank=16,
        world_size=1,
        train_samples=800,
        epochs=10,
        epoch_s=40.0,
        epochs_done=10,
    )
    work = replace(MSHNET, device="v100", host="here")
    found = compare(work, ("v100", "t4"), shipped_catalog(), (run,), CostTerms())
    told = lines(found, 140)
    theirs = line_of(
        told[told.index("Document 002, a training guide: its figure | ours") :], "V100"
    )
    assert "13h 20m | " in theirs
    assert "= its claim" not in theirs


def test_a_row_of_which_nothing_is_known_shows_dashes_and_why() -> None:
    catalog = shipped_catalog()
    odd = Accelerator("oddity", "Oddity", Runtime.CUDA, "a test", "2026-11")
    catalog = replace(catalog, accelerators={**catalog.accelerators, "oddity": odd})
    found = compare(
        replace(MSHNET, model="nobodys-net"), ("oddity", "a100"), catalog, (), CostTerms()
    )
    told = lines(found, 100)
    assert line_of(told, "Oddity").strip().startswith("Oddity")
    assert any("nobodys-net" in line for line in told)
    assert not any("x" in line.split() or "0.0x" in line for line in told)
    assert not any("Which one" in line for line in told)


def test_wide_letters_in_a_users_offer_keep_the_columns() -> None:
    catalog = shipped_catalog()
    offer = replace(catalog.offers["p3.2xlarge"], key="lab", name="实验室服务器 V100")
    catalog = replace(catalog, offers={"lab": offer, **catalog.offers})
    found = compare(MSHNET, ("lab", "t4"), catalog, (), CostTerms())
    told = lines(found, 140)
    first, second = line_of(told, "V100"), line_of(told, "T4")
    assert width(first.partition(" 8 ")[0]) == width(second.partition(" 4 ")[0])


def test_control_codes_of_a_users_offer_never_reach_the_terminal() -> None:
    catalog = shipped_catalog()
    offer = replace(catalog.offers["p3.2xlarge"], key="bad", name="bad\x1b[31m\x07 offer")
    catalog = replace(catalog, offers={"bad": offer})
    for room in (80, 140):
        told = "\n".join(lines(compare(MSHNET, ("bad",), catalog, (), CostTerms()), room))
        assert "\x1b" not in told
        assert "\x07" not in told


def test_a_session_that_is_too_short_is_said() -> None:
    told = "\n".join(lines(comparison("colab-free-t4"), 140))
    assert "sessions of 12 h" in told


def test_where_nothing_meets_the_limits_the_nearest_is_told_with_what_it_misses() -> None:
    told = shortlist_lines(answer(deadline_s=60), 140)
    assert "none of them is" in told[1]
    assert "nearest: " in told[2]
    assert " over" in told[2]


def test_limits_that_are_met_name_the_cheapest_and_the_fastest() -> None:
    told = "\n".join(shortlist_lines(answer(budget=50), 140))
    assert "cheapest that is over the whole range: " in told
    assert "fastest that is over the whole range: " in told
    assert "Over the whole calculated range" in told


def test_offers_in_another_currency_are_left_out_with_what_to_do() -> None:
    found = meet(MSHNET, shipped_catalog(), (), budget=5, terms=CostTerms(), currency="EUR")
    told = " ".join(" ".join(shortlist_lines(found, 140)).split())
    assert "with prices in USD" in told
    assert "leave currency out of config.toml" in told
    assert "catalog.toml" in told
    assert "not converted" not in " ".join(shortlist_lines(answer(budget=5), 140))


def test_hosts_in_parallel_take_half_as_long_as_in_turn() -> None:
    found = hosts()
    for one in found.rows:
        assert one.parallel_s is not None
        assert one.serial_s is not None
        assert one.serial_s.likely == pytest.approx(2 * one.parallel_s.likely)


def test_the_hosts_of_document_000_stand_beside_ours() -> None:
    found = hosts()
    assert {one.row.scheme.offer.key for one in found.rows if one.row.scheme.offer} == {
        "p3.2xlarge",
        "gcp-v100",
        "nc6s-v3",
        "vast-rtx-3090",
        "lambda-rtx-3090",
    }
    told = " ".join(hosts_lines(found, 140))
    assert "3-4 h in parallel, 6-8 h in turn, $6-24 and $12-24" in told
    assert "come to $3-24.5" in told


def test_a_table_of_hosts_explains_no_column_that_it_has_not() -> None:
    work = replace(TINY, epochs=9000, device="t4", sources={"device": "given"})
    told = " ".join(" ".join(hosts_lines(hosts(work), 140)).split())
    assert "Kaggle" in told
    assert "month" not in told.replace("h a month", "")
    assert "memory:" not in told


def test_hosts_of_a_gpu_that_was_asked_for_are_of_its_own_offers_only() -> None:
    found = hosts(replace(TINY, device="rtx-3090", sources={"device": "given"}))
    assert {one.row.scheme.accelerator.key for one in found.rows} == {"rtx-3090"}


def test_hosts_whose_time_is_a_claim_show_what_is_published_beside_it() -> None:
    told = hosts_lines(hosts(replace(MSHNET, device="v100")), 140)
    assert "published" in told[1]
    assert not any("published: " in line for line in hosts_lines(hosts(), 140))


def test_other_work_on_hosts_has_no_figures_of_the_document() -> None:
    assert hosts(count=3).told is None
    assert hosts(replace(TINY, epochs=50)).told is None


def test_all_of_it_is_json() -> None:
    for told in (
        as_object(comparison()),
        shortlist_object(answer(budget=0)),
        shortlist_object(answer(deadline_s=60)),
        hosts_object(hosts()),
    ):
        text = json.dumps(told, allow_nan=False)
        assert json.loads(text).keys() == told.keys()


def test_the_json_holds_what_the_table_shows() -> None:
    told = as_object(comparison("a100", "t4"))
    schemes = told["schemes"]
    assert isinstance(schemes, list)
    first = schemes[0]
    assert (first["scheme"], first["offer"], first["ranks"]) == ("A100", "colab-pro-a100", 1)
    assert first["time"]["is_measured"] is False
    assert first["told"]["total_s"] == 24_000
    assert told["baseline"] == "T4"


def test_the_advice_of_the_guide_stands_beside_its_own_model_only() -> None:
    told = "\n".join(lines(comparison(), 140))
    assert "Which one, by situation (document 002, a guide to training MSHNet)" in told
    assert "Which one, by scenario" in told
    of_another = comparison(work=replace(TINY, device="a100", world_size=1, imgsz=640))
    assert "document 002" not in "\n".join(lines(of_another, 140))


def test_an_offer_that_must_be_reserved_ahead_says_so() -> None:
    told = "\n".join(lines(comparison("p4d.24xlarge", "v100"), 140))
    assert told.count("must be reserved ahead") == 1
