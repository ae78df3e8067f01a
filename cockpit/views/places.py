"""What a path holds: the folder of a run, a results file, a log, an archive of one of these."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from cockpit.errors import InputError
from cockpit.files import modified, open_regular, read_json
from cockpit.metrics.detect import LOOKED_AT_BYTES, recognise
from cockpit.metrics.readers import READERS, reads_log
from cockpit.runs.layout import RunPaths
from cockpit.runs.record import parse_run
from cockpit.views import trainer_settings
from cockpit.views.checkpoints import SUFFIXES
from cockpit.views.find_results import find_results
from cockpit.views.folder_names import folders_in, names_in
from cockpit.views.results import STATE
from cockpit.views.state_file import newest_state
from cockpit.views.unpacking import is_archive, unpack

RESULTS_NAMES: Final = (
    "results.csv", "results.txt", "metrics.csv", "trainer_state.json", "summary.csv", "metric.log",
)  # fmt: skip
"""What trainers call their results, the most telling first."""
EVENTS: Final = "events.out.tfevents"
LOOKED_FOR: Final = (
    "results.csv, results.txt, metrics.csv, trainer_state.json, TensorBoard events, "
    "another table or log of a training, run.json of cockpit"
)
MOST_FOLDERS: Final = 1000
DEEPEST: Final = 3
SHOWN_RUNS: Final = 12
_VERSION: Final = re.compile(r"version_\d+")
_COMMON: Final = re.compile(r"(version_|train|exp|run|output|out|results|baseline)-?\d*")
"""What trainers call the folders of their runs when nobody names them."""
_NO_RUNS: Final = frozenset(("weights", "checkpoints", "node_modules", "images", "labels"))


@dataclass(frozen=True, slots=True)
class Place:
    """What a path turned out to be."""

    path: Path
    """As it was named, absolute."""
    root: Path
    """The folder of the run."""
    kind: str
    """In words: `Ultralytics run`, `results file`."""
    name: str
    """What people call it by."""
    results: Path | None = None
    reader: str = "none"
    log: Path | None = None
    is_whole: bool = True
    """The folder is the run's alone: what else lies in it was left by the run."""
    is_cockpit: bool = False
    """It is a folder that a supervisor of cockpit wrote."""


