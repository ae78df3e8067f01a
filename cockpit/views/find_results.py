"""Finds what a trainer writes its results to, where nobody said it: by its own words first."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Final

from cockpit.files import modified, open_regular
from cockpit.metrics.detect import LOOKED_AT_BYTES, recognise
from cockpit.metrics.log_lines import clean
from cockpit.metrics.readers import LOG_READERS
from cockpit.views.event_files import SIGN
from cockpit.views.folder_names import folders_in, names_in
from cockpit.views.state_file import NAME as STATE

LOG_BYTES: Final = 1 << 20
"""So much of the start of a log is looked through for where the trainer saves."""
MOST_FOLDERS: Final = 2000
MOST_OPENED: Final = 100
SAME_MOMENT_S: Final = 60.0
"""Files that were written so close to each other are of one training."""
DEEPEST: Final = 6
"""Ultralytics 8.4 writes to `runs/detect/runs/train/NAME`."""
_SAYS: Final = re.compile(
    r"(?:Logging results to|Results saved to|Saving (?:model )?checkpoints? (?:in|to)"
    r"|(?:^|[\s(,'\"])(?:save_dir|output_dir|log_dir)['\"]?\s*[=:])\s*(?P<path>[^\s,)][^,)]*)"
)
_SETTINGS: Final = ("args.yaml", "opt.yaml", "hparams.yaml")
_SAVE_DIR: Final = re.compile(r"^save_dir:\s*(?P<path>\S.*?)\s*$", re.MULTILINE)
_ROOTS: Final = (
    "runs", "lightning_logs", "logs", "log", "output", "outputs", "out", "results", "weight",
    "weights", "checkpoints", "work_dirs", "exp", "experiments",
)  # fmt: skip
"""Folders beside a script that trainers write to."""
_CHECKPOINT: Final = re.compile(r"checkpoint-\d{1,12}")
_PASSED_OVER: Final = frozenset(
    (
        ".git",
        "__pycache__",
        "node_modules",
        "images",
        "labels",
        "wandb",
        "site-packages",
        "datasets",
    )
)
_KNOWN: Final = ("results.csv", "results.txt", "metrics.csv", "summary.csv", STATE, "metric.log")
_NO_FILE: Final = (OSError, ValueError)
"""Raised for a path that leads nowhere, and for one that cannot be: others wrote it."""
_SUFFIXES: Final = (".csv", ".tsv", ".jsonl", ".ndjson")
_LOG_SUFFIXES: Final = (".log", ".out", ".log.raw")
_BETTER_FIRST: Final = ("ultralytics-csv", "yolov7-txt", "csv", "hf", "jsonl", "tensorboard")
"""Of several formats in one folder the one that tells most."""


@dataclass(frozen=True, slots=True)
class FoundResults:
    """One thing that holds curves."""

    path: Path
    """A file, or a folder of event files."""
    reader: str
    why: str
    """How it was found: `the log names its folder`."""


@dataclass(frozen=True, slots=True)
class _Folder:
    """A folder to look into."""

    path: Path
    why: str


def find_results(
    folder: Path, since_s: float | None = None, log: Path | None = None
) -> tuple[FoundResults, ...]:
    """Return what holds the curves of a training in `folder`, best first.

    `since_s`: what was last written before then belongs to another training. `log`: where the
    trainer's words are kept; what it says of where it saves comes first, its own curves last.
    """
    found: dict[Path, FoundResults] = {}
    opened = 0
    told = _told(folder, log)
    for place in _places(told, folder):
        for path in _candidates(place.path):
            if path in found or opened >= MOST_OPENED or _is_old(path, since_s):
                continue
            opened += 1
            reader = _recognise(path)
            if reader is not None and path != log:
                shown = path.parent if reader == "tensorboard" else path
                found.setdefault(shown, FoundResults(shown, reader, place.why))
    named = {place.path for place in told}
    best = sorted(found.values(), key=lambda one: _rank(one, named))
    return (*best, *_in_log(log))


def saved_to(text: str) -> tuple[str, ...]:
    """Return the folders that a log says it saves to, the one named last first."""
    found = [
        match["path"].strip(" \t'\"")
        for line in re.split(r"[\r\n]", text)
        if (match := _SAYS.search(clean(line)))
    ]
    return tuple(dict.fromkeys(reversed([path for path in found if path not in ("None", "")])))


def _places(told: Iterable[_Folder], folder: Path) -> Iterator[_Folder]:
    seen: set[Path] = set()
    for place in chain(told, _usual(folder)):
        if place.path not in seen:
            seen.add(place.path)
            yield place


def _told(folder: Path, log: Path | None) -> tuple[_Folder, ...]:
    """Return the folders that the trainer named, in its log or in the settings that it wrote."""
    paths = saved_to(_start(log)) if log is not None else ()
    named = [_Folder(folder / path, "the log names its folder") for path in paths]
    for name in _SETTINGS:
        match = _SAVE_DIR.search(_start(folder / name))
        if match is not None:
            path = folder / match["path"].strip("'\"")
            named.append(_Folder(path, f"{name} names its folder"))
    return tuple(named)


def _usual(folder: Path) -> Iterator[_Folder]:
    """Yield the folder itself and those below it that trainers make."""
    yield _Folder(folder, "it lies in the folder")
    left = MOST_FOLDERS
    for name in names_in(folder, _ROOTS):
        if name not in _ROOTS and not _CHECKPOINT.fullmatch(name):
            continue
        for path in _below(folder / name, DEEPEST - 1):
            left -= 1
            if left < 0:
                return
            yield _Folder(path, "it is the newest in the usual places")


def _below(folder: Path, depth: int) -> Iterator[Path]:
    if not os.path.isdir(folder) or os.path.islink(folder):  # noqa: PTH112, PTH114  # never raise
        return
    yield folder
    if depth > 0:
        for name in folders_in(folder):
            if name not in _PASSED_OVER and "." not in name:
                yield from _below(folder / name, depth - 1)


def _candidates(folder: Path) -> Iterator[Path]:
    names = names_in(folder, _KNOWN)
    yield from (folder / name for name in _KNOWN if name in names)
    yield from (folder / name for name in names if name.endswith(_SUFFIXES) and name not in _KNOWN)
    yield from (folder / name for name in names if SIGN in name)
    yield from (folder / name for name in names if name.endswith(_LOG_SUFFIXES))


def _recognise(path: Path) -> str | None:
    try:
        with open_regular(path) as file:
            head = file.read(LOOKED_AT_BYTES)
            size = os.fstat(file.fileno()).st_size
            end = os.pread(file.fileno(), LOOKED_AT_BYTES, max(0, size - LOOKED_AT_BYTES))
    except _NO_FILE:
        return None
    return recognise(head, end)


def _in_log(log: Path | None) -> Iterable[FoundResults]:
    reader = _recognise(log) if log is not None else None
    if log is None or reader is None or (reader not in LOG_READERS and reader != "jsonl"):
        return ()
    return (FoundResults(log, reader, "the log itself holds the curves"),)


def _start(path: Path) -> str:
    try:
        with open_regular(path) as file:
            return file.read(LOG_BYTES).decode("utf-8", "replace")
    except _NO_FILE:
        return ""


def _rank(one: FoundResults, told: set[Path]) -> tuple[bool, bool, int, int]:
    """Return a key: what the trainer named first, files before logs, then the newest."""
    folder = one.path if one.reader == "tensorboard" else one.path.parent
    best = _BETTER_FIRST.index(one.reader) if one.reader in _BETTER_FIRST else len(_BETTER_FIRST)
    changed = round(modified(one.path) / SAME_MOMENT_S)
    return (folder not in told, one.reader in LOG_READERS, -changed, best)


def _is_old(path: Path, since_s: float | None) -> bool:
    return since_s is not None and modified(path) < since_s
