from __future__ import annotations

import math
from dataclasses import replace

import pytest

from cockpit.analysis.forecast.cost.terms import CostTerms
from cockpit.analysis.forecast.schemes.meeting import Shortlist, meet, undominated, without_xla
from cockpit.analysis.forecast.work import Work
from cockpit.catalog.load import shipped_catalog
from cockpit.catalog.rows import Offer, Runtime
from cockpit.errors import InputError
from cockpit.units import HOUR_S

WORK = Work(100, 1, 16, "rtx-2080", 118_287, "yolo11n", 640)

MSHNET = Work(400, 1, 16, "rtx-2080", 800, "mshnet", 256)
"""The work of document 002, of which there is a script for torch_xla."""


def answer(
    budget: float | None = None, deadline_s: float | None = None, work: Work = WORK
) -> Shortlist:
    return meet(
        work, shipped_catalog(), (), budget=budget, deadline_s=deadline_s, terms=CostTerms()
    )


def test_what_surely_meets_does_so_with_its_whole_range() -> None:
    found = answer(budget=500, deadline_s=48 * HOUR_S)
    assert found.surely
    for row in found.surely:
        assert row.total_s is not None
        assert row.run_cost is not None
        assert row.total_s.high <= 48 * HOUR_S
        assert row.run_cost.high <= 500


def test_what_likely_meets_does_so_with_its_likely_value_only() -> None:
    found = answer(budget=100, deadline_s=12 * HOUR_S)
    assert found.likely
    for row in found.likely:
        assert row.total_s is not None
        assert row.run_cost is not None
        assert row.total_s.likely <= 12 * HOUR_S
        assert row.run_cost.likely <= 100
        is_open = row.scheme.hosts > 1 or row.memory is None or row.memory.fits is not True
        assert is_open or row.total_s.high > 12 * HOUR_S or row.run_cost.high > 100


def test_hosts_whose_network_is_not_counted_are_never_sure() -> None:
    found = answer(budget=1e6, deadline_s=1e7)
    assert {row.scheme.hosts for row in found.surely} == {1}
    assert {row.scheme.hosts for row in found.likely} > {1}


def test_what_is_of_unknown_memory_is_never_sure() -> None:
    catalog = shipped_catalog()
    bare = replace(catalog.accelerators["t4"], memory_bytes=None)
    catalog = replace(catalog, accelerators={**catalog.accelerators, "t4": bare})
    found = meet(WORK, catalog, (), budget=1e6, terms=CostTerms())
    assert any(row.scheme.accelerator is bare for row in found.likely)
    assert all(row.scheme.accelerator is not bare for row in found.surely)


def test_within_a_deadline_the_cheapest_is_best() -> None:
    found = answer(deadline_s=100 * HOUR_S)
    costs = [row.run_cost.likely for row in found.surely if row.run_cost is not None]
    assert found.best is not None
    assert found.best.run_cost is not None
    assert found.best.run_cost.likely == min(costs)


def test_within_a_budget_the_fastest_is_best() -> None:
    found = answer(budget=100)
    times = [row.likely_s for row in found.surely]
    assert found.best is not None
    assert found.best.likely_s == min(time for time in times if time is not None)


def test_several_sessions_are_never_sure() -> None:
    """A free notebook may not be had again: its documentation promises nothing."""
    found = answer(budget=1e6)
    assert any(row.cost and row.cost.is_parted for row in found.likely)
    assert not any(row.cost and row.cost.is_parted for row in found.surely)


def test_a_budget_of_nothing_is_met_by_what_is_free() -> None:
    found = answer(budget=0, work=replace(WORK, epochs=5))
    assert found.surely
    assert all(row.is_free for row in (*found.surely, *found.likely))


def test_where_none_is_quick_enough_the_nearest_is_named() -> None:
    found = answer(deadline_s=60)
    assert not found.surely
    assert not found.likely
    assert found.best is None
    assert found.nearest is not None
    assert found.nearest.likely_s is not None
    assert found.nearest.likely_s > 60


def test_only_what_fits_into_memory_is_considered() -> None:
    work = replace(WORK, batch_per_rank=4096, sources={"batch_per_rank": "given"})
    found = answer(budget=1e6, work=work)
    for row in (*found.surely, *found.likely):
        assert row.memory is not None
        assert row.memory.fits is not False


def test_several_hosts_are_tried_of_what_is_rented_and_none_of_notebooks() -> None:
    found = answer(budget=1e6)
    rows = [*found.surely, *found.likely]
    assert {row.scheme.hosts for row in rows if not row.scheme.is_notebook} >= {1, 2, 4}
    assert {row.scheme.hosts for row in rows if row.scheme.is_notebook} == {1}
    assert max(row.scheme.count for row in rows) == 16


def test_what_nothing_is_known_of_is_left_out_and_counted() -> None:
    found = answer(budget=10, work=replace(WORK, model="nobodys-net"))
    assert found.tried == 0
    assert found.nearest is None
    assert any("of unknown time" in reason for reason in found.left_out)


def test_a_beaten_scheme_is_not_among_the_undominated() -> None:
    rows = answer(budget=1e6, work=MSHNET).surely
    best = undominated(rows)
    assert 0 < len(best) < len(rows)
    assert {row.scheme.accelerator.runtime for row in best} == {Runtime.CUDA, Runtime.XLA}