def find_place(text: str, cache: Path) -> Place:
    """Return what a path holds; archives are unpacked under `cache`.

    Raises InputError where nothing can be read, naming what was looked for, and where there are
    several runs, naming them.
    """
    try:
        path = Path(os.path.abspath(Path(text).expanduser()))  # noqa: PTH100  # keeps links
        if path.is_dir():
            return _of_folder(path)
        with open_regular(path) as file:
            head = file.read(LOOKED_AT_BYTES)
            file.seek(max(0, path.stat().st_size - LOOKED_AT_BYTES))
            end = file.read(LOOKED_AT_BYTES)
        if path.suffix not in SUFFIXES and is_archive(path, head):
            return _of_archive(path, cache)
    except FileNotFoundError:
        if path.is_symlink():
            raise InputError(
                f"{text} leads nowhere: it is a link to {path.readlink()}", "look where it went"
            ) from None
        raise InputError(f"{text} does not exist", _nearest_parent(text)) from None
    except (OSError, ValueError, RuntimeError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise InputError(f"{text} cannot be read: {why}", "look at its path and rights") from None
    return _of_file(path, head, end)


def list_runs_in(folder: Path) -> list[Path]:
    """Return the folders of runs below a folder, those written last first."""
    found = [one for one in _folders(folder, DEEPEST) if holds_run(one)]
    return sorted(found, key=modified, reverse=True)


def holds_run(folder: Path) -> bool:
    """Say whether a folder looks like that of one run, by the names in it."""
    known = (*RESULTS_NAMES, *trainer_settings.FILES, "run.json")
    names = set(names_in(folder, known))
    return any(name in names for name in known) or any(EVENTS in name for name in names)


def _of_folder(folder: Path) -> Place:
    if parse_run(read_json(RunPaths(folder).run)) is not None:
        return _of_cockpit(folder)
    found = _results_in(folder)
    if found is None and not any((folder / name).is_file() for name in trainer_settings.FILES):
        return _of_runs_below(folder)
    results, reader = found or (None, "none")
    is_log = results is not None and reads_log(reader)
    return Place(
        folder,
        folder,
        _kind_of(folder, reader),
        _name_of(folder),
        results,
        reader,
        results if is_log else find_log(folder, results),
    )


def _of_cockpit(folder: Path) -> Place:
    record = parse_run(read_json(RunPaths(folder).run))
    name = record.name if record is not None else folder.name
    log = RunPaths(folder).log
    return Place(folder, folder, "copy of a cockpit run", name, log=log, is_cockpit=True)


def _of_runs_below(folder: Path) -> Place:
    runs = list_runs_in(folder)
    if not runs:
        parent = folder.parent
        if folder.name in _NO_RUNS and holds_run(parent):
            raise InputError(f"{folder} holds no results", f"cockpit open {parent}")
        raise InputError(
            f"{folder} holds nothing that can be read: looked for {LOOKED_FOR}",
            "name the folder that the trainer writes to, or its results file",
        )
    if len(runs) == 1:
        return replace(_of_folder(runs[0]), path=folder)
    shown = "".join(f"\n  cockpit open {one}" for one in runs[:SHOWN_RUNS])
    more = f"\n  … and {len(runs) - SHOWN_RUNS} more" if len(runs) > SHOWN_RUNS else ""
    raise InputError(
        f"{folder} holds {len(runs)} runs, the newest first:{shown}{more}", f"name one: {runs[0]}"
    )


def _of_archive(path: Path, cache: Path) -> Place:
    root = unpack(path, cache)
    try:
        place = _of_folder(root)
    except InputError as error:
        shown = error.problem.replace(str(root), str(path))
        remedy = "pack the folder of one run" if "runs" in shown else error.remedy
        raise InputError(shown.replace("cockpit open ", ""), remedy) from None
    stem = path.name.split(".tar")[0].removesuffix(path.suffix)
    name = stem if place.root == root and not place.is_cockpit else place.name
    return replace(place, path=path, name=name, kind=f"archive of: {place.kind}")


def _of_file(path: Path, head: bytes, end: bytes) -> Place:
    if path.suffix in SUFFIXES:
        folder = path.parent.parent if path.parent.name in _NO_RUNS else path.parent
        raise InputError(f"{path} is a checkpoint, no results", f"cockpit open {folder}")
    if not head:
        raise InputError(f"{path} is empty", "open it again when the trainer wrote its first row")
    if path.name == "run.json" and parse_run(read_json(path)) is not None:
        return replace(_of_cockpit(path.parent), path=path)
    reader = recognise(head, end)
    reader = reader if reader in READERS else None
    if reader is None and b"\0" in head and _is_binary(end):
        raise InputError(
            f"{path} is not text, and no format that is known: looked for {LOOKED_FOR}",
            "name the results file or the log of a training",
        )
    is_log = reader is None or reads_log(reader)
    is_whole = not is_log and _is_of_one_run(path.parent)
    return Place(
        path,
        path.parent,
        "log" if is_log else "results file",
        _name_of(path.parent) if path.name in RESULTS_NAMES else path.name,
        path if reader is not None else None,
        reader or "none",
        path if is_log else find_log(path.parent, path) if is_whole else None,
        is_whole=is_whole,
    )


def _is_binary(end: bytes) -> bool:
    """Say whether a file is no text by its end; a log that was cut while written begins with NUL.

    That is what copytruncate of logrotate leaves: the job writes on where it was.
    """
    text = end.lstrip(b"\0")
    return not text or b"\0" in text


def _is_of_one_run(folder: Path) -> bool:
    """Say whether a folder is one that a trainer made for one run."""
    names = names_in(folder, (*trainer_settings.FILES, *_NO_RUNS))
    return any(name in trainer_settings.FILES or name in _NO_RUNS for name in names)


def _results_in(folder: Path) -> tuple[Path, str] | None:
    """Return what tells most of the run in this very folder, and its reader.

    What its settings say of where it saves may be of another machine, and lower folders other
    runs, but for those of Lightning's and Hugging Face's own making.
    """
    for one in find_results(folder):
        holder = one.path if one.path.is_dir() else one.path.parent
        if holder == folder or _is_part(holder, folder):
            newest = newest_state(folder) if one.reader == STATE else None
            return newest or one.path, one.reader
    return None


def _is_part(holder: Path, folder: Path) -> bool:
    """Say whether a folder below belongs to the same run: `checkpoint-500`, `runs/…` of events."""
    if not holder.is_relative_to(folder):
        return False
    parts = holder.relative_to(folder).parts
    has_checkpoints = any(name.startswith("checkpoint-") for name in names_in(folder))
    is_events = parts[0] == "runs" and len(parts) == 2 and has_checkpoints
    return is_events or (len(parts) == 1 and parts[0].startswith("checkpoint-"))


def find_log(folder: Path, results: Path | None) -> Path | None:
    """Return the console output that was kept beside the results, the newest of several."""
    found = [
        folder / name
        for name in names_in(folder, ("nohup.out", "train.log"))
        if name == "nohup.out" or name.endswith((".log", ".log.raw", ".out"))
    ]
    others = [path for path in found if path != results and path.is_file()]
    return max(others, key=modified, default=None)


def _kind_of(folder: Path, reader: str) -> str:
    has = {name for name in trainer_settings.FILES if (folder / name).is_file()}
    if "args.yaml" in has:
        return "Ultralytics run"
    if "opt.yaml" in has:
        return "YOLOv5 run" if reader == "csv" else "YOLOv7 run"
    if _VERSION.fullmatch(folder.name):
        return "Lightning run"
    if reader == "hf":
        return "Hugging Face run"
    if reader == "tensorboard":
        return "TensorBoard folder"
    return "run folder"


def _name_of(folder: Path) -> str:
    """Return the folder's name, with that of the folder above where many are called the same."""
    if not _COMMON.fullmatch(folder.name) or not folder.parent.name:
        return folder.name or str(folder)
    above = folder.parent.parent if folder.parent.name == "lightning_logs" else folder.parent
    return f"{above.name}/{folder.name}"


def _folders(folder: Path, depth: int) -> Iterator[Path]:
    """Yield the folders below a folder, those of a run not entered, and no more than are shown."""
    waiting = [(folder, depth)]
    for _ in range(MOST_FOLDERS):
        if not waiting:
            return
        here, left = waiting.pop(0)
        for name in folders_in(here):
            if name.startswith(".") or name in _NO_RUNS:
                continue
            child = here / name
            yield child
            if left > 1 and not holds_run(child):
                waiting.append((child, left - 1))


def _nearest_parent(text: str) -> str:
    from cockpit.errors import nearest

    path = Path(text).expanduser()
    close = nearest(path.name, names_in(path.parent)) if path.parent.is_dir() else ""
    word = close.removeprefix(" (did you mean ").removesuffix("?)")
    return str(path.parent / word) if word else "cockpit runs lists the runs of this machine"
