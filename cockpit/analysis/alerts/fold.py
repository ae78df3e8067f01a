"""Equal things of several GPUs, told as one."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from cockpit.analysis.alerts.heat import HEAT
from cockpit.analysis.alerts.rule import Words, gpus
from cockpit.devices.sample import GpuSample
from cockpit.runs.alert import Alert


@dataclass(frozen=True, slots=True)
class GpuFinding:
    """One thing that stands of one GPU."""

    code: str
    sample: GpuSample
    rank: int | None
    since: float
    words: Words


def folded(findings: Sequence[GpuFinding]) -> list[Alert]:
    """Return one alert for each thing, in the order of the GPUs.

    Its uuid, and with it its topic, is that of the GPU that has had it longest, so that it stays
    the same alert while others join.
    """
    codes: dict[str, set[str]] = {}
    for finding in findings:
        codes.setdefault(finding.sample.key, set()).add(finding.code)
    groups: dict[tuple[str, str], list[GpuFinding]] = {}
    for finding in findings:
        if not _is_told_already(finding, codes[finding.sample.key]):
            groups.setdefault((finding.code, finding.words.group), []).append(finding)
    return [_alert(group) for group in groups.values()]


def _is_told_already(finding: GpuFinding, codes: Collection[str]) -> bool:
    """Say whether another alert of the same GPU tells that, and why, its clock is held down."""
    if finding.code != "gpu.throttled":
        return False
    is_heat = bool(int(finding.sample.throttle or 0) & HEAT)
    return "gpu.power-brake" in codes or (is_heat and "gpu.hot" in codes)


def _alert(group: Sequence[GpuFinding]) -> Alert:
    eldest = min(group, key=lambda finding: finding.since)
    worst = max(group, key=lambda finding: (finding.words.level == "problem", finding.words.weight))
    what = worst.words.what
    if len({finding.words.weight for finding in group}) > 1:
        what = f"worst GPU {worst.sample.label}: {what}"
    indexes = ",".join(dict.fromkeys(str(finding.sample.gpu_index) for finding in group))
    return Alert(
        worst.code,
        worst.words.level,
        _subject(group),
        what,
        worst.words.remedy.replace("{gpu}", indexes),
        eldest.since,
        eldest.sample.gpu_uuid or None,
    )


def _subject(group: Sequence[GpuFinding]) -> str:
    name = gpus([finding.sample.label for finding in group])
    rank = group[0].rank
    return name if rank is None or len(group) > 1 else f"{name} · rank {rank}"
