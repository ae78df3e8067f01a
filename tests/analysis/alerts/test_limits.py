from __future__ import annotations

from dataclasses import fields

import pytest

from cockpit.analysis.alerts.limits import (
    LONGEST_WATCHED_S,
    WATCHED,
    Limits,
    Targets,
    parse_limits,
    parse_targets,
)
from cockpit.analysis.alerts.window import GAP_S, LENGTH_S


def test_nothing_set_is_the_default() -> None:
    assert parse_limits(None) == (Limits(), ())
    assert parse_limits({}) == (Limits(), ())
    assert parse_targets(None) == (Targets(), ())
    assert Limits().hot_c == 85
    assert (Limits().low_utilization_pct, Limits().low_utilization_s) == (50, 180)


@pytest.mark.parametrize("key", [field.name for field in fields(Limits)])
def test_every_limit_can_be_set(key: str) -> None:
    limits, problems = parse_limits({key: 7})
    assert problems == ()
    assert getattr(limits, key) == 7.0
    assert isinstance(getattr(limits, key), float)


def test_all_problems_are_told_at_once_and_a_wrong_key_counts_as_not_given() -> None:
    limits, problems = parse_limits(
        {
            "hot_c": "85",
            "hott_s": 3,
            "idle_pct": 120,
            "hang_s": -1,
            "disk_free_gib": True,
            "hot_s": 90,
        }
    )
    assert problems == (
        "alerts.hot_c: must be a number",
        "alerts.hott_s: no such key (did you mean hot_s?)",
        "alerts.idle_pct: must not be over 100",
        "alerts.hang_s: must not be below 0",
        "alerts.disk_free_gib: must be a number",
    )
    assert limits == Limits(hot_s=90.0)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 10**400, None, [], {}, "x", True])
def test_a_limit_is_a_finite_number(value: object) -> None:
    assert parse_limits({"hot_c": value}) == (Limits(), ("alerts.hot_c: must be a number",))


@pytest.mark.parametrize("key", sorted(WATCHED))
def test_nothing_is_waited_for_longer_than_is_looked_back(key: str) -> None:
    assert parse_limits({key: LONGEST_WATCHED_S})[1] == ()
    limits, (problem,) = parse_limits({key: 900})
    assert problem.startswith(f"alerts.{key}: must not be over 540")
    assert limits == Limits()
    assert LONGEST_WATCHED_S + GAP_S < LENGTH_S


@pytest.mark.parametrize("table", [3, "x", [], True])
def test_alerts_and_targets_are_tables(table: object) -> None:
    assert parse_limits(table) == (Limits(), ("alerts: must be a table: [alerts]",))
    assert parse_targets(table) == (Targets(), ("targets: must be a table: [targets]",))


def test_targets_are_bands() -> None:
    targets, problems = parse_targets(
        {"utilization_pct": [80, 99], "memory_pct": [60.5, 90], "temperature_c": 75}
    )
    assert problems == ()
    assert targets == Targets((80.0, 99.0), (60.5, 90.0), 75.0)


@pytest.mark.parametrize(
    ("table", "problem"),
    [
        ({"memory_pct": 80}, "targets.memory_pct: must be two numbers, such as [70, 80]"),
        ({"memory_pct": [80]}, "targets.memory_pct: must be two numbers, such as [70, 80]"),
        ({"memory_pct": ["a", 3]}, "targets.memory_pct: must be two numbers, such as [70, 80]"),
        (
            {"memory_pct": [90, 80]},
            "targets.memory_pct: must be a lower and an upper share between 0 and 100",
        ),
        ({"temperature_c": "80"}, "targets.temperature_c: must be a number"),
        ({"temprature_c": 80}, "targets.temprature_c: no such key (did you mean temperature_c?)"),
    ],
)
def test_a_wrong_target_is_told_and_not_taken(table: object, problem: str) -> None:
    assert parse_targets(table) == (Targets(), (problem,))
