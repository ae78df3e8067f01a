"""How long the training will take, in one line, with what that rests on."""

from __future__ import annotations

from collections.abc import Iterator

from cockpit import units
from cockpit.analysis.estimate import Estimate, estimate
from cockpit.analysis.question import GPU
from cockpit.analysis.workload import find_model
from cockpit.errors import InputError
from cockpit.tool_runs.events import Finding, Level
from cockpit.tools.preset_checks.data import DataSeen
from cockpit.tools.preset_checks.scene import Scene
from cockpit.views.preset_question import question_of


def judge_time(scene: Scene, seen: DataSeen) -> Iterator[Finding]:
    """Yield the estimate where the model, the images and the GPUs are known."""
    size = seen.train_images
    if not size:
        return
    ranks = scene.ranks
    command = f"cockpit estimate --preset {scene.preset.name} --dataset-size {size} --gpus {ranks}"
    least = "" if seen.is_whole else "at least "
    what = f"images to train on: {least}{size:,}"
    found = _estimate(scene, size, ranks)
    if found is not None:
        span = f"{units.duration(found.total_s_low)} to {units.duration(found.total_s_high)}"
        gpu = f"{ranks} × {GPU}" if ranks > 1 else GPU
        what += f"; {found.epochs:,} epochs in about {units.duration(found.total_s)} ({span}) on"
        what += f" {gpu}, estimated and not measured; its grounds, and --gpu for another:"
    yield Finding(Level.NOTE, "data.size", what, command)


def _estimate(scene: Scene, size: int, ranks: int) -> Estimate | None:
    """Return the estimate; None for work of which no published time is known, and on a CPU."""
    model = scene.text("model")
    is_gpu = bool(scene.facts.gpu_memory_bytes) or scene.preset.launch.cpu_ranks is None
    if model is None or find_model(model) is None or not is_gpu:
        return None
    flags = {"dataset_size": str(size), "gpus": str(ranks)}
    try:
        return estimate(question_of(flags, scene.preset))
    except InputError:
        return None  # the batch is judged elsewhere
