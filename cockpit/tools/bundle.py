"""The package `diagnostics` as one file that any Python runs; packed here, never imported."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
import time
import zipapp
import zipfile
from contextlib import suppress
from pathlib import Path
from typing import Final

from cockpit.errors import ToolError

MAIN: Final = "diagnostics.__main__:main"
KEPT: Final = 3
OLD_S: Final = 86_400.0


def find_or_pack(source: Path, cache: Path) -> Path:
    """Return `<cache>/diagnostics-<hash>.pyz` for the source folder, packed on first use.

    The hash is of the content, so that a changed source gets a file of its own. Two who pack at
    once do no harm: each puts a whole file in place in one step. Raises ToolError.
    """
    files = sorted(source.rglob("*.py"))
    if not files:
        raise ToolError(f"the diagnostics are not in {source}", "install cockpit again")
    target = cache / f"diagnostics-{_content_hash(source, files)}.pyz"
    if not zipfile.is_zipfile(target):
        try:
            _pack(source, files, target)
        except OSError as error:
            problem = f"cannot write {target}: {error.strerror or error}"
            raise ToolError(problem, "free some space, or set XDG_CACHE_HOME") from error
        _forget_old(target)
    return target


def _forget_old(target: Path) -> None:
    """Delete bundles of other versions; the newest stay, for a tool reads of its own while it runs.

    What cannot be deleted stays as well.
    """
    with suppress(OSError):
        others = [one for one in target.parent.glob("diagnostics-*.pyz") if one != target]
        others.sort(key=lambda one: one.stat().st_mtime, reverse=True)
        for file in others[KEPT:]:
            if file.stat().st_mtime < time.time() - OLD_S:
                file.unlink()


def _content_hash(source: Path, files: list[Path]) -> str:
    digest = hashlib.sha256()
    for file in files:
        content = file.read_bytes()
        digest.update(f"{file.relative_to(source)}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()[:16]


def _pack(source: Path, files: list[Path], target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".packing-", dir=target.parent) as folder:
        stage = Path(folder, "stage")
        package = stage / "diagnostics"
        for file in files:
            place = package / file.relative_to(source)
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, place)
        draft = Path(folder, target.name)
        zipapp.create_archive(stage, draft, main=MAIN)
        draft.replace(target)
