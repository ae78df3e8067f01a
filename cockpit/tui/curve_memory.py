"""What was worked out of long curves, kept while they are shown: their blocks and their marks."""

from __future__ import annotations

from collections.abc import Iterable

from cockpit.metrics.blocks import Blocks
from cockpit.metrics.series import Axis, goal_of
from cockpit.tui.curve_plots import PlotSpec
from cockpit.tui.plot_line import PlotLine
from cockpit.tui.plot_marks import PlotMark, plot_marks


class CurveMemory:
    """Of a curve that grew, only what is new is looked at."""

    def __init__(self) -> None:
        self._blocks: dict[str, Blocks] = {}
        self._marks: dict[str, tuple[object, tuple[PlotMark, ...]]] = {}

    def blocks_of(self, line: PlotLine) -> Blocks:
        """Return what a curve comes to."""
        return self._blocks.setdefault(line.key, Blocks()).follow(line.xs, line.ys)

    def marks_of(self, spec: PlotSpec, axis: Axis, *, is_preview: bool) -> tuple[PlotMark, ...]:
        """Return the marks of the plot's own curves; of a pair the last one tells the plateau.

        A preview is quieter: it tells of no plateau.
        """
        found: dict[tuple[str, float], PlotMark] = {}
        for line in _marked(spec):
            is_last = line is spec.lines[-1]
            for mark in self._marks_of_line(line, axis):
                if mark.sign != "═" or (is_last and not is_preview):
                    found.setdefault((mark.sign, mark.x), mark)
        return tuple(sorted(found.values(), key=lambda mark: mark.x))

    def _marks_of_line(self, line: PlotLine, axis: Axis) -> tuple[PlotMark, ...]:
        blocks = self.blocks_of(line)
        if self._marks.get(line.key, (None, ()))[0] != blocks.stamp:
            self._marks[line.key] = (blocks.stamp, plot_marks(blocks, goal_of(line.name), axis))
        return self._marks[line.key][1]

    def knows(self, spec: PlotSpec) -> bool:
        """Say whether the curves of a plot were looked through."""
        return all(line.key in self._marks for line in _marked(spec))

    def keep(self, specs: Iterable[PlotSpec]) -> None:
        """Forget all other curves."""
        keys = {line.key for spec in specs for line in (*spec.lines, *spec.ghosts)}
        for gone in self._blocks.keys() - keys:
            del self._blocks[gone]
        for gone in self._marks.keys() - keys:
            del self._marks[gone]


def _marked(spec: PlotSpec) -> tuple[PlotLine, ...]:
    """Return the curves that are marked: the GPUs' are not."""
    return tuple(line for line in spec.lines if not line.highs)
