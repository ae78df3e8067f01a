"""Do the libraries come from the environment that they seem to come from?"""

from __future__ import annotations

import importlib.util
import os
import site
import sys
from pathlib import Path
from typing import Mapping, NamedTuple

from diagnostics.emit import NOTE, OK, WARNING, Finding

LIBRARIES = ("torch", "torchvision", "numpy", "ultralytics")
CUDA_LIBRARIES = ("libcudart.so*", "libcudnn*.so*", "libnccl.so*", "libcublas.so*")


class Places(NamedTuple):
    """Where Python and its libraries are."""

    prefix: str
    venv: str | None = None
    """VIRTUAL_ENV"""
    conda: str | None = None
    """CONDA_PREFIX"""
    python_path: tuple[str, ...] = ()
    """PYTHONPATH"""
    user_site: str | None = None
    """Where `pip install --user` puts things; None where this Python does not look there."""
    found: Mapping[str, str] = {}
    """Folder of each library that would be imported."""
    cuda_libraries: tuple[str, ...] = ()
    """CUDA libraries on LD_LIBRARY_PATH."""


def read_places(environ: Mapping[str, str]) -> Places:
    """Return where everything is; nothing is imported."""
    return Places(
        sys.prefix,
        environ.get("VIRTUAL_ENV"),
        environ.get("CONDA_PREFIX"),
        tuple(filter(None, environ.get("PYTHONPATH", "").split(os.pathsep))),
        site.getusersitepackages() if site.ENABLE_USER_SITE else None,
        {name: place for name in LIBRARIES for place in [_find(name)] if place},
        _find_cuda_libraries(environ.get("LD_LIBRARY_PATH", "")),
    )


def judge_places(places: Places) -> list[Finding]:
    """Say what is mixed: two environments, libraries from elsewhere, CUDA of somebody else's."""
    return [judge_environment(places), *judge_strangers(places), *judge_cuda_path(places)]


def judge_environment(places: Places) -> Finding:
    """Say which environment this Python is of, and whether another one is active."""
    code, prefix = "python.environment", places.prefix
    active = [place for place in (places.venv, places.conda) if place]
    if len(active) == 2 and not _is_same(*active):
        what = f"a venv ({places.venv}) and conda ({places.conda}) are active at once"
        what += f"; this Python is of {prefix}"
        remedy = "conda deactivate, or deactivate: what `pip` and `python` mean depends on PATH"
        return Finding(NOTE, code, what, remedy)
    if active and not _is_same(active[0], prefix):
        what = f"this Python is of {prefix}, but {active[0]} is active"
        return Finding(NOTE, code, what, "cockpit check --python auto")
    return Finding(OK, code, f"Python environment {prefix}")


def judge_strangers(places: Places) -> list[Finding]:
    """Say which libraries are not those of the environment, because another folder comes first."""
    roots = [(folder, "PYTHONPATH") for folder in places.python_path]
    if places.user_site:
        roots.append((places.user_site, "the user's own site-packages"))
    lines = []
    for name, place in places.found.items():
        for root, why in roots:
            if _is_within(place, root) and not _is_within(root, places.prefix):
                lines.append(f"{name} comes from {place} ({why}), not from {places.prefix}")
                break
    if not lines:
        return []
    remedy = "unset PYTHONPATH; PYTHONNOUSERSITE=1 leaves out ~/.local"
    return [Finding(WARNING, "python.strangers", "\n".join(lines), remedy)]


def judge_cuda_path(places: Places) -> list[Finding]:
    """Say which CUDA libraries torch would be given instead of its own."""
    if not places.cuda_libraries or "torch" not in places.found:
        return []
    shown = ", ".join(places.cuda_libraries[:3])
    more = len(places.cuda_libraries) - 3
    what = f"LD_LIBRARY_PATH holds {shown}" + (f" and {more} more" if more > 0 else "")
    what += ": torch may load them instead of those that it was built with"
    return [Finding(NOTE, "python.cuda-path", what, "unset LD_LIBRARY_PATH")]


def _find(name: str) -> str | None:
    try:
        spec = importlib.util.find_spec(name)
    except (ImportError, ValueError, AttributeError):
        return None
    if spec is None:
        return None
    places = list(spec.submodule_search_locations or [])
    return places[0] if places else spec.origin


def _find_cuda_libraries(path: str) -> tuple[str, ...]:
    found = []
    for folder in filter(None, path.split(os.pathsep)):
        for pattern in CUDA_LIBRARIES:
            found += sorted(map(str, Path(folder).glob(pattern)))[:1]
    return tuple(found)


def _is_same(one: str, other: str) -> bool:
    return os.path.realpath(one) == os.path.realpath(other)


def _is_within(place: str, folder: str) -> bool:
    inner, outer = os.path.realpath(place), os.path.realpath(folder)
    return inner == outer or inner.startswith(outer.rstrip(os.sep) + os.sep)
