"""The folder of one tool's run: the one place that knows its file names."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from cockpit.errors import ToolError

NAMED: Final = re.compile(r"(?P<tool>[a-z]+)-\d{8}-\d{6}(-\d+)?")
"""`memory-20261121-184307`, with `-2` where two began in one second."""


@dataclass(frozen=True, slots=True)
class ToolPaths:
    """Where the files of one run of a tool lie."""

    root: Path

    @property
    def request(self) -> Path:
        """What was asked (the starter, once)."""
        return self.root / "request.json"

    @property
    def events(self) -> Path:
        """What the tool said (the runner, append)."""
        return self.root / "events.jsonl"

    @property
    def stderr(self) -> Path:
        """What the tool and its libraries wrote besides (the tool, append)."""
        return self.root / "stderr.log"

    @property
    def lock(self) -> Path:
        """Held while the tool is being run."""
        return self.root / "runner.lock"

    @property
    def tool(self) -> str:
        """The tool's name, from the folder's."""
        found = NAMED.fullmatch(self.root.name)
        return found["tool"] if found else self.root.name


def make_tool_folder(tools_dir: Path, tool: str, now_s: float) -> Path:
    """Make and return `<tools_dir>/<tool>-<date>-<time>`, with `-2` on a clash.

    Raises ToolError.
    """
    stamp = datetime.fromtimestamp(now_s).astimezone().strftime("%Y%m%d-%H%M%S")
    number = 1
    while True:
        folder = tools_dir / (f"{tool}-{stamp}" + (f"-{number}" if number > 1 else ""))
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            if not tools_dir.is_dir():
                raise ToolError(f"{tools_dir} is not a folder", "set XDG_DATA_HOME") from None
            number += 1
        except OSError as error:
            problem = f"cannot make {folder}: {error.strerror}"
            raise ToolError(problem, "free some space, or set XDG_DATA_HOME") from error
        else:
            return folder


def list_tool_runs(tools_dir: Path) -> list[ToolPaths]:
    """Return every run of a tool, the newest first; empty where there is no such folder."""
    try:
        folders = [one for one in tools_dir.iterdir() if NAMED.fullmatch(one.name)]
    except OSError:
        return []
    return sorted(
        map(ToolPaths, folders), key=lambda one: one.root.name.split("-", 1)[1], reverse=True
    )
