"""How wide the fields of a run's row are, for a list of runs and a width. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from rich.cells import cell_len

from cockpit.metrics.series import MetricSeries
from cockpit.runs.phase import Phase
from cockpit.tui.grouping import short_name
from cockpit.units import MISSING, metric
from cockpit.views.run_view import RunView

HEAD: Final = 4
"""Mark of the selected row, sign of the phase, and the blanks after them."""
WIDE_END: Final = 18
NARROW_END: Final = 16
_WORDS: Final = {Phase.SUCCEEDED: "done", Phase.UNSUPERVISED: "alone"}


@dataclass(frozen=True, slots=True)
class RunColumns:
    """Widths in cells; 0 where a field is left out."""

    name: int
    phase: int
    bar: int
    epoch: int
    end: int
    metric: int
    spark: int
    value: int
    best: int
    gpus: int
    width: int

    @property
    def rest(self) -> int:
        """The cells right of name and phase, without the GPUs."""
        before = HEAD + self.name + 2 + (self.phase + 1 if self.phase else 0)
        return max(0, self.width - before - (self.gpus + 2 if self.gpus else 0))


def phase_word(run: RunView) -> str:
    """Return the phase in one word: `running`, `done`; `alone` for a run without supervisor."""
    return _WORDS.get(run.phase, run.phase.value)


def gpu_words(run: RunView) -> str:
    """Return `16 GPUs`, `1 GPU`, `cpu`, or `–` while it waits; simulated ones are called so."""
    if run.queue_place is not None:
        return MISSING
    if not run.gpus:
        return "cpu" if run.opened is None else MISSING
    kind = "sim GPU" if run.is_simulated else "GPU"
    return f"{len(run.gpus)} {kind}{'' if len(run.gpus) == 1 else 's'}"


def headline_series(run: RunView) -> MetricSeries | None:
    """Return the curve that matters most, of those that have a point."""
    for name in run.headline:
        series = run.metrics.series.get(name)
        if series is not None and series.values:
            return series
    return None


def best_words(series: MetricSeries) -> str:
    """Return ` best 0.412 @39`; empty where no value is best."""
    best = series.record
    return "" if best is None else f" best {metric(best.value)} @{best.x:g}"


def choose_columns(runs: Sequence[RunView], width: int) -> RunColumns:
    """Return the widths for these runs: fields go by width, names and metrics by their longest."""
    is_wide, is_middle = width >= 130, width >= 98
    longest = max((cell_len(run.name) for run in runs), default=12)
    most = 40 if width >= 180 else 23 if is_middle else max(8, min(17, width - 54))
    curves = [series for run in runs if (series := headline_series(run))]
    title = max((cell_len(short_name(series.name)) for series in curves), default=0)
    values = [len(metric(series.last.value)) for series in curves if series.last]
    bests = [len(best_words(series)) for series in curves]
    phases = max((len(phase_word(run)) for run in runs), default=7)
    epochs = max((len(f"{run.epochs or run.epoch or 0}") for run in runs), default=2)
    has_metric = width >= 68
    return RunColumns(
        name=min(most, max(12, longest)),
        phase=max(8, phases + 1) if is_middle else 0,
        bar=(24 if width >= 180 else 14) if is_wide else 8,
        epoch=max(7, 2 * epochs + 1),
        end=WIDE_END if is_middle else NARROW_END,
        metric=min(title, 12) if has_metric else 0,
        spark=10 if is_wide else 0,
        value=max(6, *values, 0) if has_metric else 0,
        best=max(18, *bests, 0) if is_wide else 0,
        gpus=max(len(gpu_words(run)) for run in runs) if is_middle and runs else 0,
        width=width,
    )
