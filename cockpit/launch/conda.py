"""Where conda keeps its environments, read from its files; conda itself is not started."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from cockpit.errors import InputError, nearest

BASE: Final = "base"
USUAL_ROOTS: Final = ("miniconda3", "anaconda3", "miniforge3", "mambaforge", "micromamba")


def find_environment(name: str, environ: Mapping[str, str]) -> Path:
    """Return the folder of the conda environment `name`; raises InputError with the nearest."""
    known = find_environments(environ)
    if name in known:
        return known[name]
    problem = f"there is no conda environment {name}{nearest(name, known)}"
    remedy = f"--python conda:NAME, one of {', '.join(known)}" if known else "conda env list"
    raise InputError(problem, remedy)


def find_environments(environ: Mapping[str, str]) -> dict[str, Path]:
    """Return every conda environment that can be found, by name; the nearest root wins."""
    found: dict[str, Path] = {}
    for folder, name in _candidates(environ):
        if name not in found and (folder / "conda-meta").is_dir():
            found[name] = folder
    return found


def home(environ: Mapping[str, str]) -> Path:
    """Return the user's home."""
    return Path(environ["HOME"]) if environ.get("HOME") else Path.home()


def _candidates(environ: Mapping[str, str]) -> Iterator[tuple[Path, str]]:
    for root in _roots(environ):
        yield root, BASE
        envs = root / "envs"
        if envs.is_dir():
            yield from ((folder, folder.name) for folder in sorted(envs.iterdir()))
    for folder in _listed(home(environ) / ".conda" / "environments.txt"):
        yield folder, folder.name
    own = home(environ) / ".conda" / "envs"
    if own.is_dir():
        yield from ((folder, folder.name) for folder in sorted(own.iterdir()))


def _roots(environ: Mapping[str, str]) -> Iterator[Path]:
    prefix = environ.get("CONDA_PREFIX")
    if prefix:
        active = Path(prefix)
        yield active.parent.parent if active.parent.name == "envs" else active
    executable = environ.get("CONDA_EXE")
    if executable:
        yield Path(executable).parent.parent
    for name in USUAL_ROOTS:
        yield home(environ) / name


def _listed(file: Path) -> list[Path]:
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError):
        return []
    return [Path(line.strip()) for line in lines if line.strip()]
