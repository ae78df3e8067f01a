"""What the training will take: time, memory and money, each in one line, before it is started."""

from __future__ import annotations

from collections.abc import Iterator

from cockpit.analysis.forecast.result import Forecast
from cockpit.errors import CockpitError
from cockpit.launch.gpus import ONE_PROCESS
from cockpit.tool_runs.events import Finding, Level
from cockpit.tools.preset_checks.data import DataSeen
from cockpit.tools.preset_checks.scene import Scene
from cockpit.views.forecast_words import cost_words, memory_words, time_words
from cockpit.views.preset_forecast import forecast_of_preset


def judge_forecast(scene: Scene, seen: DataSeen) -> Iterator[Finding]:
    """Yield how many images there are, and what is expected of training on them here."""
    size, command = seen.train_images, f"cockpit estimate --preset {scene.preset.name}"
    if size:
        least = "" if seen.is_whole else "at least "
        command = f"{command} --dataset-size {size} --gpus {scene.ranks}"
        yield Finding(Level.NOTE, "data.size", f"images to train on: {least}{size:,}", command)
    try:
        found = _forecast(scene, size)
    except CockpitError as error:
        remedy = error.remedy or None
        yield Finding(Level.WARNING, "forecast.unknown", f"no estimate: {error.problem}", remedy)
        return
    yield from findings_of(found, command)


def findings_of(found: Forecast, command: str) -> Iterator[Finding]:
    """Yield what a forecast says; what is not known is left out. Pure."""
    if found.time is not None:
        epochs = f"{found.work.epochs:,} epochs in about {time_words(found.time)}"
        what = f"{epochs}, by {found.time.evidence}"
        yield Finding(Level.NOTE, "forecast.time", what, command)
    if found.memory is not None:
        level = {True: Level.OK, False: Level.WARNING, None: Level.NOTE}[found.memory.fits]
        remedy = None if level is Level.OK else "; ".join(found.memory.narrow) or command
        what = f"memory: {memory_words(found.memory)}, by {found.memory.evidence}"
        yield Finding(level, "forecast.memory", what, remedy)
    for cost in found.costs:
        yield Finding(Level.NOTE, "forecast.cost", f"cost: {cost_words(cost)}", command)


def _forecast(scene: Scene, size: int | None) -> Forecast:
    names = scene.facts.gpu_names
    is_one = scene.preset.launch.kind in ONE_PROCESS
    gpus = names[: 1 if is_one else scene.ranks]
    return forecast_of_preset(scene.preset, gpus, scene.ranks, train_samples=size)
