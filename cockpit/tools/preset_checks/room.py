"""Is there room for what the training keeps: cached images, shared memory, checkpoints?"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from cockpit import units
from cockpit.data_sets.places import Rule
from cockpit.errors import InputError
from cockpit.files import size_of
from cockpit.launch.arguments import epochs_of, plan_batch
from cockpit.tool_runs.events import Finding, Level
from cockpit.tools.preset_checks.data import DataSeen, rule_of
from cockpit.tools.preset_checks.scene import WORKERS, Scene
from cockpit.tools.preset_checks.weights import find_weights
from cockpit.views.preset_question import IMAGE_SIZES

CACHES: Final = ("cache", "cache-images", "cache_images")
RAM_MARGIN: Final = 2.0
"""Ultralytics 8.4 wants twice the bytes before it caches in memory, and 1.1 times for the disk."""
DISK_MARGIN: Final = 1.1
SHM: Final = Path("/dev/shm")
PREFETCHED: Final = {Rule.ULTRALYTICS: 4, Rule.WORKDIR: 2}
"""Batches that each worker holds ready: build_dataloader of Ultralytics 8.4, and torch's own."""
CHANNELS: Final = 3
TRAINED_TIMES: Final = 5
"""A checkpoint in mid-training is so much larger than the weights: 26.4 against 5.4 MB for
yolo11n, Ultralytics 8.4.190."""


def judge_room(scene: Scene, seen: DataSeen, runs_dir: Path) -> Iterator[Finding]:
    """Yield one finding for each thing that needs room, as far as its size can be told."""
    yield from _judge_cache(scene, seen)
    yield from _judge_shared_memory(scene)
    yield from _judge_checkpoints(scene, runs_dir)


def cached_bytes(images: int, sizes: tuple[tuple[int, int], ...], image_size: int | None) -> int:
    """Return what so many images take when decoded, 3 bytes a pixel.

    With an image size their longer side is brought to it; without, they are kept as they are.
    """
    if not sizes:
        return images * (image_size or 0) ** 2 * CHANNELS
    pixels = [_pixels(width, height, image_size) for width, height in sizes]
    return round(images * sum(pixels) / len(pixels)) * CHANNELS


def _pixels(width: int, height: int, image_size: int | None) -> float:
    scale = 1.0 if image_size is None else image_size / max(width, height, 1)
    return width * scale * height * scale


def _judge_cache(scene: Scene, seen: DataSeen) -> Iterator[Finding]:
    wanted = next((scene.settings[name] for name in CACHES if name in scene.settings), None)
    word = "ram" if wanted is True else str(wanted).lower()
    image_size = scene.whole(IMAGE_SIZES)
    if word not in ("ram", "disk") or not seen.train_images or image_size is None:
        return
    is_disk = word == "disk"
    needed = cached_bytes(seen.train_images, seen.sizes, None if is_disk else image_size)
    margin = DISK_MARGIN if is_disk else RAM_MARGIN if rule_of(scene) is Rule.ULTRALYTICS else 1.0
    there = _free(seen.folder) if is_disk else _available_memory()
    least = "" if seen.is_whole else "at least "
    what = f"caching {least}{seen.train_images:,} images in {'files' if is_disk else 'memory'}: "
    what += f"about {units.binary(needed)}, {units.binary(there)} free"
    code = f"needs.cache-{word}"
    if there is None or needed * margin <= there:
        yield Finding(Level.OK if there is not None else Level.NOTE, code, what)
        return
    if margin > 1:
        what += f"; Ultralytics wants {margin:g} times as much, and does without a cache then"
    name = next(name for name in CACHES if name in scene.settings)
    other = "false" if is_disk or rule_of(scene) is Rule.WORKDIR else "disk"
    yield Finding(Level.WARNING, code, what, f"--set args.{name}={other}")


def _judge_shared_memory(scene: Scene) -> Iterator[Finding]:
    """Workers hand their batches over in shared memory; Docker gives 64 MiB of it."""
    workers, image_size = scene.whole(WORKERS), scene.whole(IMAGE_SIZES)
    there = _free(SHM)
    try:
        plan = plan_batch(scene.preset, scene.ranks)
    except InputError:
        return
    if workers is None or image_size is None or plan is None or there is None:
        return
    rule = rule_of(scene)
    batches = workers * PREFETCHED[rule] * plan.world_size
    needed = batches * plan.batch_per_rank * image_size**2 * CHANNELS
    what = (
        f"{batches:,} batches made ready by {workers} workers"
        + (f" on each of {plan.world_size} ranks" if plan.world_size > 1 else "")
        + f": about {units.binary(needed)} of shared memory, {units.binary(there)} free in {SHM}"
    )
    if needed <= there:
        yield Finding(Level.OK, "needs.shm", what)
    else:
        remedy = "docker run --shm-size=16g (or --ipc=host), or fewer workers"
        yield Finding(Level.WARNING, "needs.shm", what, remedy)


def _judge_checkpoints(scene: Scene, runs_dir: Path) -> Iterator[Finding]:
    """Ultralytics keeps last.pt, best.pt and one of each save_period epochs."""
    period, epochs = scene.settings.get("save_period"), epochs_of(scene.preset)
    file = find_weights(scene, scene.text("model") or "")
    there = _free(runs_dir)
    is_told = isinstance(period, int) and period > 0 and epochs is not None
    if not is_told or file is None or not file.is_file() or there is None:
        return
    assert isinstance(period, int) and epochs is not None
    count = -(-epochs // period) + 2
    needed = count * size_of(file) * TRAINED_TIMES
    what = f"{count} checkpoints of about {units.binary(size_of(file) * TRAINED_TIMES)}: "
    what += f"{units.binary(needed)}, {units.binary(there)} free in {runs_dir}"
    is_enough = needed <= there
    remedy = None if is_enough else "--set args.save_period=-1, or XDG_DATA_HOME on a larger disk"
    level = Level.OK if is_enough else Level.WARNING
    yield Finding(level, "needs.checkpoints", what, remedy)


def _free(folder: Path | None) -> int | None:
    """Return what is free on the disk on which a folder lies, or would be made."""
    if folder is None:
        return None
    place = next((one for one in (folder, *folder.parents) if one.is_dir()), None)
    try:
        return None if place is None else shutil.disk_usage(place).free
    except OSError:
        return None


def _available_memory(file: Path = Path("/proc/meminfo")) -> int | None:
    """Return what the kernel could give without swapping."""
    try:
        text = file.read_text(encoding="ascii", errors="replace")
    except OSError:
        return None
    found = re.search(r"^MemAvailable:\s+(\d+) kB", text, re.MULTILINE)
    return int(found[1]) * units.KIB if found else None
