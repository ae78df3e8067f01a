"""Runs, folders, results files and archives beside each other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from cockpit.analysis.comparison.comparing import Comparison, compare, require_shared
from cockpit.analysis.comparison.names import same_metrics
from cockpit.analysis.comparison.subject import Subject
from cockpit.analysis.comparison.words import writable
from cockpit.errors import InputError
from cockpit.metrics.log_lines import strip_codes
from cockpit.runs.phase import Phase
from cockpit.views.opened import open_run
from cockpit.views.price import read_price
from cockpit.views.run_view import RunView


def compare_runs(
    texts: Sequence[str], *, keys: Sequence[str] = (), target: tuple[str, float] | None = None
) -> Comparison:
    """Return the comparison of what the texts name: runs or paths, the first against the others.

    Raises InputError for fewer than two, one named twice, or nothing in common.
    """
    if len(texts) < 2:
        raise InputError("a comparison needs two runs", "cockpit compare A B")
    views = [open_run(text) for text in texts]
    return compare_views(views, texts, keys=keys, target=target)


def compare_views(
    views: Sequence[RunView],
    texts: Sequence[str],
    *,
    keys: Sequence[str] = (),
    target: tuple[str, float] | None = None,
) -> Comparison:
    """Return the comparison of runs that were read; `texts` is how they were named."""
    places = [_place(view) for view in views]
    for number, place in enumerate(places):
        if place in places[:number]:
            same = texts[places.index(place)]
            what = texts[number] if same == texts[number] else f"{same} and {texts[number]}"
            raise InputError(f"{what} is the same run twice", "name two runs")
    labels = labels_of(views)
    subjects = [subject_of(view, label) for view, label in zip(views, labels, strict=True)]
    return compare(subjects, keys=keys, target=target, price=read_price())


def refuse_unlike(views: Sequence[RunView]) -> None:
    """Raise InputError where runs of which something is known already have nothing in common."""
    tables = [view.metrics for view in views]
    if len(views) < 2 or not all(same_metrics([table]) for table in tables):
        return  # not read yet
    pairs = zip(views, labels_of(views), strict=True)
    require_shared([subject_of(view, label) for view, label in pairs], same_metrics(tables))


def subject_of(view: RunView, label: str) -> Subject:
    """Return what is compared of a run."""
    energies = [one.energy_j for one in view.gpu_figures]
    peaks = [one.peak_memory_bytes for one in view.gpu_figures]
    is_ours = bool(view.asked.argv)
    return Subject(
        label=label,
        source=writable(str(view.opened.path) if view.opened else view.run_id),
        table=view.metrics,
        settings=settings_of(view),
        headline=view.headline,
        state="" if view.phase is Phase.OPENED else view.phase,
        is_over=view.phase.is_over or view.phase is Phase.OPENED,
        is_simulated=view.is_simulated,
        epochs=view.epochs,
        duration_s=view.duration_s,
        samples_per_s=view.samples_per_s,
        gpu_count=len(view.gpus) if view.gpus or is_ours else None,
        gpu_names=tuple(figures.name for figures in view.gpu_figures) or view.asked.gpu_names,
        energy_j=sum(filter(None, energies)) if energies and None not in energies else None,
        peak_memory_bytes=max((peak for peak in peaks if peak is not None), default=None),
    )


def settings_of(view: RunView) -> Mapping[str, str]:
    """Return what a run was started with: the trainer's settings, and what it ran on."""
    found = dict(view.settings)
    asked = view.asked
    if view.preset:
        found["preset"] = view.preset
    if asked.argv:
        found["world_size"] = str(asked.world_size)
        found["GPUs"] = _counted(asked.gpu_names) or "none"
    told = {
        "global_batch": asked.global_batch,
        "torch": asked.torch,
        "python": asked.python_version or None,
        "git commit": _commit(view),
    }
    found |= {name: str(value) for name, value in told.items() if value is not None}
    own = str(view.directory)
    return {_told(key): _told(one.replace(own, "{run}")) for key, one in found.items()}


def labels_of(views: Sequence[RunView]) -> tuple[str, ...]:
    """Return what to call each run: its name, with more of where it lies until all differ."""
    names = [tuple(map(_told, _names(view))) for view in views]
    for level in range(3):
        labels = [one[level] for one in names]
        if len(set(labels)) == len(labels):
            return tuple(labels)
    return tuple(f"{one[0]} ({number})" for number, one in enumerate(names, start=1))


def _told(text: str) -> str:
    return writable(strip_codes(text))


def _names(view: RunView) -> tuple[str, str, str]:
    if view.opened is None:
        return view.name, view.run_id, view.run_id
    path = view.opened.path
    return view.name, "/".join(path.parts[-2:]), str(path)


def _place(view: RunView) -> tuple[Path, Path | None]:
    """Return what is the same for one run named in two ways."""
    results = view.results.resolve() if view.results else None
    return (view.directory.resolve(), None) if results is None else (results, None)


def _counted(names: Sequence[str]) -> str:
    return ", ".join(f"{count}x {name}" for name, count in Counter(names).items())


def _commit(view: RunView) -> str | None:
    git = view.asked.git
    if git is None:
        return None
    count = git.changed_files
    changes = f" + {count} changed file{'' if count == 1 else 's'}" if count else ""
    return f"{git.commit[:12]}{changes}"
