"""What `cockpit check` prints at the end: what to fix first, or a block for a bug report. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from cockpit.cli.findings import glyph, lines_of
from cockpit.cli.printing import shown
from cockpit.tool_runs.events import Finding, Level
from cockpit.tools.check_verdict import verdict

CAUSES: Final = (
    "check",
    "python",
    "nvml",
    "driver",
    "torch",
    "cuda",
    "gpu",
    "pcie",
    "iommu",
    "nccl",
    "distributed",
    "ddp",
    "syncbatchnorm",
    "amp",
    "numpy",
    "torchvision",
    "ultralytics",
    "memory",
    "host",
    "disk",
    "shm",
)
"""The first word of a code, causes before what follows from them; others come last as they came."""
WORST_FIRST: Final = (Level.PROBLEM, Level.WARNING, Level.NOTE, Level.OK)
ABOUT: Final = (
    "python.version",
    "python.environment",
    "host.memory",
    "cpu.limit",
    "driver.version",
    "torch.version",
    "cuda.build",
    "gpu.total",
    "nccl.version",
    "numpy.version",
    "torchvision.operators",
    "ultralytics.version",
)
"""What a reader of a bug report wants to know of a machine, whether it is well or not."""
PROVEN: Final = ("ddp.step", "preset.definition", "preset.gpus")
"""What was tried and asked for; what is not well of it is told below."""
GPU: Final = re.compile(r"gpu\.\d+")
COMMON_NAMES: Final = ("root", "user", "localhost")
"""They tell nothing of anybody."""


@dataclass(frozen=True, slots=True)
class Names:
    """What a bug report leaves out."""

    home: str
    user: str
    host: str


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """Return findings by what to fix first: the worst, and of these the cause before the effect."""
    return sorted(findings, key=lambda one: (WORST_FIRST.index(one.level), _place(one)))


def fix_first(findings: Iterable[Finding]) -> list[str]:
    """Return what stands against a training, numbered, after all was printed as it was found."""
    bad = [one for one in in_order(findings) if one.level in (Level.PROBLEM, Level.WARNING)]
    if not bad:
        return []
    lines = ["", "fix first:" if len(bad) > 1 else "to fix:"]
    for number, finding in enumerate(bad, start=1):
        first, *rest = lines_of(finding)
        lines += [f"{number}. {first}", *(f"   {line}" for line in rest)]
    return [*lines, ""]


def whole_text(findings: Iterable[Finding]) -> list[str]:
    """Return every finding, what is well first: what to fix stands at the end, by the verdict."""
    findings = list(findings)
    order = in_order(findings)
    well = [one for level in (Level.OK, Level.NOTE) for one in order if one.level is level]
    return [*(line for finding in well for line in lines_of(finding)), *fix_first(findings)]


def markdown(
    findings: Sequence[Finding], version: str, names: Names | None, *, is_strict: bool
) -> str:
    """Return one block: versions, GPUs, and what is not well. `names`: what to leave out."""
    about = [one for code in ABOUT for one in findings if one.code == code]
    about += [
        one for code in PROVEN for one in findings if one.code == code and one.level is Level.OK
    ]
    gpus = [one for one in findings if GPU.fullmatch(one.code)]
    lines = [f"cockpit {version} check: {verdict(findings, is_strict=is_strict)}", ""]
    lines += [one.what for one in (*about, *gpus)]
    bad = [one for one in in_order(findings) if one.level is not Level.OK]
    lines += ["", *(line for one in bad for line in _coded(one))] if bad else []
    text = shown("\n".join(lines)).replace("```", "'''")
    return "\n".join(("```text", _without(text, names) if names else text, "```"))


def _coded(finding: Finding) -> list[str]:
    first, *rest = lines_of(finding)
    return [f"{glyph(finding.level)} {finding.level} {finding.code}: {first[2:]}", *rest]


def _without(text: str, names: Names) -> str:
    if len(names.home) > 1:
        text = re.sub(re.escape(names.home.rstrip("/")) + r"(?=[/\s:;,)'\"]|$)", "~", text)
    for name, instead in ((names.user, "~"), (names.host, "(host)")):
        if len(name) > 1 and name not in COMMON_NAMES:
            text = re.sub(rf"(?<![\w-]){re.escape(name)}(?![\w-])", instead, text)
    return text


def _place(finding: Finding) -> int:
    word = finding.code.partition(".")[0]
    return CAUSES.index(word) if word in CAUSES else len(CAUSES)
