from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.faults.table import Fault


@pytest.fixture
def fault() -> Callable[[str], Fault]:
    """Begin a fault by its name."""
    return Fault
