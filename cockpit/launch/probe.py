"""What a foreign interpreter is asked, and what it answers. Nothing is imported there."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from cockpit.launch.installing import Installer
from cockpit.launch.torchrun import NEWER_FLAGS

DISTRIBUTIONS: Final = ("torch_xla", "torch_tpu", "libtpu")
"""Asked for by the name that pip knows: the module torch_tpu is also that of another project."""
NO_CUDA: Final = "none"
"""What `cuda` is for a torch that was built for the CPU alone."""

# Runs in the foreign interpreter, also in one that is too old: it must parse on any Python 3.
# An empty entry of sys.path is the current folder and is left out.
PROBE: Final = """
import importlib.util, json, os, re, sys
asked = json.loads(sys.argv[1])
sys.path = [entry for entry in sys.path if entry]
def is_there(name):
    try:
        spec = importlib.util.find_spec(name.split(".")[0])
    except (ImportError, ValueError, AttributeError):
        return False
    return spec is not None and (spec.origin is not None or "." in name)
def version(name):
    try:
        from importlib import metadata
        return metadata.version(name)
    except Exception:  # metadata of any age, cut or foreign: it raises whatever it likes
        return None
def text_of(*parts):
    try:
        folder = os.path.dirname(importlib.util.find_spec("torch").origin)
        with open(os.path.join(folder, *parts), encoding="utf-8", errors="replace") as file:
            return file.read()
    except (AttributeError, ImportError, OSError, TypeError, ValueError):  # no such file
        return ""
def written(name, text):
    found = re.search("^" + name + " *(?::[^=]*)?= *(None|'[^']*'|\\"[^\\"]*\\")", text, re.M)
    return found and found.group(1).strip("'\\"")
def cuda(text):
    builds = [(name, written(name, text)) for name in ("cuda", "hip")]
    for name, build in builds:
        if build and build != "None":
            return build if name == "cuda" else "ROCm " + build
    return "none" if builds[0][1] else None
def knows(flag, text):
    names = (flag, "--" + flag[2:].replace("-", "_"))
    return any(quote + name + quote in text for name in names for quote in "'\\"")
def installer():
    from sysconfig import get_path
    managed = os.path.exists(os.path.join(get_path("stdlib"), "EXTERNALLY-MANAGED"))
    if managed and sys.prefix == sys.base_prefix:
        return "venv"
    return "pip" if is_there("pip") else "none"
has_torch = is_there("torch")
about, launcher = text_of("version.py"), text_of("distributed", "run.py")
print("\\n" + json.dumps({
    "executable": sys.executable,
    "installer": installer(),
    "version": list(sys.version_info[:3]),
    "torch": (version("torch") or written("__version__", about)) if has_torch else None,
    "cuda": cuda(about) if has_torch else None,
    "flags": [flag for flag in asked["flags"] if knows(flag, launcher)],
    "distributions": {name: version(name) for name in asked["distributions"]},
    "missing": [name for name in asked["modules"] if not is_there(name)],
}))
"""


@dataclass(frozen=True, slots=True)
class Answer:
    """What an interpreter says of itself."""

    executable: Path
    """Where it really lies: a pyenv shim decides anew in every folder."""
    installer: Installer
    version: tuple[int, ...]
    torch: str | None
    missing: tuple[str, ...]
    cuda: str | None = None
    """`12.8`, `ROCm 6.4`, NO_CUDA; None where torch does not say."""
    flags: tuple[str, ...] = ()
    """Which of torchrun's NEWER_FLAGS its torch knows."""
    distributions: Mapping[str, str] = field(default_factory=dict)
    """Which of those asked for it has, and in which version."""


def question(modules: Sequence[str], distributions: Sequence[str] = DISTRIBUTIONS) -> str:
    """Return the argument of PROBE."""
    asked = {
        "modules": list(modules),
        "flags": NEWER_FLAGS,
        "distributions": list(distributions),
    }
    return json.dumps(asked)


def parse_answer(output: str) -> Answer | None:
    """Return the answer in what an interpreter printed, or None where there is none.

    Whatever its start or its end prints around the answer does not matter.
    """
    for line in reversed(output.splitlines()):
        if (answer := _parse_line(line)) is not None:
            return answer
    return None


def _parse_line(line: str) -> Answer | None:
    try:
        value = json.loads(line)
        listed = value.get("distributions", {}).items()
        return Answer(
            executable=Path(value["executable"]),
            installer=Installer(value["installer"]),
            version=tuple(int(part) for part in value["version"]),
            torch=_text(value["torch"]),
            missing=tuple(str(name) for name in value["missing"]),
            cuda=_text(value.get("cuda")),
            flags=tuple(str(flag) for flag in value.get("flags", ())),
            distributions={str(name): str(text) for name, text in listed if text is not None},
        )
    except (ValueError, TypeError, KeyError, AttributeError):
        return None


def _text(value: object) -> str | None:
    return None if value is None else str(value)
