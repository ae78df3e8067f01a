"""The batch against the ranks and against the data."""

from __future__ import annotations

from collections.abc import Iterator

from cockpit.errors import InputError
from cockpit.launch.arguments import plan_batch
from cockpit.launch.batch_plan import BatchPlan
from cockpit.presets.model import LaunchKind
from cockpit.tool_runs.events import Finding, Level
from cockpit.tools.preset_checks.data import DataSeen
from cockpit.tools.preset_checks.scene import Scene


def judge_batch(scene: Scene, seen: DataSeen) -> Iterator[Finding]:
    """Yield how the batch is spread, and what does not come out even."""
    preset, ranks = scene.preset, scene.ranks
    try:
        plan = plan_batch(preset, ranks)
    except InputError as error:
        yield Finding(Level.PROBLEM, "batch.divisible", error.problem, error.remedy)
        return
    if plan is None:
        yield from _judge_automatic(scene)
        return
    yield Finding(
        Level.OK,
        "batch.divisible",
        _spread(plan, preset.batch.lr_argument if preset.batch else None),
    )
    if seen.train_images:
        yield from _judge_data_set(plan, seen.train_images)
    if plan.batch_per_rank == 1:
        what = "a batch of 1 for each rank: BatchNorm has nothing to average over, and may refuse"
        yield Finding(Level.WARNING, "batch.one", what, "a larger batch, or fewer ranks")


def _spread(plan: BatchPlan, lr_argument: str | None) -> str:
    words = f"global batch {plan.global_batch:,}"
    if plan.world_size > 1:
        words += f": {plan.batch_per_rank:,} on each of {plan.world_size} ranks"
    if plan.accumulation_steps > 1:
        words += f", {plan.accumulation_steps} steps accumulated"
    if plan.lr is not None:
        words += f"; {lr_argument} follows it: {plan.lr:g}"
    return words


def _judge_automatic(scene: Scene) -> Iterator[Finding]:
    """Ultralytics chooses a batch below 1 itself, on one GPU only."""
    batch = scene.preset.batch
    value = scene.settings.get(batch.argument) if batch else None
    is_below = isinstance(value, int | float) and not isinstance(value, bool) and value < 1
    if is_below and scene.preset.launch.kind is LaunchKind.ULTRALYTICS and scene.ranks > 1:
        what = f"batch {value} lets Ultralytics choose, which it refuses on {scene.ranks} GPUs"
        remedy = "cockpit memory finds a batch for one GPU; --set args.batch= that times the GPUs"
        yield Finding(Level.PROBLEM, "batch.automatic", what, remedy)


def _judge_data_set(plan: BatchPlan, images: int) -> Iterator[Finding]:
    loaded = plan.batch_per_rank * plan.world_size
    if loaded > images:
        what = f"a batch of {loaded:,} is larger than the {images:,} images to train on: one step"
        more = "an epoch at most, and none where the last batch is dropped"
        yield Finding(Level.WARNING, "batch.data-set", f"{what} {more}", "a smaller batch")
        return
    share = -(-images // plan.world_size)
    steps = -(-share // plan.batch_per_rank)
    yield Finding(Level.OK, "batch.data-set", f"{steps:,} steps an epoch, of {images:,} images")
    if plan.batch_per_rank > 1 and share % plan.batch_per_rank == 1:
        what = "the last batch of an epoch holds 1 image: BatchNorm may refuse it"
        remedy = "drop the last batch (drop_last), or another batch"
        yield Finding(Level.WARNING, "batch.last", what, remedy)
