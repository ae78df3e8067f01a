from __future__ import annotations

import random

import pytest

from cockpit.analysis.eta import epoch_lengths, remaining


def ends(*lengths: float) -> list[tuple[int, float]]:
    total, found = 0.0, []
    for epoch, length in enumerate(lengths, 1):
        total += length
        found.append((epoch, total))
    return found


def test_a_steady_run_is_the_rest_of_its_epochs() -> None:
    eta = remaining(ends(30, 10, 10, 10, 10), 20, 4)
    assert eta is not None
    assert eta.remaining_s == pytest.approx(15 * 10 - 4)
    assert eta.basis == "last 4 epochs"


def test_the_first_epoch_counts_only_while_it_is_alone() -> None:
    alone = remaining(ends(60), 10, 0)
    later = remaining(ends(60, 10), 10, 0)
    assert alone is not None
    assert later is not None
    assert alone.remaining_s == 9 * 60
    assert alone.basis == "one epoch"
    assert later.remaining_s == 8 * 10


def test_nothing_is_said_before_there_is_an_epoch_or_an_end() -> None:
    assert remaining([], 10, 5) is None
    assert remaining(ends(10, 10), None, 5) is None
    assert remaining(ends(10, 10), 0, 5) is None
    assert remaining([(3, 0.0)], 10, 5) is None


def test_at_the_end_nothing_remains() -> None:
    for epochs in (3, 2):
        eta = remaining(ends(10, 10, 10), epochs, 500)
        assert eta is not None
        assert (eta.remaining_s, eta.low_s, eta.high_s, eta.margin_s) == (0, 0, 0, 0)


def test_the_range_is_never_narrower_than_a_twentieth() -> None:
    eta = remaining(ends(*[10.0] * 50), 100, 0)
    assert eta is not None
    assert eta.high_s - eta.remaining_s >= 0.05 * eta.remaining_s - 1e-9
    assert eta.remaining_s - eta.low_s >= 0.05 * eta.remaining_s - 1e-9


def test_the_range_narrows_with_the_epochs() -> None:
    shares = []
    for count in range(1, 9):
        eta = remaining(ends(*[10.0] * count), 100, 0)
        assert eta is not None
        shares.append(eta.margin_s / eta.remaining_s)
    assert shares == sorted(shares, reverse=True)
    assert shares[0] > 0.4


def test_a_restless_run_has_a_wider_range() -> None:
    steady = remaining(ends(*[10.0] * 9), 100, 0)
    restless = remaining(ends(10, 7, 13, 8, 12, 9, 11, 6, 14), 100, 0)
    assert steady is not None
    assert restless is not None
    assert restless.margin_s > 2 * steady.margin_s


def test_one_stalled_epoch_moves_neither_the_middle_nor_much_of_the_range() -> None:
    eta = remaining(ends(10, 10, 10, 10, 300, 10, 10, 10), 20, 0)
    assert eta is not None
    assert eta.remaining_s == 12 * 10


def test_regular_slow_epochs_are_inside_the_range() -> None:
    lengths = [10.0, 10, 10, 10, 50] * 8
    eta = remaining(ends(*lengths), 80, 0)
    assert eta is not None
    assert eta.low_s <= sum(lengths) <= eta.high_s


def test_an_epoch_that_takes_longer_than_usual_raises_only_the_upper_bound() -> None:
    usual = remaining(ends(*[10.0] * 9), 20, 10)
    late = remaining(ends(*[10.0] * 9), 20, 100)
    assert usual is not None
    assert late is not None
    assert late.high_s > usual.high_s + 80
    assert late.remaining_s == 10 * 10
    assert late.low_s <= usual.low_s


def test_a_change_of_speed_is_followed() -> None:
    eta = remaining(ends(*[100.0] * 50, *[10.0] * 8), 68, 0)
    assert eta is not None
    assert eta.remaining_s == 10 * 10


def test_epochs_that_were_not_seen_are_shared_out() -> None:
    assert epoch_lengths([(1, 10.0), (5, 50.0)]) == (10.0,)
    assert epoch_lengths([(4, 40.0)]) == (10.0,)
    assert epoch_lengths([(1, 10.0), (2, 10.0), (3, 5.0)]) == (10.0,)


def test_the_range_holds_the_middle_whatever_comes() -> None:
    rng = random.Random(3)
    for _ in range(500):
        lengths = [rng.uniform(0, 100) ** rng.choice((1, 2)) for _ in range(rng.randrange(1, 30))]
        since = rng.choice((0.0, -5.0, rng.uniform(0, 500), float("nan")))
        eta = remaining(ends(*lengths), rng.randrange(1, 60), since)
        if eta is not None:
            assert 0 <= eta.low_s <= eta.remaining_s <= eta.high_s
            assert eta.margin_s >= 0
