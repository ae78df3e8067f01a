"""The files of a comparison, written so that nobody sees half of one."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from cockpit import __version__
from cockpit.analysis.comparison.comparing import Comparison
from cockpit.errors import CockpitError, InputError
from cockpit.files import read_json
from cockpit.reports.comparison_json import KIND, comparison_object
from cockpit.reports.comparison_markdown import markdown_of
from cockpit.reports.drafts import replace_all
from cockpit.reports.drawing import drawn

REPORT: Final = "comparison_report.md"
PICTURE: Final = "training_curves_comparison.png"
RESULTS: Final = "comparison_results.json"


@dataclass(frozen=True, slots=True)
class Written:
    """What was written."""

    paths: tuple[Path, ...]
    problem: str = ""
    """Why there is no picture; empty when there is one."""


def write_comparison(found: Comparison, folder: Path) -> Written:
    """Write the report, the picture and the JSON into a folder, which is made if need be.

    Files of an earlier comparison are replaced. Raises InputError where files of these names are
    somebody else's, or where the folder cannot be written.
    """
    folder = folder.expanduser().absolute()
    _require_free(folder)
    picture, problem = _picture(found)
    names = [REPORT, *([PICTURE] if picture is not None else []), RESULTS]
    report = markdown_of(
        found,
        written=f"Written by cockpit {__version__} on {datetime.now().astimezone():%Y-%m-%d %H:%M}",
        picture=PICTURE if picture is not None else None,
        problem=problem,
        files=names,
    )
    results = json.dumps(comparison_object(found), indent=2, ensure_ascii=False, allow_nan=False)
    texts = {
        # A lone surrogate, of a name that is not UTF-8, becomes `\udcff`: in JSON that is itself.
        REPORT: report.encode(errors="backslashreplace"),
        RESULTS: f"{results}\n".encode(errors="backslashreplace"),
    }
    if picture is not None:
        texts[PICTURE] = picture
    try:
        folder.mkdir(parents=True, exist_ok=True)
        replace_all(folder, texts)
        if picture is None:
            (folder / PICTURE).unlink(missing_ok=True)  # it would show another comparison
    except OSError as error:
        raise CockpitError(
            f"{folder} cannot be written: {error.strerror}", "another --out"
        ) from None
    return Written(tuple(folder / name for name in names), problem)


def _picture(found: Comparison) -> tuple[bytes | None, str]:
    from cockpit.reports.comparison_picture import draw

    picture, problem = drawn("picture", lambda: draw(found))
    is_empty = picture is None and not problem
    return picture, "no picture: there is no curve to draw" if is_empty else problem


def _require_free(folder: Path) -> None:
    """Raise InputError where writing would destroy what is not a comparison of ours."""
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder} is a file", "--out names a folder")
    there = [name for name in (REPORT, PICTURE, RESULTS) if (folder / name).exists()]
    ours = read_json(folder / RESULTS) or {}
    if there and ours.get("kind") != KIND:
        raise InputError(
            f"{folder} holds {there[0]} that cockpit did not write; it is left alone",
            "another --out",
        )
