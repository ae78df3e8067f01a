"""`python -m tests.nvml_stub FOLDER`: build the stand-in library there and print the folder."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.nvml_stub.stub import compile_stub

folder = Path(sys.argv[1])
folder.mkdir(parents=True, exist_ok=True)
print(compile_stub(folder).folder)
