"""What a training left: its checkpoints, each with its epoch and whether it loads, and the rest."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from cockpit.metrics.series import Goal, MetricTable, goal_of
from cockpit.views import trainer_settings
from cockpit.views.checkpoints import SUFFIXES, find_checkpoints, why_unreadable
from cockpit.views.run_view import Checkpoint, Output

PERIOD_S: Final = 2.0
"""So often folders are looked through again for checkpoints."""
OUTPUTS_PERIOD_S: Final = 10.0
"""The same for everything else, of which there may be much."""
SETTLED_S: Final = 3.0
"""A younger file may still be written: that it is cut off would be no news."""
MOST_CHECKED: Final = 40
"""Of the checkpoints so many are looked into, the newest."""
MOST_OUTPUTS: Final = 40
MOST_FILES: Final = 2000
DEEPEST: Final = 2
_NOT_OUTPUT: Final = frozenset(
    (*trainer_settings.FILES, "run.json", "state.json", "supervisor.log", "train.log")
)
_OUTPUT_SUFFIXES: Final = frozenset((
    ".png", ".jpg", ".jpeg", ".webp", ".gif", ".svg", ".pdf", ".mp4", ".avi", ".html", ".json",
    ".csv", ".txt", ".md", ".npy", ".npz", ".parquet", ".onnx", ".engine", ".torchscript", ".zip",
))  # fmt: skip


class LeftFiles:
    """Looks through the folders of one run, seldom, and into what has changed there."""

    def __init__(
        self,
        folders: Sequence[Path],
        *,
        expected: Path | None = None,
        since: float | None = None,
        is_whole: bool = True,
        is_over: bool = False,
    ) -> None:
        """Take where a run writes.

        `expected` is the checkpoint that its preset names; `since`: what is older is another
        run's, but for what lies beside that. Not `is_whole`: the folder is not the run's alone.
        `is_over`: nothing is written any more.
        """
        self._folders = tuple(dict.fromkeys(folders))
        self._expected = expected
        self._since = since
        self._is_whole = is_whole
        self._is_over = is_over
        self._looked_s: float | None = None
        self._found: tuple[Checkpoint, ...] = ()
        self._outputs: tuple[Output, ...] = ()
        self._outputs_s: float | None = None
        self._judged: dict[Path, tuple[float, int, str | None]] = {}

    def checkpoints(
        self, table: MetricTable, headline: Sequence[str], now_s: float
    ) -> tuple[Checkpoint, ...]:
        """Return the checkpoints as they are at `now_s`, newest first."""
        if self._looked_s is None or abs(now_s - self._looked_s) >= PERIOD_S:
            self._looked_s = now_s
            folders = self._folders if self._is_whole else ()
            found = find_checkpoints(self._expected, folders, self._since)
            self._found = tuple(
                self._judge(one, now_s) if number < MOST_CHECKED else one
                for number, one in enumerate(found)
            )
        return tuple(_with_epoch(one, table, headline) for one in self._found)

    def outputs(self, now_s: float, results: Path | None) -> tuple[Output, ...]:
        """Return the other files that were left, newest first."""
        if not self._is_whole:
            return ()
        if self._outputs_s is None or abs(now_s - self._outputs_s) >= OUTPUTS_PERIOD_S:
            self._outputs_s = now_s
            files = [one for folder in self._folders for one in _outputs_in(folder, results)]
            mine = [one for one in files if self._since is None or one.modified >= self._since]
            mine.sort(key=lambda one: one.modified, reverse=True)
            self._outputs = tuple(mine[:MOST_OUTPUTS])
        return self._outputs

    def _judge(self, one: Checkpoint, now_s: float) -> Checkpoint:
        known = self._judged.get(one.path)
        if known is None or known[:2] != (one.modified, one.size_bytes):
            if not self._is_over and 0 <= now_s - one.modified < SETTLED_S:
                return one
            known = (one.modified, one.size_bytes, _why_unreadable(one.path))
            self._judged[one.path] = known
        return replace(one, problem=known[2], is_checked=True)


def _why_unreadable(path: Path) -> str | None:
    """Return why a checkpoint, or a file of one that is a folder, cannot be loaded."""
    if not path.is_dir():
        return why_unreadable(path)
    for file in sorted(path.iterdir()):
        if file.suffix in SUFFIXES and (why := why_unreadable(file)) is not None:
            return f"{file.name} {why}"
    return None


def _with_epoch(one: Checkpoint, table: MetricTable, headline: Sequence[str]) -> Checkpoint:
    """Return the last and the best one with the epoch that the results tell of them."""
    stem = one.path.stem.lower()
    if one.said or one.epoch is not None:
        return one
    if stem == "last":
        return replace(one, epoch=table.epoch)
    if stem == "best":
        for name in headline[:1]:
            series = table.series[name]
            best = series.best
            is_one = (
                best is not None
                and goal_of(name) is Goal.UP
                and list(series.values).count(best.value) == 1
            )
            return replace(one, epoch=int(best.x)) if best is not None and is_one else one
    return one


def _outputs_in(folder: Path, results: Path | None) -> Iterator[Output]:
    left = MOST_FILES
    for root, folders, files in os.walk(folder):
        depth = len(Path(root).relative_to(folder).parts)
        folders[:] = [one for one in sorted(folders) if depth < DEEPEST and one != "wandb"]
        for name in files:
            left -= 1
            path = Path(root, name)
            if left < 0:
                return
            if path == results or name in _NOT_OUTPUT or path.suffix not in _OUTPUT_SUFFIXES:
                continue
            try:
                about = path.lstat()
            except OSError:
                continue
            if stat.S_ISREG(about.st_mode):
                yield Output(path, about.st_size, about.st_mtime)
