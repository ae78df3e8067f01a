"""Schemes of training as lines for a terminal, and as JSON. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from cockpit.analysis.forecast.result import CostForecast
from cockpit.analysis.forecast.schemes.scheme import Choice, SchemeComparison, SchemeRow, Told
from cockpit.analysis.forecast.work import Work
from cockpit.cli.stacked_table import Column, table_lines, wrapped
from cockpit.cli.text_width import pad_right, width
from cockpit.units import GIB, MISSING, short_duration
from cockpit.views.forecast_words import fit_sign, money

ASSUMED_MARK: Final = "~"
"""Before a time that nobody measured here."""
WIDEST: Final = 140
OF_DOCUMENT: Final = "document"
GUIDE: Final = "document 002, a guide to training MSHNet"
"""Whose advice stands beside ours, said once."""
ITS_CLAIM: Final = "= its claim"
"""For our figure where it is the guide's own: nothing else is known, so it confirms nothing."""
PUBLISHED: Final = "published"
"""Head of what published figures give where our time is a guide's claim."""


def lines(comparison: SchemeComparison, room: int) -> list[str]:
    """Return the schemes, the guide's figures beside ours, and what serves in which situation."""
    room = min(room, WIDEST)
    # The guide advises on its own model: for other work its lines would say nothing.
    has_advice = comparison.is_of_guide and any(row.time is not None for row in comparison.rows)
    return [
        *wrapped(f"Schemes for {work_words(comparison.work)}", room),
        *row_lines(comparison.rows, room, comparison.baseline),
        *footnotes(comparison.rows, room, comparison.baseline, comparison.notes),
        *_told_lines(comparison, room),
        *_choice_lines(
            f"Which one, by situation ({GUIDE})", comparison.choices if has_advice else (), room
        ),
        *_choice_lines("Which one, by scenario", comparison.scenarios if has_advice else (), room),
    ]


def row_lines(rows: Sequence[SchemeRow], room: int, baseline: str | None = None) -> list[str]:
    """Return the table of schemes, each with its notes below."""
    return table_lines(columns_of(rows, baseline), room, [row.notes for row in rows])


def columns_of(rows: Sequence[SchemeRow], baseline: str | None = None) -> list[Column]:
    """Return the columns of schemes; those of the highest rank give way first."""
    speeds = [_times(row.relative_speed) for row in rows] if baseline else [MISSING] * len(rows)
    return [
        Column("scheme", [row.scheme.name for row in rows], 0, is_text=True),
        Column("offer", [offer_words(row) for row in rows], 8, is_text=True),
        Column("batch", [batch_words(row) for row in rows], 5),
        Column("epoch", [_epoch(row) for row in rows], 6),
        Column("total", [total_words(row) for row in rows], 1),
        Column("9 of 10", [_span(row) for row in rows], 4),
        Column(PUBLISHED, [published_words(row) for row in rows], 2),
        Column("speed", speeds, 2),
        Column("memory", [memory_words(row) for row in rows], 3),
        Column("a run", [run_words(row.cost) for row in rows], 1),
        Column("a month", [month_words(row.cost) for row in rows], 7),
        Column("rests on", _evidences(rows), 9, is_text=True),
    ]


def work_words(work: Work) -> str:
    """Return `mshnet, 400 epochs, 256 px, 800 images`."""
    images = None if work.train_samples is None else f"{work.train_samples:,} images"
    size = None if work.imgsz is None else f"{work.imgsz} px"
    epochs = f"{work.epochs:,} epoch{'' if work.epochs == 1 else 's'}"
    return ", ".join(filter(None, (work.model or work.preset, epochs, size, images)))


def memory_words(row: SchemeRow) -> str:
    """Return `7.1/8.0 ✓`, GiB of one rank's device."""
    memory = row.memory
    if memory is None:
        return MISSING
    need = memory.need_bytes.likely / GIB
    of = "" if memory.capacity_bytes is None else f"/{memory.capacity_bytes / GIB:.3g}"
    return f"{need:.1f}{of} {fit_sign(memory)}"


def run_words(cost: CostForecast | None) -> str:
    """Return `USD 32`, or `free`."""
    if cost is None:
        return MISSING
    return "free" if cost.run.high == 0 else f"{cost.currency} {money(cost.run.likely)}"


def month_words(cost: CostForecast | None) -> str:
    """Return what a month costs."""
    if cost is None or cost.month is None:
        return MISSING
    return "free" if cost.month.high == 0 else f"{cost.currency} {money(cost.month.likely)}"


def offer_words(row: SchemeRow) -> str:
    """Return `AWS p3.2xlarge`, `2x AWS p3.2xlarge`."""
    offer = row.scheme.offer
    if offer is None:
        return MISSING
    return f"{row.scheme.hosts}x {offer.name}" if row.scheme.hosts > 1 else offer.name


def batch_words(row: SchemeRow) -> str:
    """Return `16×8`: per rank, and ranks."""
    ranks = row.work.world_size
    return f"{row.work.batch_per_rank}" if ranks == 1 else f"{row.work.batch_per_rank}×{ranks}"


def _epoch(row: SchemeRow) -> str:
    return MISSING if row.time is None else short_duration(row.time.epoch_s.likely)


def total_words(row: SchemeRow) -> str:
    """Return `~3h 20m`."""
    if row.time is None or row.total_s is None:
        return MISSING
    mark = "" if row.time.tier.is_measured else ASSUMED_MARK
    return f"{mark}{short_duration(row.total_s.likely)}"


def _span(row: SchemeRow) -> str:
    band = row.total_s
    return MISSING if band is None else f"{short_duration(band.low)}-{short_duration(band.high)}"


