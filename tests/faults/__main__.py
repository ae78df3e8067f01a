"""Runs the faults and prints what the user sees: `python -m tests.faults [PYTEST WORDS]`."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.faults.table import VARIABLE, markdown


def main(words: list[str]) -> int:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "outcomes.jsonl")
        command = [sys.executable, "-m", "pytest", "-q", str(Path(__file__).parent), *words]
        done = subprocess.run(
            command, stdout=sys.stderr, env=os.environ | {VARIABLE: str(file)}, check=False
        )
        print(markdown(file.read_text(encoding="utf-8").splitlines() if file.exists() else ()))
    return done.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
