"""Runs that are named: one of cockpit's own by its id, anybody's by the path of what it wrote."""

from __future__ import annotations

import math
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from cockpit import locations
from cockpit.errors import InputError, RunNotFound
from cockpit.files import size_of
from cockpit.metrics.series import MetricTable
from cockpit.runs.layout import RunPaths
from cockpit.runs.phase import Phase
from cockpit.views.eta import part_of_epoch
from cockpit.views.headline import headline_of
from cockpit.views.left_files import LeftFiles
from cockpit.views.naming import exists, is_empty_file, named, why_none
from cockpit.views.others_ending import eta_of_others, losses_of_others
from cockpit.views.results import CurvesTail
from cockpit.views.run_view import Opened, RunView
from cockpit.views.tail import last_words
from cockpit.views.trainer_facts import TrainerWatch
from cockpit.views.trainer_settings import epochs_of, read_settings, settings_stamp
from cockpit.views.watch import RunWatch

if TYPE_CHECKING:  # read with the first path that is opened
    from cockpit.views.places import Place

LOOK_AGAIN_S: Final = 3.0
"""So often a folder without results yet is looked through again."""
LISTED_BYTES: Final = 1 << 20
"""A larger results file is not read for a list."""


class Watch(Protocol):
    """What reads to a run again and again: `RunWatch` of our own, `OpenedWatch` of others."""

    def read(
        self, now_s: float, *, with_curves: bool = True, patience_s: float = math.inf
    ) -> RunView | None:
        """Return the run at `now_s`, or None when it is gone."""
        ...


def watch_run(text: str, runs_dir: Path | None = None, cache: Path | None = None) -> Watch:
    """Return what reads the run that a person names, by id or by path.

    Looks among the runs of this user and unpacks into this user's cache unless told otherwise.
    Raises RunNotFound, and InputError where a path holds nothing that can be read.
    """
    runs_dir = runs_dir or locations.runs_dir()
    found = named(text, runs_dir)
    if found.run_id is not None:
        return RunWatch(RunPaths(runs_dir / found.run_id))
    return watch_path(found.path or text, cache)


def watch_path(text: str, cache: Path | None = None) -> Watch:
    """Return what reads the results at a path. Raises InputError."""
    from cockpit.views.places import find_place

    cache = cache or locations.cache_dir()
    place = find_place(text, cache)
    if place.is_cockpit:
        return RunWatch(RunPaths(place.root), Opened(place.path, place.kind))
    return OpenedWatch(place, cache)


def open_run(
    text: str,
    runs_dir: Path | None = None,
    cache: Path | None = None,
    *,
    with_curves: bool = True,
) -> RunView:
    """Return the run that a person names, by id or by path, as it is now, all of it read.

    Without curves a large results file is left to who shows it. Raises what `watch_run` raises.
    """
    watch = watch_run(text, runs_dir, cache)
    view = watch.read(time.time(), with_curves=with_curves)
    if view is None and isinstance(watch, RunWatch):
        raise RunNotFound(why_none(watch.paths), "cockpit runs")
    if view is None:
        raise RunNotFound(f"{text} is gone", "cockpit runs")
    return view


def log_of(text: str) -> Path:
    """Return the console output that lies in a folder, or is a file. Raises InputError."""
    from cockpit.views.places import find_place

    if is_empty_file(text):
        return Path(text).expanduser().absolute()  # nobody wrote to it yet
    place = find_place(text, locations.cache_dir())
    if place.log is None:
        raise InputError(
            f"no log lies in {place.root}: looked for *.log, *.out and nohup.out",
            "give the path of the log",
        )
    return place.log


class OpenedWatch:
    """Reads results that somebody else's program writes, as far as they have come."""

    def __init__(self, place: Place, cache: Path) -> None:
        self._place = place
        self._cache = cache
        self._tail: CurvesTail | None = None
        self._looked_s = 0.0
        self._settings: dict[str, str] = {}
        self._settings_stamp: tuple[str | None, ...] | None = None
        self._left = LeftFiles((place.root,), is_whole=place.is_whole)
        self._trainer = TrainerWatch(place.log, place.reader) if place.log else None

    def read(
        self, now_s: float, *, with_curves: bool = True, patience_s: float = math.inf
    ) -> RunView | None:
        """Return the run at `now_s`; None when its folder or file is gone."""
        self._look_for_results(now_s)
        place = self._place
        written = max((_modified(one) for one in (place.results, place.log) if one), default=None)
        if not exists(str(place.root)) or (place.results and not exists(str(place.results))):
            return None
        table = self._table(patience_s, with_curves=with_curves)
        settings = self._read_settings()
        epochs = table.epochs or epochs_of(settings)
        log_bytes, words = last_words(place.log) if place.log else (0, ())
        reading = self._tail.part_read if self._tail else None
        problem, remedy = table.problem, None
        if problem is None and reading is None:
            problem, remedy = losses_of_others(table, settings)
        headline = headline_of(table, ())
        return RunView(
            run_id=str(place.path),
            name=place.name,
            preset="",
            directory=place.root,
            phase=Phase.OPENED,
            time=now_s,
            last_sign=written,
            problem=problem,
            remedy=remedy,
            metrics=table,
            epoch=table.epoch,
            epochs=epochs,
            reading=reading,
            epoch_part=part_of_epoch(table, words, table.epoch),
            eta=None
            if reading is not None
            else eta_of_others(table, epochs, settings, written, now_s),
            trainer=self._trainer.read(table.facts) if self._trainer else table.facts,
            results=place.results,
            reader=place.reader,
            checkpoints=self._left.checkpoints(table, headline, now_s) if with_curves else (),
            outputs=self._left.outputs(now_s, place.results) if with_curves else (),
            settings=settings,
            opened=Opened(place.path, place.kind),
            log=place.log or Path(),
            log_bytes=log_bytes,
            headline=headline,
        )

    def _look_for_results(self, now_s: float) -> None:
        """Find what a trainer had not written yet when its folder or its log was opened."""
        if self._place.results is not None or now_s - self._looked_s < LOOK_AGAIN_S:
            return
        if self._looked_s:
            from cockpit.views.places import find_place

            place = self._place
            own = place.root if place.is_whole else place.path  # beside a log lie other runs
            try:
                found = find_place(str(own), self._cache)
            except InputError:
                found = place
            if found.root == place.root and found.results is not None:
                path, name, kind = place.path, place.name, place.kind
                self._place = replace(found, path=path, name=name, kind=kind)
        self._looked_s = now_s

    def _table(self, patience_s: float, *, with_curves: bool) -> MetricTable:
        place = self._place
        if place.results is None:
            what = "no curves stand in this log" if place.log else "no results were written yet"
            return MetricTable(problem=what)
        if self._tail is not None and self._tail.part_read is None:
            return self._tail.read()
        if not with_curves and size_of(place.results) > LISTED_BYTES:
            return MetricTable()
        self._tail = self._tail or CurvesTail(place.results, place.reader)
        return self._tail.read_all(patience_s=patience_s)

    def _read_settings(self) -> dict[str, str]:
        if not self._place.is_whole:
            return {}
        changed = settings_stamp(self._place.root)
        if changed != self._settings_stamp:
            self._settings_stamp = changed
            self._settings = dict(read_settings(self._place.root))
        return self._settings


def _modified(path: Path) -> float:
    """Return when a file was last written; of a folder of event files, the newest of them."""
    try:
        files = [path, *path.iterdir()] if path.is_dir() else [path]
        return max(one.stat().st_mtime for one in files)
    except OSError:
        return 0.0
