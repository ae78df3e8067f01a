"""The dicts that the Hugging Face Trainer prints, one a line."""

from __future__ import annotations

import ast
import re
from typing import Final

LONGEST: Final = 1 << 16
"""A longer line holds no such dict."""
_DICT: Final = re.compile(r"\{'[^{}]*\}")
_NOT_LITERAL: Final = re.compile(r"(?<=: )(-?(?:nan|inf))(?=[,}])")
"""Python prints these without quotes, and reads them as names."""
_WORDS: Final = frozenset(("loss", "learning_rate", "grad_norm"))


def parse_dict_line(frame: str) -> dict[str, object] | None:
    """Return what such a line says, whatever stands around it; None for any other line."""
    if "{'" not in frame or "': " not in frame or len(frame) > LONGEST:
        return None
    found = _DICT.search(frame)
    if found is None:
        return None
    try:
        said = ast.literal_eval(_NOT_LITERAL.sub(r"'\1'", found[0]))
    except (ValueError, SyntaxError, MemoryError, RecursionError, TypeError):
        return None
    if not isinstance(said, dict) or not all(isinstance(name, str) for name in said):
        return None
    is_told = any(name in _WORDS or name.startswith(("eval_", "train_")) for name in said)
    return said if is_told else None
