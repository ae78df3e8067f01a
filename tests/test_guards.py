from __future__ import annotations

import json
import subprocess
import sys

import pytest

HEAVY = ("textual", "torch", "numpy", "pandas", "ultralytics", "rich", "pynvml", "diagnostics")


@pytest.mark.parametrize(
    ("module", "absent"),
    [
        ("cockpit.cli.main", (*HEAVY, "typer")),
        ("cockpit.cli.commands", HEAVY),
        ("cockpit.views.registry", (*HEAVY, "typer", "psutil")),
        ("cockpit.devices.poller", ("textual", "torch", "numpy", "typer", "rich")),
    ],
)
def test_starting_imports_nothing_heavy(module: str, absent: tuple[str, ...]) -> None:
    script = (
        f"import json, sys, {module}\n"
        f"print(json.dumps([name for name in {absent!r} if name in sys.modules]))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == []
