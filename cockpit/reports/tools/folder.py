"""The files of a tool's result, written so that nobody sees half of one."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from cockpit import __version__
from cockpit.files import read_json
from cockpit.reports.drafts import replace_all
from cockpit.reports.drawing import drawn
from cockpit.reports.tools.grids import csv_grids, csv_text
from cockpit.reports.tools.markdown import markdown_of
from cockpit.reports.tools.profiling_report import PROFILING_REPORT, profiling_report
from cockpit.reports.tools.result_json import KIND, result_object
from cockpit.tool_runs.events import Outcome
from cockpit.tool_runs.result import ToolAsked, ToolResult

REPORT: Final = "report.md"
RESULT: Final = "result.json"
PICTURES: Final[Mapping[str, str]] = {
    "memory": "gpu_profile.png",
    "scaling": "multi_gpu_benchmark.png",
    "collectives": "collectives.png",
    "steptime": "steptime.png",
}
"""The picture of a tool, drawn by `draw` of the module `<tool>_picture`."""


@dataclass(frozen=True, slots=True)
class Written:
    """What was written, and what could not be."""

    paths: tuple[Path, ...]
    problems: tuple[str, ...] = ()
    """One sentence each, without a full stop."""


def write_reports(result: ToolResult, asked: ToolAsked | None, folder: Path) -> Written:
    """Write report, numbers and picture of a result into a folder, which is made if need be.

    Files of an earlier report are replaced. What stands in the way is told, never raised.
    """
    folder = folder.expanduser().absolute()
    picture, problem = _picture(result)
    contents = _contents(result, asked, picture, problem)
    ours = _ours(folder)
    foreign = _foreign(folder, contents, ours)
    if foreign:
        return Written((), (foreign,))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        replace_all(folder, contents)
        for name in ours - contents.keys():
            (folder / name).unlink(missing_ok=True)  # it would show other numbers
    except OSError as error:
        why = error.strerror or str(error)
        return Written((), (f"no report: {folder} cannot be written: {why}",))
    return Written(tuple(folder / name for name in contents), (problem,) if problem else ())


def _contents(
    result: ToolResult, asked: ToolAsked | None, picture: bytes | None, problem: str
) -> dict[str, bytes]:
    """Return what each file holds, the report first."""
    texts = {name: csv_text(grid) for name, grid in csv_grids(result).items()}
    if result.tool == "memory":
        texts[PROFILING_REPORT] = profiling_report(result, asked)
    drawn = PICTURES[result.tool] if picture is not None else None
    names = [REPORT, RESULT, *texts, *([drawn] if drawn else [])]
    report = markdown_of(
        result,
        asked,
        written=f"Written by cockpit {__version__} on {datetime.now().astimezone():%Y-%m-%d %H:%M}",
        files=names,
        picture=drawn,
        problems=(problem,) if problem else (),
    )
    whole = {**result_object(result, asked), "files": names}
    found = json.dumps(whole, indent=2, ensure_ascii=False, allow_nan=False)
    texts = {REPORT: report, RESULT: f"{found}\n", **texts}
    # A lone surrogate, of a name that is not UTF-8, becomes `\udcff`: in JSON that is itself.
    contents = {name: text.encode(errors="backslashreplace") for name, text in texts.items()}
    if drawn and picture is not None:
        contents[drawn] = picture
    return contents


def _picture(result: ToolResult) -> tuple[bytes | None, str]:
    """Return the picture of a tool that has one, and why there is none."""
    name = PICTURES.get(result.tool)
    if name is None:
        return None, ""
    module = importlib.import_module(f"cockpit.reports.tools.{result.tool}_picture")
    picture, problem = drawn(name, lambda: module.draw(result))
    # After a failure nobody expects one.
    if picture is None and not problem and result.outcome is Outcome.PASSED:
        problem = f"no {name}: there is nothing to draw"
    return picture, problem


def _ours(folder: Path) -> set[str]:
    """Return the names of the files that an earlier report of ours put there."""
    written = read_json(folder / RESULT) or {}
    names = written.get("files") if written.get("kind") == KIND else None
    listed = names if isinstance(names, list) else []
    return {name for name in listed if isinstance(name, str) and "/" not in name}


def _foreign(folder: Path, names: Iterable[str], ours: set[str]) -> str:
    """Return why writing would destroy what is not ours; empty where it would not.

    Training guides use the same names.
    """
    if folder.exists() and not folder.is_dir():
        return f"no report: {folder} is a file"
    there = [name for name in names if name not in ours and (folder / name).exists()]
    if there:
        return (f"no report: {folder} holds {there[0]} that cockpit did not write; "
                "it is left alone")  # fmt: skip
    return ""
