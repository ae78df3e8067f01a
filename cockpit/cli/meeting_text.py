"""What meets a budget and a deadline, and hosts in parallel, as lines for a terminal. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from cockpit.analysis.forecast.band import Band
from cockpit.analysis.forecast.schemes.comparison import NO_MONTH
from cockpit.analysis.forecast.schemes.guide import ToldHosts, told_cost
from cockpit.analysis.forecast.schemes.hosts import HostsAnswer, HostsRow
from cockpit.analysis.forecast.schemes.meeting import (
    MOST_SHOWN,
    Shortlist,
    cheapest_and_fastest,
    undominated,
    without_xla,
)
from cockpit.analysis.forecast.schemes.scheme import SchemeRow
from cockpit.cli.schemes_text import (
    OF_DOCUMENT,
    PUBLISHED,
    WIDEST,
    footnotes,
    offer_words,
    published_words,
    row_lines,
    run_words,
    total_words,
    work_words,
)
from cockpit.cli.stacked_table import Column, table_lines, wrapped
from cockpit.units import MISSING, short_duration
from cockpit.views.forecast_words import limits_words, money, money_span

NOTE: Final = "  "
WHOLLY: Final = "Over the whole calculated range"
PARTLY: Final = "Likely, not over the whole range"
SURE: Final = "is over the whole range"
LIKELY: Final = "likely is"


def shortlist_lines(shortlist: Shortlist, room: int) -> list[str]:
    """Return the best scheme, those that surely meet both limits, and those that may."""
    room = min(room, WIDEST)
    return [
        *wrapped(f"Schemes {_limits(shortlist)} for {work_words(shortlist.work)}", room),
        *_verdict(shortlist, room),
        *_group(WHOLLY, shortlist.surely, (), room),
        *_group(PARTLY, shortlist.likely, shortlist.surely, room),
        *_rest(shortlist, room),
    ]


def _limits(shortlist: Shortlist) -> str:
    return limits_words(shortlist.budget, shortlist.deadline_s, shortlist.currency)


def _verdict(shortlist: Shortlist, room: int) -> list[str]:
    """Return the cheapest and the fastest, once more without those that need another script."""
    if shortlist.best is None:
        return [*wrapped("none of them is", room, NOTE, NOTE), *_nearest(shortlist, room)]
    how = SURE if shortlist.surely else LIKELY
    lines = _best_lines("", how, (shortlist.cheapest, shortlist.fastest), room)
    surely = without_xla(shortlist.surely)
    plain = cheapest_and_fastest(surely or without_xla(shortlist.likely))
    if plain != (shortlist.cheapest, shortlist.fastest):
        how = SURE if surely else LIKELY
        lines += _best_lines("without torch_xla, ", how, plain, room)
    return lines


def _best_lines(
    of: str, how: str, both: tuple[SchemeRow | None, SchemeRow | None], room: int
) -> list[str]:
    """Return them as the cheapest and the fastest of those that are within, as `how` says."""
    cheapest, fastest = both
    told = [("cheapest", cheapest), ("fastest", fastest)]
    if cheapest == fastest:
        is_priced = cheapest is None or cheapest.cost is not None
        told = [("cheapest and fastest" if is_priced else "the only one", cheapest)]
    return [
        line
        for words, row in told
        if row is not None
        for line in wrapped(f"{of}{words} that {how}: {_row_words(row)}", room, "    ", NOTE)
    ]


def _nearest(shortlist: Shortlist, room: int) -> list[str]:
    row = shortlist.nearest
    if row is None:
        return []
    missed = []
    if shortlist.deadline_s is not None and row.total_s is not None:
        missed += _missed(row.total_s.likely, shortlist.deadline_s, short_duration)
    if shortlist.budget is not None and row.run_cost is not None:
        missed += _missed(row.run_cost.likely, shortlist.budget, money)
    said = f"nearest: {_row_words(row)}{' · ' if missed else ''}{', '.join(missed)}"
    return wrapped(said, room, "    ", NOTE)


def _missed(value: float, limit: float, words: Callable[[float], str]) -> list[str]:
    return [] if value <= limit else [f"{words(value - limit)} over"]


def _row_words(row: SchemeRow) -> str:
    """Return `A100, Colab Pro A100: ~6h 40m, USD 10`, with what it needs."""
    costs = "" if row.cost is None else f", {run_words(row.cost)}"
    said = f"{row.scheme.name}, {offer_words(row)}: {total_words(row)}{costs}"
    return " · ".join((said, *row.notes))


def _group(
    title: str, rows: Sequence[SchemeRow], others: Sequence[SchemeRow], room: int
) -> list[str]:
    """Return the rows that none beats."""
    best = undominated(rows, others)
    if not best:
        return []
    shown = best[:MOST_SHOWN]
    left = {
        "dearer": len(best) - len(shown),
        "both slower and dearer": len(rows) - len(best),
    }
    tail = [f"{count} more, {words}" for words, count in left.items() if count]
    said = wrapped(f"and {'; '.join(tail)}: --json", room, NOTE, NOTE) if tail else []
    return ["", title, *row_lines(shown, room), *said]


def _rest(shortlist: Shortlist, room: int) -> list[str]:
    shown = [*undominated(shortlist.surely), *undominated(shortlist.likely, shortlist.surely)]
    left = f"; left out: {', '.join(shortlist.left_out)}" if shortlist.left_out else ""
    tried = f"{tried_words(shortlist.tried)}{left}"
    advice: list[str] = []
    if not shortlist.tried and shortlist.unknown:
        advice = wrapped(shortlist.unknown, room, NOTE)
    if any("with prices in" in reason for reason in shortlist.left_out):
        said = (
            f"prices are not converted to {shortlist.currency}: leave currency out of config.toml "
            f"for those in USD, or tell some in {shortlist.currency} in catalog.toml"
        )
        advice = wrapped(said, room, NOTE)
    return ["", *footnotes(shown, room), *wrapped(tried, room, NOTE), *advice]


def tried_words(count: int) -> str:
    """Return `1 scheme was judged`, `70 schemes were judged`."""
    return "1 scheme was judged" if count == 1 else f"{count} schemes were judged"


def hosts_lines(answer: HostsAnswer, room: int) -> list[str]:
    """Return each scheme with the trainings in parallel and one after the other."""
    room = min(room, WIDEST)
    count = answer.hosts
    title = f"{count} trainings of {work_words(answer.work)}: {count} hosts against one"
    rows = answer.rows
    if not rows:
        return [*wrapped(title, room), "  no offer of this device is in the catalogue"]
    columns = [
        Column("scheme", [one.row.scheme.name for one in rows], 0, is_text=True),
        Column("offer", [offer_words(one.row) for one in rows], 5, is_text=True),
        Column("in parallel", [_seconds(one.parallel_s) for one in rows], 0),
        Column("9 of 10", [_span(one.parallel_s) for one in rows], 3),
        Column(PUBLISHED, [published_words(one.row) for one in rows], 3),
        Column("in turn", [_seconds(one.serial_s) for one in rows], 0),
        Column("costs", [_paid(one, one.parallel_cost) for one in rows], 1),
        Column("9 of 10, in all", [_paid_span(one.parallel_cost) for one in rows], 4),
        Column("costs in turn", [_paid(one, one.serial_cost) for one in rows], 2),
    ]
    return [
        *wrapped(title, room),
        *table_lines(columns, room, [_notes_of_run(one.row) for one in rows]),
        *footnotes([one.row for one in rows], room, has_all=False),
        *([] if answer.told is None else _told_lines(answer.told, room)),
    ]


def _notes_of_run(row: SchemeRow) -> list[str]:
    """Return its notes without that of a month, which is not shown."""
    return [note for note in row.notes if not note.startswith(NO_MONTH)]


def _told_lines(told: ToldHosts, room: int) -> list[str]:
    """Return the guide's figures, and what its own hours and prices come to."""
    low, high = told_cost(told)
    said = (
        f"{OF_DOCUMENT} {told.document}: {_hours(told.parallel_h)} in parallel, "
        f"{_hours(told.serial_h)} in turn, {' and '.join(told.costs)}; "
        f"its own hours and prices come to ${low:g}-{high:.1f}"
    )
    return wrapped(said, room, "    ", NOTE)


def _hours(span: tuple[float, float]) -> str:
    return f"{span[0]:g}-{span[1]:g} h"


def _seconds(band: Band | None) -> str:
    return MISSING if band is None else short_duration(band.likely)


def _span(band: Band | None) -> str:
    return MISSING if band is None else f"{short_duration(band.low)}-{short_duration(band.high)}"


def _paid(one: HostsRow, band: Band | None) -> str:
    if band is None or one.row.cost is None:
        return MISSING
    return "free" if band.high == 0 else f"{one.row.cost.currency} {money(band.likely)}"


def _paid_span(band: Band | None) -> str:
    return MISSING if band is None or band.high == 0 else money_span(band)