def published_words(row: SchemeRow) -> str:
    """Return what published figures give beside a guide's claim."""
    band = None if row.time is None else row.time.published_s
    return MISSING if band is None else f"{short_duration(band.low)}-{short_duration(band.high)}"


def _times(value: float | None) -> str:
    return MISSING if value is None else f"{value:.{1 if value >= 0.1 else 2}f}x"


def _evidences(rows: Sequence[SchemeRow]) -> list[str]:
    """Return what each time rests on; nothing where it is the same for all: that is told below."""
    if _common_evidence(rows) is not None:
        return [MISSING] * len(rows)
    return [MISSING if row.time is None else row.time.evidence for row in rows]


def _common_evidence(rows: Sequence[SchemeRow]) -> str | None:
    told = {row.time.evidence for row in rows if row.time is not None}
    return told.pop() if len(told) == 1 else None


def footnotes(
    rows: Sequence[SchemeRow],
    room: int,
    baseline: str | None = None,
    notes: Sequence[str] = (),
    *,
    has_all: bool = True,
) -> list[str]:
    """Return what the signs of the table mean; not all: it has neither memory nor months."""
    told = []
    common = _common_evidence(rows)
    if common is not None:
        told.append(f"times rest on {common}")
    if any(row.time is not None and not row.time.tier.is_measured for row in rows):
        told.append(f"{ASSUMED_MARK} not measured here")
    if any(row.time is not None and row.time.published_s is not None for row in rows):
        told.append(
            f"{PUBLISHED}: the total, without breaks, by the published speed of the accelerator "
            "and the model's GFLOPs, which know nothing of this trainer's data loading"
        )
    if has_all and any(row.memory is not None for row in rows):
        told.append("memory: GiB of one rank, needs/has, ✓ fits, ▲ may not, ✗ does not")
    if baseline is not None and any(_has_speed(row) for row in rows):
        told.append(f"speed: {baseline} is 1.0")
    if any(row.total_s is not None for row in rows):
        told.append("9 of 10: it ends between these nine times in ten")
    runs = {row.cost.runs_per_month for row in rows if row.cost and row.cost.month is not None}
    told += [f"a month: {count:g} runs of it" for count in runs if has_all and count is not None]
    dates = sorted(row.scheme.offer.date for row in rows if row.cost and row.scheme.offer)
    dates = [date for date in dates if date]
    if dates:
        told.append(f"prices as read {dates[0]}{_until(dates)}")
    joined = wrapped(" · ".join(told), room, "  ")
    return [*joined, *(line for note in notes for line in wrapped(note, room, "  "))]


def _until(dates: Sequence[str]) -> str:
    return "" if dates[0] == dates[-1] else f" to {dates[-1]}"


def _told_lines(comparison: SchemeComparison, room: int) -> list[str]:
    """Return the guide's figures beside ours."""
    rows = [row for row in comparison.rows if row.told is not None]
    if not rows:
        return []
    told = [row.told for row in rows if row.told is not None]
    pairs = list(zip(told, rows, strict=True))
    columns = [
        Column("scheme", [row.scheme.name for row in rows], 0, is_text=True),
        Column("batch", [_number(one.batch) for one in told], 5),
        Column("epoch", [_timed(row, one.epoch_s, _epoch(row)) for one, row in pairs], 3),
        Column("total", [_timed(row, one.total_s, total_words(row)) for one, row in pairs], 1),
        Column(PUBLISHED, [published_words(row) for row in rows], 1),
        Column("speed", [_speeds(row, one) for one, row in pairs], 2),
        Column(
            "a run", [_pair(_dollars(one.run_cost), run_words(row.cost)) for one, row in pairs], 4
        ),
        Column(
            "a month",
            [_pair(_dollars(one.month_cost), month_words(row.cost)) for one, row in pairs],
            6,
        ),
    ]
    notes = [[one.note] if one.note else [] for one in told]
    title = f"{OF_DOCUMENT.capitalize()} {comparison.document}, a training guide: its figure | ours"
    return ["", *wrapped(title, room), *table_lines(columns, room, notes)]


def _timed(row: SchemeRow, theirs_s: float | None, ours: str) -> str:
    """Return its time beside ours; ours that is its own is named so, not shown as a second one."""
    return _pair(_short(theirs_s), ITS_CLAIM if row.is_claim else ours)


def _speeds(row: SchemeRow, told: Told) -> str:
    """Return its speed beside ours; its own alone where our time is its claim."""
    theirs = _times(told.relative_speed)
    return theirs if row.relative_speed is None else _pair(theirs, _times(row.relative_speed))


def _has_speed(row: SchemeRow) -> bool:
    told = None if row.told is None else row.told.relative_speed
    return row.relative_speed is not None or told is not None


def _pair(theirs: str, ours: str) -> str:
    return MISSING if theirs == MISSING else f"{theirs} | {ours}"


def _short(seconds: float | None) -> str:
    return MISSING if seconds is None else short_duration(seconds)


def _dollars(amount: float | None) -> str:
    return MISSING if amount is None else f"${amount:g}"


def _number(value: int | None) -> str:
    return MISSING if value is None else str(value)


def _choice_lines(title: str, choices: Sequence[Choice], room: int) -> list[str]:
    if not choices:
        return []
    label = max(width(choice.situation) for choice in choices) + 2
    lines = ["", *wrapped(title, room)]
    for choice in choices:
        name = "–" if choice.row is None else choice.row.scheme.name
        head = f"  {pad_right(choice.situation, label)}"
        rest = " " * width(head)
        said = choice.why if choice.row is None else f"{name}: {choice.why}"
        lines += wrapped(said, room, rest, head)
        differs = f"; {choice.differs}" if choice.differs else ""
        lines += wrapped(f"{OF_DOCUMENT} 002: {choice.told}{differs}", room, rest)
    return lines
