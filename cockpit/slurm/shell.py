"""Texts of a plan as words of a shell script that knows its folder only when it runs. Pure."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Final

from cockpit.slurm.job import RUN

PORT: Final = "{port}"
"""What a plan without a port leaves standing."""
_VARIABLES: Final = {str(RUN): "run", PORT: "port"}
_TOKENS: Final = re.compile(f"({'|'.join(map(re.escape, _VARIABLES))})")


def quoted(text: str | Path) -> str:
    """Return one word: everything literal but the job's folder and port, which are variables."""
    parts = [part for part in _TOKENS.split(str(text)) if part]
    return "".join(_word(part) for part in parts) or "''"


def here_document(file: Path, text: str) -> list[str]:
    """Return the lines that write `text` to a file, with the same two variables filled in."""
    escaped = re.sub(r"[\\$`]", r"\\\g<0>", text.rstrip("\n"))
    filled = _TOKENS.sub(lambda match: f"${{{_VARIABLES[match[0]]}}}", escaped)
    lines = filled.split("\n")
    end = "END"
    while end in lines:
        end += "_"
    return [f"cat > {quoted(file)} <<{end}", *lines, end]


def _word(part: str) -> str:
    return f'"${{{_VARIABLES[part]}}}"' if part in _VARIABLES else shlex.quote(part)
