from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diagnostics.memory_fit import Point, fit
from tests.diagnostics.memory_curves import GIB, MIB, Curve

# ResNet-50 at 224 pixels, SGD with momentum, float32: the peak that torch's MemTracker gives, MiB.
RESNET_50 = {1: 353.6, 2: 420.0, 4: 579.5, 8: 898.7, 16: 1537.3, 32: 2849.2, 64: 5495.2}


def points(curve: Curve, *batches: int) -> list[Point]:
    return [Point(batch, curve.at(batch)) for batch in batches]


def error(curve: Curve, probed: tuple[int, ...], batch: int) -> float:
    """Return how far the prediction is off, as a share of the truth; below 0 it is under."""
    found = fit(points(curve, *probed))
    assert found is not None
    return found.predict(batch) / curve.at(batch) - 1


@pytest.mark.parametrize(("known", "asked"), [(3, 16), (4, 16), (4, 32), (5, 32), (5, 64), (6, 64)])
def test_a_real_curve_with_a_kink_is_foretold(known: int, asked: int) -> None:
    measured = [Point(batch, int(mib * MIB)) for batch, mib in RESNET_50.items()][:known]
    found = fit(measured)
    assert found is not None
    assert -0.02 <= found.predict(asked) / (RESNET_50[asked] * MIB) - 1 <= 0.05


# The bend of the ResNet-50 above is 1.05.
@given(
    fixed=st.integers(300, 3000),
    sample=st.integers(20, 600),
    bend=st.floats(1.0, 1.15),
    kink=st.integers(0, 24),
    step=st.sampled_from([1, 2 * MIB, 20 * MIB]),
    ahead=st.floats(1.0, 2.0),
)
def test_up_to_twice_the_largest_probe_it_is_close_and_hardly_ever_under(
    fixed: int, sample: int, bend: float, kink: int, step: int, ahead: float
) -> None:
    curve = Curve(fixed * MIB, sample * MIB, int(sample * bend) * MIB, kink, step)
    assert -0.02 <= error(curve, (1, 8, 32), int(32 * ahead)) <= 0.05


@given(fixed=st.integers(1, 6), sample=st.integers(450, 900), batch=st.integers(65, 128))
def test_whole_segments_of_the_allocator_are_survived(fixed: int, sample: int, batch: int) -> None:
    curve = Curve(fixed * GIB, sample * MIB, sample * MIB, 0, 512 * MIB)
    # A little over: 1 GiB and 569 MiB a sample come to 5.1 % at 104.
    assert -0.02 <= error(curve, (1, 8, 64), batch) <= 0.06


@given(batch=st.integers(1, 64), sample=st.integers(1, 500), step=st.sampled_from([1, 20 * MIB]))
def test_between_probes_it_is_never_above_the_larger_one(
    batch: int, sample: int, step: int
) -> None:
    curve = Curve(GIB, sample * MIB, sample * MIB, 0, step)
    found = fit(points(curve, 1, 8, 64))
    assert found is not None
    assert found.predict(batch) <= curve.at(64)
    assert found.predict(64) == curve.at(64)


def test_what_was_short_before_is_added() -> None:
    straight = Curve(GIB, 10 * MIB, 10 * MIB)
    bent = Curve(GIB, 10 * MIB, 20 * MIB, kink=8)
    even, steep = fit(points(straight, 1, 8, 16)), fit(points(bent, 1, 8, 16))
    assert even is not None
    assert steep is not None
    assert even.residual_bytes == 0
    assert steep.residual_bytes == 80 * MIB


def test_two_probes_on_one_step_do_not_make_a_flat_curve() -> None:
    found = fit([Point(1, 2 * GIB), Point(8, 4 * GIB), Point(60, 20 * GIB), Point(64, 20 * GIB)])
    assert found is not None
    assert found.slope_bytes > 0.2 * GIB


def test_the_largest_batch_within_a_budget_is_the_last_one_below_it() -> None:
    curve = Curve(GIB, 100 * MIB, 100 * MIB)
    found = fit(points(curve, 1, 8))
    assert found is not None
    for budget in (2 * GIB, 3 * GIB, curve.at(5), curve.at(20)):
        batch = found.largest(budget)
        assert curve.at(batch) <= budget < curve.at(batch + 1)
    assert found.largest(GIB // 2) == 0


def test_a_flat_curve_has_no_largest_batch() -> None:
    found = fit([Point(1, GIB), Point(8, GIB)])
    assert found is not None
    assert found.largest(2 * GIB) > 1 << 20


def test_one_batch_is_no_curve_and_the_worse_of_two_measurements_counts() -> None:
    assert fit([Point(4, GIB), Point(4, 2 * GIB)]) is None
    found = fit([Point(4, GIB), Point(4, 2 * GIB), Point(8, 3 * GIB)])
    assert found is not None
    assert found.predict(4) == 2 * GIB