def test_what_needs_no_other_script_is_no_tpu() -> None:
    found = answer(budget=1000, work=MSHNET)
    rows = [*found.surely, *found.likely]
    kept = without_xla(rows)
    assert 0 < len(kept) < len(rows)
    assert all(row.scheme.accelerator.runtime is not Runtime.XLA for row in kept)


def test_ones_own_gpus_are_tried_as_many_as_there_are_at_the_price_of_each() -> None:
    catalog = shipped_catalog()
    own = Offer("own", "this machine", "rtx-2080", "[cost] of config.toml", "", hour=0.2)
    catalog = replace(catalog, offers={"own": own})
    work = replace(WORK, world_size=6, host="gpu-server")
    found = meet(work, catalog, (), budget=1e6, terms=CostTerms())
    by_count = {row.scheme.count: row for row in found.surely}
    assert sorted(by_count) == [1, 2, 4, 6]
    for count, row in by_count.items():
        assert row.run_cost is not None
        assert row.likely_s is not None
        assert row.run_cost.likely == pytest.approx(0.2 * count * row.likely_s / HOUR_S)


def test_a_run_whose_epoch_is_longer_than_a_session_is_no_answer() -> None:
    work = Work(100, 1, 4, "rtx-2080", 1_000_000, "yolov8x", 1280)
    found = answer(budget=20, work=work)
    for row in (*found.surely, *found.likely, *filter(None, [found.nearest])):
        assert row.total_s is not None
        assert math.isfinite(row.total_s.likely)
    assert any("an epoch does not fit into a session" in reason for reason in found.left_out)


def test_what_may_not_fit_into_memory_is_never_sure() -> None:
    found = answer(budget=1e6, work=Work(10, 1, 4, "rtx-2080", 1000, "yolov8x", 1280))
    assert any(row.memory and row.memory.fits is None for row in found.likely)
    assert all(row.memory is None or row.memory.fits for row in found.surely)


def test_a_tpu_is_no_answer_for_work_of_which_no_script_for_it_is_known() -> None:
    found = answer(budget=1e6)
    for row in (*found.surely, *found.likely):
        assert row.scheme.accelerator.runtime is not Runtime.XLA
    assert any("ported to torch_xla" in reason for reason in found.left_out)


def test_what_is_beyond_a_quota_waits_for_the_next_month_and_is_never_sure() -> None:
    found = answer(budget=1e6)
    waiting = [row for row in found.likely if row.cost and row.cost.waited_s.likely > 0]
    assert waiting
    for row in waiting:
        assert row.cost is not None
        assert row.time is not None
        assert row.cost.total_s is not None
        assert row.cost.total_s.likely > row.time.total_s.likely + row.cost.waited_s.likely - 1
    for row in found.surely:
        assert row.cost is not None
        assert row.cost.waited_s.high == 0


@pytest.mark.parametrize(
    ("budget", "deadline_s"),
    [(None, None), (-1, None), (float("nan"), None), (None, 0), (None, -5), (None, float("inf"))],
)
def test_absurd_limits_are_refused(budget: float | None, deadline_s: float | None) -> None:
    with pytest.raises(InputError):
        answer(budget, deadline_s)


def test_hardware_that_costs_more_than_the_budget_is_not_sure_to_be_there() -> None:
    key = "own-rtx-4090"
    found = answer(budget=100)
    assert key in {row.scheme.offer.key for row in found.likely if row.scheme.offer}
    assert key not in {row.scheme.offer.key for row in found.surely if row.scheme.offer}
    catalog = shipped_catalog()
    paid = replace(catalog.offers[key], purchase=0.0)
    catalog = replace(catalog, offers={**catalog.offers, key: paid})
    mine = meet(WORK, catalog, (), budget=100, terms=CostTerms())
    assert key in {row.scheme.offer.key for row in mine.surely if row.scheme.offer}
    in_time = answer(deadline_s=100 * HOUR_S)
    assert key in {row.scheme.offer.key for row in in_time.surely if row.scheme.offer}


def test_a_device_and_a_number_of_gpus_that_were_given_hold_for_all_schemes() -> None:
    work = Work(100, 4, 16, "v100", 1000, "yolo11n", 640)
    given = replace(work, sources={"device": "given", "world_size": "given"})
    found = answer(budget=1000, work=given)
    rows = [*found.surely, *found.likely]
    assert rows
    assert {(row.scheme.accelerator.key, row.scheme.count) for row in rows} == {("v100", 4)}
    counted = answer(budget=1000, work=replace(work, sources={"world_size": "given"}))
    rows = [*counted.surely, *counted.likely]
    assert len({row.scheme.accelerator.key for row in rows}) > 1
    assert {row.scheme.count for row in rows} == {4}


def test_the_machine_one_sits_at_is_a_scheme_within_a_deadline_without_a_price() -> None:
    here = replace(WORK, train_samples=1000, host="box")
    found = answer(deadline_s=1e6, work=here)
    offers = [row.scheme.offer for row in (*found.surely, *found.likely)]
    assert "this machine" in [offer.name for offer in offers if offer is not None]
    assert any("unknown price" in why for why in answer(budget=1e6, work=here).left_out)
