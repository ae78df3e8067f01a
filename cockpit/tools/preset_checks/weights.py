"""The files that a trainer starts from: weights, architectures, settings, a checkpoint."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from cockpit import units
from cockpit.data_sets.ultralytics import is_fetched, is_shipped_model, read_settings
from cockpit.errors import nearest
from cockpit.files import size_of
from cockpit.tool_runs.events import Finding, Level
from cockpit.tools.preset_checks.data import FILES
from cockpit.tools.preset_checks.scene import Scene
from cockpit.tools.preset_checks.torch_pickle import read_epoch
from cockpit.views.checkpoints import SUFFIXES as CHECKPOINTS
from cockpit.views.checkpoints import why_unreadable

WEIGHTS: Final = (*CHECKPOINTS, ".tar", ".onnx")
SETTINGS: Final = (".yaml", ".yml", ".json", ".toml")
RESUME: Final = ("resume", "resume-from", "resume_from", "resume-from-checkpoint", "checkpoint")


def judge_weights(scene: Scene) -> Iterator[Finding]:
    """Yield one finding for each file that an argument names."""
    for name, value in scene.settings.items():
        text = scene.text(name)
        if text is None or "://" in text:
            continue
        suffix = Path(text).suffix.lower()
        if name.rpartition(".")[2] in RESUME and (suffix in WEIGHTS or "/" in text):
            yield _judge_resume(scene, name, text)
        elif suffix in WEIGHTS:
            yield _judge_file(scene, name, text)
        elif suffix in SETTINGS and name not in FILES:
            yield from _judge_settings(scene, name, text)
        elif value == "" and name == "weights":
            yield Finding(Level.OK, "weights.none", f"{name}: from scratch")


def find_weights(scene: Scene, text: str) -> Path | None:
    """Return where weights lie: as the path says, or in Ultralytics' own folder for them."""
    near = scene.path(text)
    if near is not None and near.exists():
        return near
    folder = read_settings(scene.environ, scene.home).get("weights_dir")
    kept = folder / text if folder is not None and folder.is_absolute() else None
    return kept if kept is not None and kept.exists() else None


def _judge_file(scene: Scene, name: str, text: str) -> Finding:
    code, file = "weights.file", find_weights(scene, text)
    if file is not None:
        why = why_unreadable(file) if file.suffix in CHECKPOINTS else None
        if why is not None:
            remedy = f"rm {file}, and fetch it again"
            return Finding(Level.PROBLEM, code, f"{name}: {file} {why}", remedy)
        return Finding(Level.OK, code, f"{name}: {file}, {units.binary(size_of(file))}")
    if _can_fetch(scene, text):
        what = f"{name}: {Path(text).name} is not there; Ultralytics will fetch it at the start"
        remedy = f"the internet must be reachable, or put the file into {scene.workdir or 'place'}"
        return Finding(Level.NOTE, "weights.fetched", what, remedy)
    if not scene.is_fetched or scene.path(text) is None:
        what = f"{name}: whether {text} is there shows only where the job runs"
        return Finding(Level.NOTE, code, what)
    path = scene.path(text)
    return Finding(Level.PROBLEM, code, f"{name}: {path} does not exist{_beside(path)}")


def _can_fetch(scene: Scene, text: str) -> bool:
    modules = scene.preset.launch.modules
    return is_fetched(text) and (scene.is_ultralytics or "ultralytics" in modules)


def _judge_settings(scene: Scene, name: str, text: str) -> Iterator[Finding]:
    path = scene.path(text)
    if path is not None and path.exists():
        yield Finding(Level.OK, "files.named", f"{name}: {path}")
    elif is_shipped_model(text):
        what = f"{name}: {text} is an architecture of Ultralytics: trained from scratch"
        yield Finding(Level.OK, "weights.fresh", what)
    elif path is not None and scene.is_fetched:
        what = f"{name}: {path} does not exist{_beside(path)}"
        yield Finding(Level.PROBLEM, "files.named", what)


def _beside(path: Path | None) -> str:
    if path is None or not path.parent.is_dir():
        return ""
    return nearest(path.name, [other.name for other in path.parent.glob(f"*{path.suffix}")])


def _judge_resume(scene: Scene, name: str, text: str) -> Finding:
    code, file = "resume.checkpoint", scene.path(text)
    if file is None:
        return Finding(Level.NOTE, code, f"{name}: {text} is looked for where the job runs")
    if not file.exists():
        what = f"{name}: {file} does not exist{_beside(file)}"
        return Finding(Level.PROBLEM, code, what, "cockpit runs, and cockpit resume RUN")
    why = why_unreadable(file) if file.is_file() else None
    if why is not None:
        remedy = f"another one in {file.parent}: cockpit open {file.parent}"
        return Finding(Level.PROBLEM, code, f"{name}: {file} {why}", remedy)
    epoch = read_epoch(file) if file.is_file() else None
    if epoch is not None and epoch < 0:
        what = f"{name}: {file} is of a finished training (epoch {epoch}): Ultralytics would not"
        more = "resume but begin anew, on a data set that it fetches"
        remedy = f"--set args.model={text} without resume trains on from these weights"
        return Finding(Level.PROBLEM, code, f"{what} {more}", remedy)
    said = f", epoch {epoch} as it was written" if epoch is not None else ""
    return Finding(Level.OK, code, f"{name}: {file}, {units.binary(size_of(file))}{said}")
