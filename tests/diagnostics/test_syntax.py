from __future__ import annotations

import ast
from pathlib import Path

import pytest

from cockpit import locations

SOURCES = sorted(locations.diagnostics_dir().rglob("*.py"))
SOURCE_NAMES = [str(one.relative_to(locations.diagnostics_dir())) for one in SOURCES]


@pytest.mark.parametrize("source", SOURCES, ids=SOURCE_NAMES)
def test_it_parses_on_python_38(source: Path) -> None:
    ast.parse(source.read_text(), feature_version=(3, 8))


@pytest.mark.parametrize("source", SOURCES, ids=SOURCE_NAMES)
def test_annotations_are_never_evaluated(source: Path) -> None:
    assert (
        "from __future__ import annotations" in source.read_text()
        or not ast.parse(source.read_text()).body[1:]
    )
