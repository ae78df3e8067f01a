"""The text of a report, as much of it as a screen can show, without what a terminal obeys."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cockpit.files import open_regular, stamp
from cockpit.metrics.log_lines import strip_codes
from cockpit.units import binary

MOST_BYTES: Final = 512 << 10
"""So much of a report is shown; whoever wants more reads the file."""


@dataclass(frozen=True, slots=True)
class ReportText:
    """What could be read."""

    text: str = ""
    notes: tuple[str, ...] = ()
    """What is to be known of the text: that it is cut, that it is no UTF-8."""
    problem: str = ""
    """Why there is no text; empty where there is one."""
    stamp: str | None = None
    """Changes whenever the file does."""


def read_report(path: Path, most_bytes: int = MOST_BYTES) -> ReportText:
    """Return the text of a report; what cannot be read is told, not raised."""
    mark = stamp(path)
    try:
        with open_regular(path) as file:
            size = os.fstat(file.fileno()).st_size
            data = file.read(most_bytes + 1)
    except FileNotFoundError:
        return ReportText(problem=f"{strip_codes(str(path))} is not there any more", stamp=mark)
    except PermissionError:
        return ReportText(problem=f"no permission to read {strip_codes(str(path))}", stamp=mark)
    except OSError as error:
        problem = f"{strip_codes(str(path))} cannot be read: {error.strerror or error}"
        return ReportText(problem=problem, stamp=mark)
    notes = []
    if len(data) > most_bytes:
        data = data[:most_bytes]
        data = data[: data.rfind(b"\n") + 1] or data
        notes.append(f"cut: {binary(len(data))} of {binary(size)} are shown")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("utf-8-sig", "replace")
        notes.append("not UTF-8: what cannot be read stands as �")
    return ReportText("\n".join(map(strip_codes, text.splitlines())), tuple(notes), stamp=mark)


@dataclass(frozen=True, slots=True)
class ReportFile:
    """A file beside a report."""

    path: Path
    size_bytes: int


MOST_FILES: Final = 500


def files_beside(folder: Path) -> tuple[ReportFile, ...]:
    """Return the files in the folder of a report, by name. Raises OSError."""
    found = []
    for one in sorted(folder.iterdir())[:MOST_FILES]:
        try:
            if one.is_file() and not one.name.startswith("."):
                found.append(ReportFile(one, one.stat().st_size))
        except OSError:
            continue
    return tuple(found)
