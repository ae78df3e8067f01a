from __future__ import annotations

import random

import pytest

from cockpit.analysis.eta import Eta, Expected, Outlook, remaining
from cockpit.analysis.forecast.band import Band, within
from cockpit.analysis.pace import lengths_of


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
    assert 9 * 60 / 2 <= alone.low_s < alone.remaining_s < 9 * 60 < alone.high_s
    assert alone.basis == "the first epoch"
    assert later.remaining_s == 8 * 10
    assert later.basis == "one epoch"


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


def test_the_range_is_never_narrower_than_a_tenth() -> None:
    eta = remaining(ends(*[10.0] * 50), 100, 0)
    assert eta is not None
    assert eta.high_s - eta.remaining_s >= 0.1 * eta.remaining_s - 1e-9
    assert eta.remaining_s - eta.low_s >= 0.1 * eta.remaining_s - 1e-9


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
    restless = remaining(ends(10, 7, 8, 13, 12, 9, 6, 14, 11), 100, 0)
    assert steady is not None
    assert restless is not None
    assert restless.margin_s > 1.5 * steady.margin_s


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


def known(eta: Eta | None) -> Eta:
    assert eta is not None
    return eta


def test_every_fifth_epoch_is_counted_as_often_as_it_comes() -> None:
    lengths = [30.0 if epoch % 5 == 0 else 10.0 for epoch in range(1, 13)]
    eta = known(remaining(ends(*lengths), 22, 0))
    assert eta.remaining_s == pytest.approx(8 * 10 + 2 * 30)  # epochs 13 to 22: 15 and 20
    assert eta.basis == "last 9 epochs, one in 5 is longer"
    in_long = known(remaining(ends(*[10.0, 10, 10, 10, 30] * 3, *[10.0] * 4), 20, 12))
    assert in_long.remaining_s == pytest.approx(30 - 12)


def test_a_long_epoch_that_may_be_the_first_of_many_widens_the_range_upward() -> None:
    lengths = [30.0 if epoch == 10 else 10.0 for epoch in range(1, 14)]
    eta = known(remaining(ends(*lengths), 100, 0))
    assert eta.remaining_s == pytest.approx(87 * 10)
    assert eta.high_s > 87 * 10 + 9 * 20
    stalled = known(remaining(ends(*lengths, *[10.0] * 10), 110, 0))  # epoch 20 was as usual
    assert stalled.margin_s < eta.margin_s


def test_epochs_held_up_again_and_again_count_as_often_as_they_came() -> None:
    lengths = [40.0 if epoch in (7, 12, 23) else 10.0 for epoch in range(1, 32)]
    assert known(remaining(ends(*lengths), 61, 0)).remaining_s == pytest.approx(30 * (10 + 3))


def test_a_new_speed_may_be_over_soon() -> None:
    young = known(remaining(ends(*[10.0] * 20, *[20.0] * 4), 50, 0))
    settled = known(remaining(ends(*[10.0] * 20, *[20.0] * 8), 54, 0))
    assert young.remaining_s == settled.remaining_s == 26 * 20
    assert young.low_s <= 26 * 10
    assert settled.low_s > 26 * 15


def test_the_first_epoch_after_a_resume_does_not_count() -> None:
    seen = ends(30, 10, 10, 30, 10)
    resumed = known(remaining(seen, 10, 0, outlook=Outlook(resumed_after=(3.0,))))
    assert resumed.remaining_s == 5 * 10
    assert resumed.high_s < known(remaining(seen, 10, 0)).high_s


def test_closing_the_mosaic_may_end_it_sooner_until_it_is_seen() -> None:
    outlook = Outlook(close_mosaic=10)
    before = known(remaining(ends(*[10.0] * 20), 40, 0, outlook=outlook))
    plain = known(remaining(ends(*[10.0] * 20), 40, 0))
    assert before.remaining_s == plain.remaining_s
    assert before.low_s <= plain.low_s - 10 * 4
    after = known(remaining(ends(*[10.0] * 31, 6.0, 6.0), 40, 0, outlook=outlook))
    assert after.remaining_s == 7 * 6
    assert after.basis == "last 2 epochs"


