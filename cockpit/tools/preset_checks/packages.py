"""Has the training interpreter what the trainer's own list of packages asks for?"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from cockpit.launch.installing import Installer, install_command
from cockpit.launch.interpreter import ask_versions
from cockpit.tool_runs.events import Finding, Level
from cockpit.tools.preset_checks.requirements import (
    Asked,
    Wanted,
    fits,
    parse_environment,
    parse_requirements,
)
from cockpit.tools.preset_checks.scene import Scene

ENVIRONMENTS: Final = ("environment.yaml", "environment.yml")
REQUIREMENTS: Final = "requirements.txt"
TORCH: Final = ("torch", "torchvision", "torchaudio")
"""pip would replace them by another CUDA build: they are left out of what is to be typed."""
SHOWN: Final = 12


def judge_packages(scene: Scene) -> Iterator[Finding]:
    """Yield one finding for each list of packages that lies beside the code."""
    folder = scene.workdir or (scene.script.parent if scene.script else None)
    if folder is None:
        return
    markers = _markers(scene.python.version)
    asked: dict[Path, Asked] = {}
    if (folder / REQUIREMENTS).is_file():
        file = folder / REQUIREMENTS
        asked[file] = parse_requirements(file, _read, markers)
    for name in ENVIRONMENTS:
        text = _read(folder / name)
        if text is not None:
            asked[folder / name] = parse_environment(text, folder / name, markers)
    names = {name for one in asked.values() for wanted in one.wanted for name in wanted.names}
    versions = ask_versions(scene.python.path, sorted(names), scene.environ) if names else {}
    for file, one in asked.items():
        yield _judge(scene, file, one, versions)


def _judge(scene: Scene, file: Path, asked: Asked, versions: Mapping[str, str] | None) -> Finding:
    code = "packages.listed"
    if versions is None:
        return Finding(Level.NOTE, code, f"{scene.python.path} did not tell what it has installed")
    lacking = [
        (one, why)
        for one in asked.wanted
        if (why := why_lacking(one, versions, scene.python.version)) is not None
    ]
    notes = "".join(f"\n{text}" for text in asked.unread[:3])
    if not lacking:
        what = f"{file.name}: all of {len(asked.wanted)} packages are there{notes}"
        return Finding(Level.OK, code, what)
    lines = [f"{one.at}: {one}: {why}" for one, why in lacking[:SHOWN]]
    if len(lacking) > SHOWN:
        lines.append(f"and {len(lacking) - SHOWN} more")
    count = f"{len(lacking)} of {len(asked.wanted)}"
    what = f"{file}: packages that are missing or of another version: {count}"
    return Finding(Level.WARNING, code, "\n".join([what, *lines]) + notes, _remedy(scene, lacking))


def why_lacking(wanted: Wanted, versions: Mapping[str, str], python: str) -> str | None:
    """Say in what an interpreter falls short of one line, or return None."""
    if wanted.name == "python":
        return None if fits(wanted, python) is not False else f"this is Python {python}"
    found = next(((name, versions[name]) for name in wanted.names if name in versions), None)
    if found is None:
        if wanted.is_conda or wanted.name.replace("-", "_") in sys.stdlib_module_names:
            return None  # no package of pip: a library of conda's, or a module of Python itself
        return "missing"
    name, version = found
    if fits(wanted, version) is not False:
        return None
    return f"{version} is installed" + (f" ({name})" if name != wanted.name else "")


def _remedy(scene: Scene, lacking: Sequence[tuple[Wanted, str]]) -> str | None:
    torch = scene.python.torch
    words = [str(one) for one, _ in lacking if one.name != "python"]
    if torch is not None:
        words = [str(one) for one, _ in lacking if one.name not in (*TORCH, "python")]
    if not words:
        return None
    return install_command(scene.python.path, words, torch, Installer.PIP)


def _markers(version: str) -> dict[str, str]:
    """Return the markers of the training interpreter: this machine, its version of Python."""
    from packaging.markers import default_environment

    own = {name: str(value) for name, value in default_environment().items()}
    short = ".".join(version.split(".")[:2])
    return own | {"python_version": short, "python_full_version": version, "extra": ""}


def _read(file: Path) -> str | None:
    try:
        return file.read_text(encoding="utf-8-sig", errors="replace")
    except OSError:
        return None
