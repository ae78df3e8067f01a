"""numpy and Ultralytics beside this torch: what changed under them."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any, NamedTuple

from diagnostics.checks.cuda import parse_version
from diagnostics.emit import NOTE, OK, PROBLEM, WARNING, Finding
from diagnostics.remedies import install_beside_torch

SAFE_LOAD = (2, 6)
"""From this torch on, torch.load refuses pickled classes unless told (weights_only=True)."""
FORCE = "TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD"
"""Set to 1 it brings the old default back (torch.serialization)."""


class NumPy(NamedTuple):
    """numpy, and whether torch can exchange arrays with it."""

    version: str | None
    error: str = ""


def hand_over(torch: Any) -> None:
    """Give numpy a tensor; a torch that was built for another numpy cannot."""
    array = torch.ones(2).numpy()
    if float(array.sum()) != 2.0:
        raise RuntimeError(f"numpy read {array} of a tensor of ones")


def judge_numpy(numpy: NumPy, torch_version: str | None, pip: str) -> Finding:
    """Say whether arrays become tensors."""
    code = "numpy.version"
    if numpy.version is None:
        remedy = install_beside_torch(pip, torch_version, "numpy")
        return Finding(NOTE, code, "no numpy: optional, nearly every data set needs it", remedy)
    if numpy.error:
        what = f"numpy {numpy.version} does not fit torch {torch_version}: {numpy.error}"
        wanted = "numpy<2" if parse_version(numpy.version) >= (2,) else "numpy"
        return Finding(PROBLEM, code, what, install_beside_torch(pip, torch_version, wanted))
    return Finding(OK, code, f"numpy {numpy.version} fits torch")


def loads_unsafely() -> bool | None:
    """Say whether Ultralytics leaves torch.load to its default; None without Ultralytics."""
    try:
        spec = importlib.util.find_spec("ultralytics")
    except (ImportError, ValueError):
        return None
    if spec is None or not spec.submodule_search_locations:
        return None
    root = Path(next(iter(spec.submodule_search_locations)))
    texts = [_text(root / name) for name in ("utils/patches.py", "nn/tasks.py")]
    return bool("".join(texts)) and not any("weights_only" in text for text in texts)


def judge_safe_load(
    torch_version: str | None, ultralytics: str | None, unsafe: bool | None, forced: str, pip: str
) -> list[Finding]:
    """Say whether Ultralytics can load its own weights; nothing where it can, or is missing."""
    if not torch_version or not ultralytics or unsafe is None:
        return []
    code = "torch.weights-only"
    if parse_version(torch_version) < SAFE_LOAD or not unsafe:
        return []
    if forced in ("1", "y", "yes", "true"):
        what = f"{FORCE}={forced}: Ultralytics {ultralytics} loads any weights"
        return [Finding(OK, code, what)]
    what = "torch {} loads weights only, and Ultralytics {} does not know: its .pt files fail"
    remedy = install_beside_torch(pip, torch_version, "ultralytics>=8.3")
    remedy += f"; for files that you trust: export {FORCE}=1"
    return [Finding(WARNING, code, what.format(torch_version, ultralytics), remedy)]


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
