"""Print how well ends are foretold on every course: `python -m tests.analysis.eta_table`."""

from __future__ import annotations

import statistics
from collections.abc import Iterable

from tests.analysis.courses import Forecast, captured, forecasts, simulated

HEAD = (
    f"{'course':<42} {'at':>5} {'foretold':>9} {'true':>9} {'error':>7}"
    f"  {'range of the whole':<19} in"
)


def line(one: Forecast) -> str:
    low_s, high_s = one.elapsed_s + one.eta.low_s, one.elapsed_s + one.eta.high_s
    said = f"{one.total_s:>7.1f} s {one.course.total_s:>7.1f} s {one.error_pct:>+6.1f}%"
    span = f"{low_s:.1f} to {high_s:.1f}"
    is_in = "yes" if one.is_within else "NO"
    return f"{one.course.name:<42} {one.share:>5.0%} {said}  {span:<19} {is_in}"


def summary(name: str, found: Iterable[Forecast]) -> str:
    """Return the share in the range, the median error and the median width of the range."""
    said = list(found)
    within = sum(one.is_within for one in said)
    error_pct = statistics.median(abs(one.error_pct) for one in said)
    widths = [(one.eta.high_s - one.eta.low_s) / 2 / one.eta.remaining_s for one in said]
    width_pct = 100 * statistics.median(widths)
    return (
        f"{name:<42} {within:>3} of {len(said):<3} in the range, "
        f"median error {error_pct:.1f}%, range ±{width_pct:.0f}% of what remains"
    )


def main() -> None:
    """Print each forecast on the real courses, and each kind of simulated ones in one line."""
    real = [one for course in captured() for one in forecasts(course)]
    made = [one for course in simulated() for one in forecasts(course)]
    print(HEAD, *map(line, real), "", sep="\n")
    for kind in dict.fromkeys(one.course.kind for one in made):
        print(summary(f"simulated: {kind}", [one for one in made if one.course.kind == kind]))
    print(summary("all simulated", made), summary("all real", real), sep="\n")
    print(summary("all", [*real, *made]))


if __name__ == "__main__":
    main()
