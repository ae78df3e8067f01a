"""The data of a preset: found, counted, and every label looked at."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cockpit.data_sets.description import Description, parse_description
from cockpit.data_sets.image_header import read_image_size
from cockpit.data_sets.images import find_images
from cockpit.data_sets.labels import Format, Task
from cockpit.data_sets.places import Base, Rule, find_splits, root_of
from cockpit.data_sets.scan import scan_split
from cockpit.data_sets.ultralytics import read_settings, task_in_name
from cockpit.errors import InputError, nearest
from cockpit.files import open_regular
from cockpit.launch.derived import changed_copy
from cockpit.presets.model import LaunchKind
from cockpit.tool_runs.events import Finding, Level
from cockpit.tools.preset_checks.scan_findings import judge_scans
from cockpit.tools.preset_checks.scene import Scene

YAML: Final = (".yaml", ".yml")
FILES: Final = ("data", "data-yaml", "data_yaml", "dataset", "data-config", "data_config")
"""Arguments that name a description of the data."""
FOLDERS: Final = (
    *("dataset-dir", "dataset_dir", "data-dir", "data_dir", "data-root", "data_root"),
    *("data-path", "data_path", "dataset-path", "image-dir", "image_dir", "img-dir"),
    *("train-dir", "train_dir", "data", "dataset"),
)
"""Arguments that name a folder of data; of a dotted one the last part counts."""
NAME_LISTS: Final = ("trainval.txt", "train.txt")
"""In a folder of data: the names of the images to train on, one a line, without their ending."""
SCANNED: Final = {"train": 20.0, "val": 10.0}
"""The splits that are looked at, and for how many seconds at most."""
SAMPLES: Final = 30
"""So many images tell the size of all, as Ultralytics does before it caches them."""


@dataclass(slots=True)
class DataSeen:
    """What later checks need to know of the data; None where that was not seen."""

    train_images: int | None = None
    is_whole: bool = True
    sizes: tuple[tuple[int, int], ...] = ()
    """(width, height) of some images to train on."""
    folder: Path | None = None
    """Where they lie."""


def judge_data(scene: Scene, seen: DataSeen) -> Iterator[Finding]:
    """Yield what is found about the data; what others need to know goes into `seen`."""
    found = find_description(scene)
    if isinstance(found, Finding):
        yield found
        return
    if found is not None:
        yield from _judge_description(scene, found, seen)
        return
    folder = find_folder(scene)
    if folder is None:
        what = f"{scene.preset.name} names no folder or list of images: its data is not counted"
        yield Finding(Level.NOTE, "data.none", what)
    else:
        config = scene.preset.config
        table = "config.set" if config and folder[0] in config.set else "args"
        if scene.is_ultralytics and not folder[1].exists():
            what = f"{folder[0]}: {scene.text(folder[0])} is not here; Ultralytics fetches those of"
            remedy = "the internet must be reachable, or correct the name"
            yield Finding(Level.NOTE, "data.file", f"{what} its own that it knows", remedy)
            return
        yield from _judge_folder(f"{table}.{folder[0]}", folder[1], seen)


def find_description(scene: Scene) -> Description | Finding | None:
    """Return the data.yaml of a preset, a finding where it cannot be read; None without one."""
    derived = scene.preset.data
    if derived is not None:
        name, argument = derived.file, "data.file"
    else:
        named = {key: scene.text(key) for key in FILES}
        argument, name = next(
            ((key, text) for key, text in named.items() if text and text.endswith(YAML)), ("", "")
        )
    if not name.endswith(YAML):
        return None
    file = scene.path(name)
    if file is None:
        what = f"{argument}: {name} is relative, and the job runs in a folder of its own"
        remedy = f"{{preset_dir}}/{name}, or workdir under [launch]"
        return Finding(Level.WARNING, "data.file", what, remedy)
    try:
        with open_regular(file) as opened:
            text = opened.read().decode("utf-8-sig")
        described = parse_description(changed_copy(text, derived) if derived else text, file)
    except FileNotFoundError:
        return _no_file(scene, file, name, argument)
    except OSError as error:
        return Finding(Level.PROBLEM, "data.file", f"{file} cannot be read: {error.strerror}")
    except (ValueError, RecursionError) as error:
        return Finding(Level.PROBLEM, "data.file", f"{file} cannot be understood: {error}")
    except InputError as error:
        return Finding(Level.PROBLEM, "data.file", error.problem, error.remedy or None)
    return described


def find_folder(scene: Scene) -> tuple[str, Path] | None:
    """Return the argument that names a folder of data, and the folder; it need not be there."""
    by_end = {name.rpartition(".")[2]: name for name in scene.settings}
    for end in FOLDERS:
        text = scene.text(by_end.get(end, ""))
        path = scene.path(text) if text else None
        if text is None or path is None or "://" in text:
            continue
        datasets_dir = read_settings(scene.environ, scene.home).get("datasets_dir")
        if scene.is_ultralytics and not path.exists() and datasets_dir is not None:
            path = datasets_dir / text
        return by_end[end], path
    return None


def format_of(scene: Scene, description: Description) -> Format:
    """Return what the labels must look like for this model."""
    words = [*scene.preset.launch.positional, scene.text("task"), task_in_name(_model(scene))]
    task = next((word for word in words if word in tuple(Task)), Task.DETECT)
    single = scene.settings.get("single_cls") is True or scene.settings.get("single-cls") is True
    return Format(
        Task(str(task)),
        None if single else description.class_count,
        tolerance=0.01 if rule_of(scene) is Rule.ULTRALYTICS else 0.0,
        keypoints=description.keypoints,
    )


def rule_of(scene: Scene) -> Rule:
    """Return how the trainer understands relative paths."""
    launch = scene.preset.launch
    uses = launch.kind is LaunchKind.ULTRALYTICS or "ultralytics" in launch.modules
    return Rule.ULTRALYTICS if uses else Rule.WORKDIR


def _model(scene: Scene) -> str:
    return scene.text("model") or scene.text("weights") or ""


def _no_file(scene: Scene, file: Path, name: str, argument: str) -> Finding:
    shipped = scene.in_python(f"ultralytics/cfg/datasets/{name}") if "/" not in name else None
    if shipped is not None and scene.preset.data is None:
        what = f"{name} is one of Ultralytics' own data sets: where it is not there, it is fetched"
        return Finding(Level.NOTE, "data.file", what, "the internet must be reachable")
    beside = [path.name for path in file.parent.glob("*.y*ml")] if file.parent.is_dir() else []
    what = f"{argument}: {file} does not exist{nearest(file.name, beside)}"
    return Finding(Level.PROBLEM, "data.file", what, f"cockpit run {scene.preset.name} --prepare")


def _judge_description(scene: Scene, description: Description, seen: DataSeen) -> Iterator[Finding]:
    for fault in description.faults:
        yield Finding(Level.PROBLEM, f"data.{fault.code}", fault.what, f"edit {description.file}")
    base = _base(scene, description)
    if base is None:
        what = (
            f"{description.file} has no path: the run gets a copy of it in a folder of its own, "
            "and relative folders would be looked for there"
        )
        remedy = f"--set data.set.path={description.file.parent}, with path: . in the file"
        yield Finding(Level.PROBLEM, "data.paths", what, remedy)
        return
    splits = find_splits(description, base)
    missing = {name: [p for p in places if not p.exists()] for name, places in splits.items()}
    yield from _judge_places(description, missing, base)
    form = format_of(scene, description)
    scans = [
        scan_split(
            name,
            splits[name],
            form,
            limit_s=limit_s,
            first=scene.preset.metrics.reader.startswith("yolov7"),
        )
        for name, limit_s in SCANNED.items()
        if name in splits and len(missing[name]) < len(splits[name])
    ]
    for scan in scans:
        if scan.name == "train":
            _note(seen, scan.images.files, is_whole=scan.images.is_whole)
    yield from judge_scans(description, form, scans)


def _base(scene: Scene, description: Description) -> Base | None:
    """Return what paths start from; None where that would be the folder of a copy."""
    rule = rule_of(scene)
    datasets_dir = read_settings(scene.environ, scene.home).get("datasets_dir")
    places = [place for split in description.splits.values() for place in split]
    is_relative = not all(Path(place).is_absolute() for place in places)
    if scene.preset.data and rule is Rule.ULTRALYTICS and not description.root and is_relative:
        return None
    workdir = scene.workdir or description.file.parent
    return Base(rule, workdir, description.file.parent, datasets_dir)


def _judge_places(
    description: Description, missing: Mapping[str, Sequence[Path]], base: Base
) -> Iterator[Finding]:
    for name, places in missing.items():
        for place in places:
            what = f"{description.at(name)}: {name}: {place} does not exist"
            if name == "test":
                yield Finding(Level.NOTE, "data.paths", f"{what}; training does without it")
            elif description.downloads and base.rule is Rule.ULTRALYTICS:
                what += ": Ultralytics will fetch the data set as the file says"
                yield Finding(Level.NOTE, "data.paths", what, "the internet must be reachable")
            else:
                root = root_of(description, base)
                state = "" if root.exists() else " (which does not exist)"
                remedy = f"it was looked for below {root}{state}: correct path, or fetch the data"
                yield Finding(Level.PROBLEM, "data.paths", what, remedy)


def _judge_folder(argument: str, folder: Path, seen: DataSeen) -> Iterator[Finding]:
    if not folder.is_dir():
        remedy = f"fetch the data, or --set {argument}=/path/to/it"
        what = f"{argument}: {folder} does not exist"
        yield Finding(Level.PROBLEM, "data.folder", what, remedy)
        return
    images = find_images([folder])
    least = "" if images.is_whole else "at least "
    if not images.files:
        yield Finding(Level.WARNING, "data.images", f"{argument}: {folder} holds no images")
        return
    what = f"{argument}: {least}{len(images.files):,} images in {folder}"
    yield Finding(Level.OK, "data.images", what)
    if images.dangling:
        what = (
            f"links to images that point nowhere: {len(images.dangling):,}, as {images.dangling[0]}"
        )
        yield Finding(Level.WARNING, "data.links", what)
    for name in NAME_LISTS:
        if (folder / name).is_file():
            yield from _judge_names(folder / name, images.files, seen)
            return
    training = [path for path in images.files if "/train/" in path or "/train2017/" in path]
    _note(seen, training or images.files, is_whole=images.is_whole)


def _judge_names(file: Path, images: Sequence[str], seen: DataSeen) -> Iterator[Finding]:
    """Compare a list of names with the images that are there."""
    try:
        with open_regular(file) as opened:
            text = opened.read().decode("utf-8-sig", "replace")
    except OSError as error:
        yield Finding(Level.PROBLEM, "data.names-list", f"{file}: {error.strerror}")
        return
    by_stem = {os.path.basename(path).rpartition(".")[0]: path for path in images}  # noqa: PTH119
    lines = [(number, line.strip()) for number, line in enumerate(text.splitlines(), start=1)]
    named = [(number, Path(name).name) for number, name in lines if name]
    stems = [(n, name if name in by_stem else name.rpartition(".")[0]) for n, name in named]
    gone = [
        (n, name) for (n, stem), (_, name) in zip(stems, named, strict=True) if stem not in by_stem
    ]
    _note(seen, [by_stem[stem] for _, stem in stems if stem in by_stem], is_whole=True)
    what = f"{file}: {len(named):,} names"
    if gone:
        first = "\n".join(f"{file}:{number} {name}" for number, name in gone[:3])
        what += f", {len(gone):,} of them without an image, first:\n{first}"
        yield Finding(Level.PROBLEM, "data.names-list", what, f"fetch the images, or edit {file}")
    else:
        yield Finding(Level.OK, "data.names-list", f"{what}, each with its image")


def _note(seen: DataSeen, files: Sequence[str], *, is_whole: bool) -> None:
    seen.train_images, seen.is_whole = len(files), is_whole
    if files:
        seen.folder = Path(files[0]).parent
        step = max(1, len(files) // SAMPLES)
        sizes = (read_image_size(file) for file in files[::step][:SAMPLES])
        seen.sizes = tuple(size for size in sizes if size is not None)
