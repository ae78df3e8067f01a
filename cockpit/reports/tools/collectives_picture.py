"""Bus bandwidth by size for each collective, and what each pair of ranks reached."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from cockpit.reports.comparison_frame import AXIS, INK, MUTED, PAPER
from cockpit.reports.tools.columns import number
from cockpit.reports.tools.frames import frame_of
from cockpit.reports.tools.grids import PAIRS, op_rows
from cockpit.reports.tools.setup import is_gloo
from cockpit.reports.tools.sheet import SERIES, WARN, Sheet, dress, name_x, paint
from cockpit.tool_runs.result import ToolResult
from cockpit.units import binary

if TYPE_CHECKING:  # read when a picture is drawn
    from matplotlib.axes import Axes
    from pandas import DataFrame

MOST_VALUES: Final = 16
"""In a square of more ranks the values do not fit into the cells."""
SLOW_SHARE: Final = 0.8
"""A pair below so much of the usual one is ringed."""


def draw(result: ToolResult) -> bytes | None:
    """Return the picture as PNG; None where nothing was measured. Raises ImportError."""
    ops = frame_of(
        op_rows(result), texts=["op", "in_place"],
        numbers=["size_bytes", "busbw_gb_per_s", "time_us", "wrong"],
    )  # fmt: skip
    ops = ops[(ops["size_bytes"] > 0) & ops["busbw_gb_per_s"].notna()]
    square = _square(result)
    if ops.empty and square is None:
        return None
    return paint(result, lambda: _sheet(result, ops, square))


def _square(result: ToolResult) -> DataFrame | None:
    """Return GB/s with sources as rows and targets as columns; None where no pair was measured."""
    columns = ["source_rank", "target_rank", "gb_per_s"]
    frame = frame_of(result.tables.get(PAIRS, ()), numbers=columns).dropna(subset=columns[:2])
    if frame["gb_per_s"].isna().all():
        return None
    square = frame.pivot_table(
        index="source_rank", columns="target_rank", values="gb_per_s", aggfunc="last"
    )
    ranks = range(int(frame[columns[:2]].max().max()) + 1)
    return square.reindex(index=ranks, columns=ranks)


def _sheet(result: ToolResult, ops: DataFrame, square: DataFrame | None) -> Sheet:
    has_both = square is not None and not ops.empty
    width, height = (12.6, 6.2) if has_both else (8.6, 6.2 if ops.empty else 5.2)
    sheet = Sheet(result, width, height, _best(ops) or "What each pair of ranks reaches")
    ratios: dict[str, Any] = {"width_ratios": [1.25, 1.0], "wspace": 0.16} if has_both else {}
    grid = sheet.grid(1, 2 if has_both else 1, legend=not ops.empty, **ratios)
    if not ops.empty:
        _draw_ops(sheet, sheet.figure.add_subplot(grid[0, 0]), ops)
    if square is not None:
        _draw_pairs(sheet, sheet.figure.add_subplot(grid[0, -1]), square)
    told = "busbw: what the links carried, by the formulas of nccl-tests"
    if is_gloo(result):
        told = "busbw by the formulas of nccl-tests; gloo went through memory of this machine"
    sheet.foot("" if ops.empty else told)
    return sheet


def _best(ops: DataFrame) -> str:
    """Return what the first collective reached at best; empty where none was measured."""
    if ops.empty:
        return ""
    rows = ops[ops["op"] == ops["op"].iloc[0]]
    best = rows.loc[rows["busbw_gb_per_s"].idxmax()]
    speed = number(float(f"{best['busbw_gb_per_s']:.3g}"))
    return f"{best['op']} reaches {speed} GB/s busbw at {_size(best['size_bytes'])}"


def _size(size_bytes: float) -> str:
    return binary(size_bytes).replace(".0 ", " ")


def _draw_ops(sheet: Sheet, panel: Axes, ops: DataFrame) -> None:
    """Draw a curve for each collective; in place only where nothing else was measured."""
    dress(panel, "Bus bandwidth, GB/s", "higher is better")
    handles, names = [], []
    ends = []
    for at, (op, found) in enumerate(ops.groupby("op", sort=False)):
        outside = found[~found["in_place"].isin([True, "True", "yes"])]
        rows = (found if outside.empty else outside).sort_values("size_bytes", kind="stable")
        colour = SERIES[at % len(SERIES)]
        handles += panel.plot(rows["size_bytes"], rows["busbw_gb_per_s"], color=colour, marker="o",
                              markersize=4, linewidth=1.8, zorder=3)  # fmt: skip
        names.append(sheet.text(str(op)))
        wrong = rows[rows["wrong"] > 0]
        panel.plot(wrong["size_bytes"], wrong["busbw_gb_per_s"], marker="X", markersize=9,
                   color=WARN, linestyle="none", markeredgecolor=PAPER, zorder=6)  # fmt: skip
        ends.append((float(rows["busbw_gb_per_s"].iloc[-1]), float(rows["size_bytes"].iloc[-1]),
                     colour))  # fmt: skip
    panel.set_xscale("log", base=2)
    sizes = sorted(ops["size_bytes"].unique())
    room = (sizes[-1] / sizes[0]) ** 0.13 * 1.1  # for the values at the ends
    panel.set_xlim(sizes[0] / 1.6, sizes[-1] * room)
    panel.set_ylim(bottom=0, top=1.08 * float(ops["busbw_gb_per_s"].max()) or 1.0)
    ticks = sizes[:: max(1, -(-len(sizes) // 8))]
    panel.set_xticks(ticks, [_size(tick) for tick in ticks])
    panel.set_xticks([], minor=True)
    panel.xaxis.set_tick_params(length=3, color=AXIS)
    name_x(panel, "message size")
    _label_ends(panel, ends)
    sheet.legend(handles, names)


def _label_ends(panel: Axes, ends: list[tuple[float, float, str]]) -> None:
    """Write the value of each curve beside its end; those that are too close share a label."""
    gap = 0.045 * panel.get_ylim()[1]
    groups: list[list[tuple[float, float, str]]] = []
    for end in sorted(ends):
        if groups and end[0] - groups[-1][0][0] < gap:
            groups[-1].append(end)
        else:
            groups.append([end])
    for group in groups:
        values, sizes, colours = zip(*group, strict=True)
        texts = dict.fromkeys(number(float(f"{value:.3g}")) for value in (values[0], values[-1]))
        panel.annotate("–".join(texts), (max(sizes), sum(values) / len(values)), (8, 0),
                       textcoords="offset points", va="center", fontsize=8.5, fontweight="bold",
                       color=colours[0] if len(group) == 1 else INK)  # fmt: skip


def _draw_pairs(sheet: Sheet, panel: Axes, square: DataFrame) -> None:
    """Draw the square of pairs; the slowest is ringed where it stands out."""
    from matplotlib import colormaps
    from matplotlib.patches import Rectangle

    count = len(square)
    colours = colormaps["YlGnBu"].with_extremes(bad="#F1F3F5")
    most = float(square.max().max()) or 1.0
    image = panel.imshow(square.to_numpy(), cmap=colours, vmin=0, vmax=most, aspect="equal")
    flat = square.stack().dropna()
    source, target = flat.idxmin()
    slowest, usual = float(flat.min()), float(flat.median())
    stands_out = not is_gloo(sheet.result) and slowest < SLOW_SHARE * usual
    hint = (
        ""
        if is_gloo(sheet.result)
        else f"slowest {source:.0f} → {target:.0f}: {number(float(f'{slowest:.3g}'))}"
    )
    dress(panel, "Pairs, GB/s", hint, grid="x")
    panel.grid(visible=False)
    panel.set_anchor("N")
    panel.spines["bottom"].set_visible(False)
    if stands_out:
        panel.add_patch(Rectangle((target - 0.5, source - 0.5), 1, 1, fill=False, edgecolor=WARN,
                                  linewidth=2.2, zorder=5, clip_on=False))  # fmt: skip
    if count <= MOST_VALUES:
        for (row, column), value in flat.items():
            panel.text(column, row, f"{value:.{1 if most >= 10 else 2}f}", ha="center", va="center",
                       fontsize=8.5 if count <= 8 else 6,
                       color=PAPER if value > 0.6 * most else INK)  # fmt: skip
    step = max(1, -(-count // 16))
    panel.set_xticks(range(0, count, step))
    panel.set_yticks(range(0, count, step))
    name_x(panel, "to rank")
    panel.set_ylabel("from rank", color=MUTED, fontsize=8.5)
    bar = sheet.figure.colorbar(image, ax=panel, shrink=0.8, aspect=32, pad=0.03)
    bar.outline.set_visible(False)
    bar.ax.tick_params(length=0, labelsize=8, labelcolor=MUTED)
