"""Is everything there that a preset starts from? Its script, data, weights, packages, and room."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from cockpit import locations
from cockpit.launch.conda import home
from cockpit.launch.interpreter import TrainingPython
from cockpit.launch.steps import step_path
from cockpit.presets.check import workdir_path
from cockpit.presets.model import Preset, Step
from cockpit.tool_runs.events import Finding, Level, Measurement
from cockpit.tools.needs import Facts
from cockpit.tools.preset_checks.batch import judge_batch
from cockpit.tools.preset_checks.data import DataSeen, judge_data
from cockpit.tools.preset_checks.forecast import judge_forecast
from cockpit.tools.preset_checks.packages import judge_packages
from cockpit.tools.preset_checks.room import judge_room
from cockpit.tools.preset_checks.scene import Scene
from cockpit.tools.preset_checks.script import judge_script
from cockpit.tools.preset_checks.weights import judge_weights


def check_preset(
    preset: Preset,
    python: TrainingPython,
    facts: Facts,
    environ: Mapping[str, str],
    now_s: float,
    *,
    has_packages: bool = True,
) -> Iterator[Finding | Measurement]:
    """Yield what is found about a preset and its files, as it is found; nothing is started.

    `has_packages` is false where the interpreter is not the preset's own, and says nothing of it.
    What lies in a folder that is not there yet is not looked for: the steps that make it are told.
    """
    scene = Scene(preset, python, environ, facts, home(environ))
    yield from _judge_steps(scene)
    seen = DataSeen()
    yield from judge_script(scene)
    if scene.is_fetched:
        if has_packages:
            yield from judge_packages(scene)
        yield from judge_weights(scene)
        yield from judge_data(scene, seen)
    if seen.train_images is not None:
        labels = {"split": "train"}
        yield Measurement(now_s, "data.images", float(seen.train_images), "images", labels)
    yield from judge_batch(scene, seen)
    yield from judge_room(scene, seen, locations.runs_dir())
    yield from judge_forecast(scene, seen)


def _judge_steps(scene: Scene) -> Iterator[Finding]:
    """Name the steps before the start of which the product is not there."""
    preset = scene.preset
    undone = [
        f"{step.what} ({place} is missing)"
        for step in preset.prepare
        if step.done_when is not None and not (place := _product(step, preset)).exists()
    ]
    if undone:
        count = f"{len(undone)} of {len(preset.prepare)}"
        what = "\n".join([f"steps before the start that are not done: {count}", *undone])
        remedy = f"cockpit run {preset.name} --prepare"
        yield Finding(Level.WARNING, "preset.prepare", what, remedy)


def _product(step: Step, preset: Preset) -> Path:
    """Return what a step makes: relative to where it runs."""
    base = workdir_path(preset) or Path.cwd()
    if step.workdir is not None:
        base = step_path(step.workdir, preset, Path.cwd())
    return step_path(step.done_when or "", preset, base)