def test_early_stopping_is_the_low_end_and_is_said() -> None:
    eta = known(remaining(ends(*[10.0] * 20), 100, 0, outlook=Outlook(earliest_epoch=30)))
    full = known(remaining(ends(*[10.0] * 20), 100, 0))
    assert eta.may_stop_early
    assert eta.low_s <= 10 * 10 < full.low_s
    assert eta.basis == "last 12 epochs; may stop after epoch 30"
    assert eta.margin_s == full.high_s - full.remaining_s
    late = known(remaining(ends(*[10.0] * 20), 100, 0, outlook=Outlook(earliest_epoch=100)))
    assert not late.may_stop_early


def test_a_bar_gives_a_first_rough_end() -> None:
    eta = known(remaining((), 10, 37.0, part=0.37))
    assert eta.basis == "first epoch, 37% done"
    assert eta.low_s < 9 * 100 * 0.5
    assert 9 * 100 * 0.8 < eta.remaining_s < 9 * 100 < eta.high_s
    assert remaining((), 10, 37.0) is None
    assert remaining((), 10, 0.0, part=0.0) is None
    assert remaining((), 10, None, part=0.4) is None


def test_a_bar_tells_where_in_its_epoch_a_training_is_when_no_clock_does() -> None:
    assert known(remaining(ends(*[10.0] * 9), 10, None, part=0.75)).remaining_s == 2.5
    assert known(remaining(ends(*[10.0] * 9), 10, None)).remaining_s == 5


def test_a_bar_that_crawls_raises_the_upper_bound() -> None:
    usual = known(remaining(ends(*[10.0] * 9), 20, 8, part=0.8))
    crawls = known(remaining(ends(*[10.0] * 9), 20, 8, part=0.25))
    assert crawls.high_s > usual.high_s + 15
    assert crawls.remaining_s == usual.remaining_s


def test_a_silly_end_is_not_told() -> None:
    assert remaining(ends(1e6, 1e6), 100, 0) is None
    assert remaining([(1, float("inf"))], 100, 0) is None


def test_a_change_of_speed_is_followed() -> None:
    eta = remaining(ends(*[100.0] * 50, *[10.0] * 8), 68, 0)
    assert eta is not None
    assert eta.remaining_s == 10 * 10


def test_epochs_that_were_not_seen_are_shared_out() -> None:
    assert [one.seconds for one in lengths_of([(1, 10.0), (5, 50.0)])] == [10.0]
    assert lengths_of([(4, 40.0)]) == ()
    assert lengths_of([(1, 10.0), (2, 10.0), (3, 5.0)]) == ()


def test_the_range_holds_the_middle_whatever_comes() -> None:
    rng = random.Random(3)
    for _ in range(500):
        lengths = [rng.uniform(0, 100) ** rng.choice((1, 2)) for _ in range(rng.randrange(1, 30))]
        since = rng.choice((0.0, -5.0, rng.uniform(0, 500), float("nan"), None))
        part = rng.choice((None, 0.0, rng.random(), 1.0))
        outlook = Outlook(
            resumed_after=(float(rng.randrange(60)),),
            close_mosaic=rng.choice((0, 10)),
            earliest_epoch=rng.choice((None, rng.randrange(60))),
        )
        epochs = rng.randrange(1, 60)
        eta = remaining(ends(*lengths), epochs, since, part=part, outlook=outlook)
        if eta is not None:
            assert 0 <= eta.low_s <= eta.remaining_s <= eta.high_s
            assert eta.margin_s >= 0


def test_a_run_that_has_trained_all_is_finishing_and_its_rest_is_what_earlier_runs_took() -> None:
    known = Outlook(expected=Expected(within(10.0, 1.2), Band(6.0, 8.0, 12.0)))
    unknown, fresh, begun, late = (
        remaining(ends(10, 10), 2, since_s, outlook=outlook)
        for since_s, outlook in ((3, Outlook()), (None, known), (3, known), (9, known))
    )
    assert unknown == late == Eta(0, 0, 0, "all epochs are done", is_finishing=True)
    assert fresh is not None and begun is not None
    assert (fresh.remaining_s, fresh.low_s, fresh.high_s) == (8, 0, 12)
    assert (begun.remaining_s, begun.low_s, begun.high_s) == (5, 3, 9)
    assert begun.is_finishing
    assert begun.basis == "all epochs are done, and what followed in earlier runs"
