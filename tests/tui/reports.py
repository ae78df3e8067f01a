"""Reports that lie in the home of a test."""

from __future__ import annotations

import json
import os
from pathlib import Path

from cockpit import locations

from . import board

VERDICT = "strong is better in metrics/mAP50(B): best 0.850 against 0.450 of weak"
COMPARISON = f"""\
# Comparison of weak and strong

**{VERDICT}.**

| | weak | strong |
| :-- | --: | --: |
| `metrics/mAP50(B)` | 0.450 @10 | **0.850 @10** |
| `val/loss` | 2.00 @3 | **1.00 @3** |

![Training curves](training_curves_comparison.png)

- Each run was made once: another seed alone may shift the result by more than that.
"""


def comparison(name: str = "compare-20261120-181500", text: str = COMPARISON) -> Path:
    folder = locations.tools_dir() / name
    folder.mkdir(parents=True)
    report = folder / "comparison_report.md"
    report.write_text(text)
    os.utime(report, (board.NOW - 300, board.NOW - 300))
    (folder / "comparison_results.json").write_text("{}")
    return folder


def tool(name: str, outcome: str | None = "passed", why: str = "", *, report: str | None = None,
         values: dict[str, str] | None = None, preset: str | None = None) -> Path:  # fmt: skip
    folder = locations.tools_dir() / name
    folder.mkdir(parents=True)
    kind = name.partition("-")[0]
    asked = {"schema": 1, "tool": kind, "time": board.NOW, "python": "/opt/venv/bin/python",
             "preset": preset, "values": values or {}, "arguments": []}  # fmt: skip
    (folder / "request.json").write_text(json.dumps(asked))
    events: list[dict[str, object]] = [{"kind": "started", "tool": kind, "argv": [],
                                        "versions": {"torch": "2.13"}}]  # fmt: skip
    events += [{"kind": "row", "table": "batches", "values": {"batch_per_rank": 8,
                "samples_per_s": 412.5}}]  # fmt: skip
    events += [{"kind": "finished", "outcome": outcome, "why": why}] if outcome else []
    lines = (json.dumps({"schema": 1, "time": board.NOW} | event) for event in events)
    (folder / "events.jsonl").write_text("".join(f"{line}\n" for line in lines))
    if report is not None:
        (folder / "report.md").write_text(report)
    return folder


def several() -> None:
    """A report of each kind of outcome."""
    comparison()
    tool("collectives-20261120-174307", why="12 sizes measured", report="# collectives\n",
         values={"sizes": "1KiB,2MiB", "ranks": "16"})  # fmt: skip
    tool("memory-20261120-120107", "failed", "no module named detectron2",
         values={"model": "配电/训练.yaml"}, preset="printer")  # fmt: skip
    tool("scaling-20261119-120107", "stopped", "stopped by SIGINT", values={"ranks": "1,2,4"})
    tool("check-20251101-120107", None)
