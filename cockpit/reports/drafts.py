"""Several files that appear together: drafts first, then their names."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path


def replace_all(folder: Path, contents: Mapping[str, bytes]) -> None:
    """Write all drafts, then give them their names, so that a full disk leaves what was there.

    Raises OSError.
    """
    drafts = {name: folder / f".{name}.{os.getpid()}" for name in contents}
    try:
        for name, draft in drafts.items():
            with draft.open("wb") as file:
                file.write(contents[name])
                file.flush()
                os.fsync(file.fileno())
        for name, draft in drafts.items():
            draft.replace(folder / name)
    finally:
        for draft in drafts.values():
            draft.unlink(missing_ok=True)
