"""What in a training script and beside it is too old for the libraries that are installed."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Iterator, NamedTuple

from diagnostics.checks.cuda import parse_version
from diagnostics.checks.libraries import FORCE, SAFE_LOAD
from diagnostics.emit import NOTE, OK, PROBLEM, WARNING, Finding

MOST_FILES = 400
LARGEST_BYTES = 1 << 20
DEEPEST = 3
PASSED_OVER = frozenset({"site-packages", "__pycache__", "node_modules", "venv", "env", "build"})
SHOWN = 3

GONE_124 = re.compile(r"\b(?:np|numpy)\.(?:int|float|complex|object|str)\b(?!\s*=[^=])")
"""Removed in numpy 1.24; int64, float32 and int_ are other names."""
GONE_200 = re.compile(
    r"\b(?:np|numpy)\.(?:Inf|Infinity|NaN|infty|float_|complex_|unicode_|string_|product|"
    r"cumproduct|alltrue|sometrue|asfarray)\b"
)
"""Removed in numpy 2.0."""
LOAD = re.compile(r"\btorch\.load\(")
OLD_OPTION = re.compile(r"""["']--local_rank["']""")
NEW_OPTION = re.compile(r"""["']--local-rank["']""")
ENVIRONMENT = re.compile(r"""["']LOCAL_RANK["']""")


class Line(NamedTuple):
    """One line of a source file."""

    place: str
    """`utils/datasets.py:412`."""
    text: str
    following: str
    """The two lines after it: a call may go on there."""


class Source(NamedTuple):
    """A training script and the modules beside it."""

    script: str
    lines: list[Line]


def read_source(script: Path) -> Source:
    """Return the code of a script and of the modules that lie in its folder."""
    files = [script, *(file for file in find_modules(script.parent) if file != script)]
    return Source(script.name, [line for file in files for line in _lines(file, script.parent)])


def find_modules(folder: Path) -> list[Path]:
    """Return the Python files in a folder and a few levels below; environments are left out."""
    found: list[Path] = []
    for place, names, files in os.walk(str(folder)):
        depth = len(Path(place).relative_to(folder).parts)
        is_environment = "pyvenv.cfg" in files or "conda-meta" in names
        if is_environment or depth >= DEEPEST:
            names[:] = []
        names[:] = sorted(n for n in names if n not in PASSED_OVER and not n.startswith("."))
        if is_environment:
            continue
        found += [Path(place, name) for name in sorted(files) if name.endswith(".py")]
        if len(found) >= MOST_FILES:
            break
    return found[:MOST_FILES]


def judge_source(
    source: Source, torch_version: str | None, numpy: str | None, forced: str
) -> list[Finding]:
    """Say what in the code meets libraries that are too new for it."""
    return [
        *judge_aliases(source, numpy),
        *judge_loads(source, torch_version, forced),
        *judge_local_rank(source, torch_version),
    ]


def judge_aliases(source: Source, numpy: str | None) -> list[Finding]:
    """Say which names of numpy are used that it no longer has."""
    code = "numpy.aliases"
    if numpy is None:
        return []
    version = parse_version(numpy)
    gone = [GONE_124] * (version >= (1, 24)) + [GONE_200] * (version >= (2,))
    found = [line for line in source.lines if any(one.search(line.text) for one in gone)]
    if not found:
        return [Finding(OK, code, f"{source.script}: no name that numpy {numpy} has dropped")]
    what = f"numpy {numpy} has dropped names that this code uses, {_places(found)}"
    older = "numpy<1.24" if any(GONE_124.search(line.text) for line in found) else "numpy<2"
    remedy = f"int for np.int, float for np.float; or an older one: pip install '{older}'"
    return [Finding(PROBLEM, code, what, remedy)]


def judge_loads(source: Source, torch_version: str | None, forced: str) -> list[Finding]:
    """Say where a checkpoint is loaded in a way that this torch refuses."""
    if not torch_version or parse_version(torch_version) < SAFE_LOAD or forced in ("1", "true"):
        return []
    code = "script.weights-only"
    loads = [line for line in source.lines if LOAD.search(line.text)]
    found = [line for line in loads if "weights_only" not in line.text + line.following]
    if not found:
        return []
    what = f"torch {torch_version} loads weights only: whole models fail at {_places(found)}"
    remedy = f"torch.load(…, weights_only=False) for files that you trust, or export {FORCE}=1"
    return [Finding(WARNING, code, what, remedy)]


def judge_local_rank(source: Source, torch_version: str | None) -> list[Finding]:
    """Say whether the script learns its rank from a launcher of today."""
    code = "script.local-rank"
    old = [line for line in source.lines if OLD_OPTION.search(line.text)]
    if not old:
        return []
    if any(NEW_OPTION.search(line.text + line.following) for line in source.lines):
        return [Finding(OK, code, f"{source.script} takes --local_rank and --local-rank")]
    is_read = any(ENVIRONMENT.search(line.text) for line in source.lines)
    what = f"{source.script} takes --local_rank ({_places(old)})"
    if is_read:
        return [Finding(NOTE, code, what + " and reads LOCAL_RANK: start it with torchrun")]
    version = torch_version or "2"
    what += f"; torch.distributed.launch of torch {version} passes --local-rank, torchrun nothing"
    remedy = 'local_rank = "local_rank" below [launch] in the preset, or read LOCAL_RANK'
    is_new = not torch_version or parse_version(torch_version) >= (2,)
    return [Finding(WARNING if is_new else NOTE, code, what, remedy)]


def _lines(file: Path, folder: Path) -> Iterator[Line]:
    try:
        if file.stat().st_size > LARGEST_BYTES:
            return
        texts = file.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return
    name = os.path.relpath(str(file), str(folder))
    for number, text in enumerate(texts, start=1):
        code = text.partition("#")[0]
        if code.strip():
            yield Line(f"{name}:{number}", code, "\n".join(texts[number : number + 2]))


def _places(lines: list[Line]) -> str:
    shown = ", ".join(line.place for line in lines[:SHOWN])
    return shown + (f" and {len(lines) - SHOWN} more" if len(lines) > SHOWN else "")
