"""What a trainer's requirements.txt or environment.yaml asks for, line by line. Pure."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from packaging.markers import UndefinedEnvironmentName
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion

DEEPEST: Final = 8
"""Files that include each other are followed so far."""
CONDA_NAMES: Final = {"pytorch": "torch", "opencv": "opencv-python", "py-opencv": "opencv-python"}
"""Packages that pip knows by another name."""
TWINS: Final = {
    "opencv-python": ("opencv-python-headless", "opencv-contrib-python"),
    "opencv-python-headless": ("opencv-python", "opencv-contrib-python-headless"),
    "tensorflow": ("tensorflow-cpu",),
    "psycopg2": ("psycopg2-binary",),
    "pynvml": ("nvidia-ml-py",),
}
"""Distributions that hold the same modules: one of them is enough."""
_ADDRESS: Final = re.compile(r"(git\+|https?://|file:|\.{0,2}/)|.*\.(whl|zip|tar\.gz)$")
_EGG: Final = re.compile(r"[#&]egg=([\w.-]+)")
_COMMENT: Final = re.compile(r"(^|\s)#.*$")
_CONDA: Final = re.compile(r"(?:[\w.-]+::)?([\w.-]+)\s*(.*)")


@dataclass(frozen=True, slots=True)
class Wanted:
    """One package that a file asks for."""

    at: str
    """`requirements.txt:3`"""
    name: str
    """As pip compares names."""
    spec: str
    """`>=1.20,<2`; empty for any version."""
    is_conda: bool = False
    """It may be something that pip does not know: a compiler, a library."""

    @property
    def names(self) -> tuple[str, ...]:
        """Every distribution that would do."""
        return (self.name, *TWINS.get(self.name, ()))

    def __str__(self) -> str:
        return f"{self.name}{self.spec}"


@dataclass(frozen=True, slots=True)
class Asked:
    """What was read from a file."""

    wanted: tuple[Wanted, ...]
    unread: tuple[str, ...] = ()
    """Lines that cannot be compared, each with where and why."""


ReadText = Callable[[Path], str | None]


def parse_requirements(
    file: Path, read: ReadText, environment: Mapping[str, str], depth: int = 0
) -> Asked:
    """Return what a requirements.txt asks for, and the files that it includes.

    `environment` are the markers of the interpreter: python_version and its like.
    """
    wanted: list[Wanted] = []
    unread: list[str] = []
    text = read(file)
    if text is None:
        return Asked((), (f"{file} cannot be read",))
    for number, line in _lines(text):
        at = f"{file.name}:{number}"
        if line.startswith(("-r", "--requirement")):
            name = line.split(None, 1)[-1] if " " in line else line[2:]
            inner = file.parent / name.partition("=")[2] if "=" in name else file.parent / name
            if depth < DEEPEST:
                asked = parse_requirements(inner, read, environment, depth + 1)
                wanted += asked.wanted
                unread += asked.unread
            continue
        found = _parse_line(line, at, environment)
        if isinstance(found, Wanted):
            wanted.append(found)
        elif found:
            unread.append(found)
    return Asked(tuple(wanted), tuple(unread))


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Yield lines without comments; one that ends with a backslash goes on."""
    start, held = 0, ""
    for number, line in enumerate(text.splitlines(), start=1):
        start = start if held else number
        if line.rstrip().endswith("\\"):
            held += line.rstrip()[:-1] + " "
            continue
        whole = _COMMENT.sub("", held + line).strip()
        held = ""
        if whole:
            yield start, whole


def _parse_line(line: str, at: str, environment: Mapping[str, str]) -> Wanted | str | None:
    """Return a package, why a line cannot be compared, or None for one that asks for nothing."""
    editable = line.startswith(("-e", "--editable"))
    if line.startswith("-") and not editable:
        return None  # an option of pip: --index-url, --no-binary, -c
    text = line.split(None, 1)[-1] if editable else line.split(" --hash", maxsplit=1)[0].strip()
    if egg := _EGG.search(text):
        return Wanted(at, canonicalize_name(egg[1]), "")
    if editable or _ADDRESS.match(text):
        return f"{at}: {text} is an address, its version is not compared"
    try:
        requirement = Requirement(text)
        if requirement.marker and not requirement.marker.evaluate(dict(environment)):
            return None
    except (InvalidRequirement, UndefinedEnvironmentName) as error:
        return f"{at}: {text} cannot be understood: {str(error).splitlines()[0]}"
    name = canonicalize_name(requirement.name)
    return Wanted(at, name, "" if requirement.url else str(requirement.specifier))


def parse_environment(text: str, file: Path, environment: Mapping[str, str]) -> Asked:
    """Return what a conda environment.yaml asks for; its own libraries are left out later."""
    import yaml

    try:
        document = yaml.safe_load(text)
    except yaml.YAMLError as error:
        return Asked((), (f"{file}: {' '.join(str(error).split())}",))
    listed = document.get("dependencies") if isinstance(document, dict) else None
    wanted: list[Wanted] = []
    unread: list[str] = []
    for item in listed if isinstance(listed, list) else []:
        inner = item.get("pip") if isinstance(item, dict) else None
        for line in [*inner] if isinstance(inner, list) else []:
            found = _parse_line(str(line), _at(text, str(line), file), environment)
            if isinstance(found, Wanted):
                wanted.append(found)
            elif found:
                unread.append(found)
        if isinstance(item, str) and (one := _parse_conda(item, _at(text, item, file))):
            wanted.append(one)
    return Asked(tuple(wanted), tuple(unread))


def _at(text: str, item: str, file: Path) -> str:
    lines = text.splitlines()
    number = next((n for n, line in enumerate(lines, start=1) if item in line), None)
    return f"{file.name}:{number}" if number else file.name


def _parse_conda(item: str, at: str) -> Wanted | None:
    """Return a package of conda: `numpy=1.20` means 1.20.*, a third part is its build."""
    match = _CONDA.fullmatch(item.strip())
    if match is None:
        return None
    name, rest = match[1].lower(), match[2].strip()
    if rest.startswith("=") and not rest.startswith("=="):
        version, _, build = rest[1:].partition("=")
        rest = f"=={version}" if build else f"=={version.removesuffix('.*').removesuffix('*')}.*"
        rest = "" if not version or version == "*" else rest
    else:
        rest = rest.partition(" ")[0] if "," not in rest else rest.replace(" ", "")
    return Wanted(at, canonicalize_name(CONDA_NAMES.get(name, name)), rest, is_conda=True)


def fits(wanted: Wanted, version: str) -> bool | None:
    """Say whether an installed version is one that was asked for; None where it cannot be told."""
    if not wanted.spec:
        return True
    try:
        specifier = Requirement(f"{wanted.name}{wanted.spec}").specifier
        return specifier.contains(version, prereleases=True)
    except (InvalidRequirement, InvalidVersion):
        return None


def as_word(wanted: Wanted) -> str:
    """Return what is typed behind `pip install`."""
    return shlex.quote(str(wanted))
