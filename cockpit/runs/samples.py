"""What a supervisor recorded of GPUs and host, read back for any span of time.

A line of gpu.jsonl is `{"t": …, "gpus": [[…], …]}` with the places of `GPU_FIELDS`; older ones end
with the problem. `{"t": …, "uuids": {"0": "GPU-…", "3:1": "MIG-…"}}` names the GPUs of the lines
that follow it, and is repeated. A line of host.jsonl is `{"t": …, "host": […]}` with the places of
`HOST_FIELDS`; older ones name their values.
"""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from cockpit.files import open_regular
from cockpit.runs.fields import Fields

GPU_FIELDS: Final = (
    "label",
    "utilization_pct",
    "memory_used_bytes",
    "temperature_c",
    "power_w",
    "problem",
    "sm_clock_mhz",
    "throttle",
)
"""The places of one GPU's values; the label is a number, of a MIG device the text `3:1`."""
HOST_FIELDS: Final = (
    "cpu_pct",
    "memory_used_bytes",
    "swap_used_bytes",
    "disk_free_bytes",
    "shm_free_bytes",
    "run_cpu_cores",
    "run_memory_bytes",
    "worker_count",
    "disk_read_bytes_per_s",
    "disk_write_bytes_per_s",
    "network_rx_bytes_per_s",
    "network_tx_bytes_per_s",
)
CLOCK_SLACK_S: Final = 3600.0
"""So far may the clock have been set back within a file that is not read from its beginning."""
UUIDS_BACK_BYTES: Final = 1 << 20
"""So far before the first line that is read stands the one that names the GPUs, at the most."""
_SMALL_BYTES: Final = 1 << 20
"""A file like this is read as a whole: nothing is gained by a search."""
_STEP_BYTES: Final = 64 << 10
_LONGEST_BYTES: Final = 1 << 20
LONGEST_LABEL: Final = 12
_UUIDS: Final = b'"uuids":'
_NOTHING: Final = (None,) * len(GPU_FIELDS)
"""What older rows lack at their end."""
_TIME: Final = re.compile(rb'\{"t":\s*(\d+(?:\.\d+)?)\s*[,}]')


@dataclass(frozen=True, slots=True)
class GpuRecord:
    """One recorded reading of one GPU or MIG device; what was not read is None."""

    time: float
    gpu_index: int
    gpu_uuid: str
    """Empty where the file does not tell."""
    utilization_pct: float | None = None
    memory_used_bytes: int | None = None
    temperature_c: float | None = None
    power_w: float | None = None
    sm_clock_mhz: float | None = None
    throttle: int | None = None
    """As in `GpuSample.throttle`."""
    problem: str | None = None
    """Why nothing was read."""
    mig_index: int | None = None

    @property
    def label(self) -> str:
        """`3`, or `3:1` of a MIG device."""
        return (
            f"{self.gpu_index}" if self.mig_index is None else f"{self.gpu_index}:{self.mig_index}"
        )

    @property
    def key(self) -> str:
        """The same as of a `GpuSample`."""
        return self.gpu_uuid or f"index {self.label}"


@dataclass(frozen=True, slots=True)
class HostRecord:
    """One recorded reading of the host and of what the run took from it."""

    time: float
    cpu_pct: float | None = None
    memory_used_bytes: int | None = None
    swap_used_bytes: int | None = None
    disk_free_bytes: int | None = None
    shm_free_bytes: int | None = None
    run_cpu_cores: float | None = None
    run_memory_bytes: int | None = None
    worker_count: int | None = None
    disk_read_bytes_per_s: float | None = None
    disk_write_bytes_per_s: float | None = None
    network_rx_bytes_per_s: float | None = None
    network_tx_bytes_per_s: float | None = None


@dataclass(frozen=True, slots=True)
class GpuBuckets:
    """The means of one GPU over equal pieces of time; None where nothing was read."""

    gpu_index: int
    utilization_pct: tuple[float | None, ...]
    memory_used_bytes: tuple[float | None, ...]
    temperature_c: tuple[float | None, ...]
    power_w: tuple[float | None, ...]
    sm_clock_mhz: tuple[float | None, ...]


def read_gpu_records(
    file: Path, since: float | None = None, until: float | None = None
) -> Iterator[GpuRecord]:
    """Yield what was recorded from `since` to `until`, epoch seconds, in the order of the file.

    A file that is not there is empty; damaged lines and a half last one are left out.
    """
    uuids: Mapping[str, str] = {}
    for moment, line in _read_lines(file, since, until):
        is_wanted = _is_within(moment, since, until)
        if not is_wanted and _UUIDS not in line:
            continue
        value = _parse(line)
        named = value.get("uuids")
        if isinstance(named, dict):
            uuids = {key: text for key, text in named.items() if isinstance(text, str)}
        rows = value.get("gpus") if is_wanted else None
        for row in rows if isinstance(rows, list) else ():
            record = _gpu_record(moment, row, uuids)
            if record is not None:
                yield record


def read_host_records(
    file: Path, since: float | None = None, until: float | None = None
) -> Iterator[HostRecord]:
    """Yield what was recorded of the host, as `read_gpu_records` does."""
    for moment, line in _read_lines(file, since, until):
        if _is_within(moment, since, until):
            value = _parse(line)
            row = value.get("host")
            named = dict(zip(HOST_FIELDS, row, strict=False)) if isinstance(row, list) else value
            yield _host_record(moment, Fields(named))


def bucketed(
    records: Iterable[GpuRecord], since: float, until: float, count: int
) -> dict[str, GpuBuckets]:
    """Return the means of each of `count` equal pieces of `since` to `until`, by `GpuRecord.key`.

    One reading after the other is taken, so that a long record needs no more memory than a short.
    """
    piece_s = (until - since) / count
    sums: dict[str, _Sums] = {}
    for record in records:
        if since <= record.time < until:
            of = sums.get(record.key) or sums.setdefault(record.key, _Sums(record.gpu_index, count))
            of.add(min(count - 1, int((record.time - since) / piece_s)), record)
    return {key: of.means() for key, of in sums.items()}


class _Sums:
    """Sums and counts of the five quantities of one GPU, for each piece of time."""

    def __init__(self, gpu_index: int, count: int) -> None:
        self._gpu_index = gpu_index
        self._totals = [[0.0] * count for _ in range(5)]
        self._counts = [[0] * count for _ in range(5)]

    def add(self, at: int, record: GpuRecord) -> None:
        values = (
            record.utilization_pct,
            record.memory_used_bytes,
            record.temperature_c,
            record.power_w,
            record.sm_clock_mhz,
        )
        for number, value in enumerate(values):
            if value is not None:
                self._totals[number][at] += value
                self._counts[number][at] += 1

    def means(self) -> GpuBuckets:
        means = [
            tuple(total / count if count else None for total, count in zip(*pair, strict=True))
            for pair in zip(self._totals, self._counts, strict=True)
        ]
        return GpuBuckets(self._gpu_index, *means)


def _is_within(moment: float, since: float | None, until: float | None) -> bool:
    return (since is None or moment >= since) and (until is None or moment <= until)


def _read_lines(
    file: Path, since: float | None, until: float | None
) -> Iterator[tuple[float, bytes]]:
    """Yield the whole lines that may lie in the span, each with its time, in the file's order.

    Before them comes one that names the GPUs.
    """
    try:
        with open_regular(file) as lines:
            size = os.fstat(lines.fileno()).st_size
            is_searched = size > _SMALL_BYTES
            if since is not None and is_searched:
                start = _start_of(lines.fileno(), size, since - CLOCK_SLACK_S)
                yield from _last_uuids(lines.fileno(), start)
                lines.seek(start)
            end = math.inf if until is None or not is_searched else until + CLOCK_SLACK_S
            yield from _lines_until(lines, end)
    except OSError:
        return


def _lines_until(lines: BinaryIO, end: float) -> Iterator[tuple[float, bytes]]:
    while line := lines.readline(_LONGEST_BYTES):
        found = _TIME.match(line)
        if found is None or not line.endswith(b"\n"):
            continue
        moment = float(found[1])
        if moment <= end:  # the clock may have gone wrong and back: later lines may be earlier
            yield moment, line


def _start_of(descriptor: int, size: int, since: float) -> int:
    """Return where a line begins before which nothing is as late as `since`.

    The times of a file rise, but where somebody set the clock back: the caller asks for so much
    earlier, and whatever crossing of `since` is then found lies before all that is wanted.
    """
    low, high = 0, size
    while high - low > _STEP_BYTES:
        middle = (low + high) // 2
        found = _first_line(descriptor, middle, high)
        if found is None or found[1] >= since:
            high = middle
        else:
            low = found[0]
    return low


def _first_line(descriptor: int, offset: int, end: int) -> tuple[int, float] | None:
    """Return start and time of the first line with a time that begins behind `offset`."""
    at = offset
    while at < end:
        block = os.pread(descriptor, _STEP_BYTES, at)
        line = block.find(b"\n") + 1
        while line:
            moment = _TIME.match(block, line)
            if moment is not None:
                return at + line, float(moment[1])
            line = block.find(b"\n", line) + 1
        at += max(1, len(block) - 128)  # a line may begin at the end of the block
    return None


def _last_uuids(descriptor: int, start: int) -> Iterator[tuple[float, bytes]]:
    """Yield the last line before `start` that names the GPUs."""
    begin = max(0, start - UUIDS_BACK_BYTES)
    block = os.pread(descriptor, start - begin, begin)
    at = block.rfind(_UUIDS)
    if at >= 0:
        yield -math.inf, block[block.rfind(b"\n", 0, at) + 1 : block.find(b"\n", at) + 1]


def _parse(line: bytes) -> dict[str, object]:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _gpu_record(moment: float, row: object, uuids: Mapping[str, str]) -> GpuRecord | None:
    """Return the record of one GPU's row, or None where it is none."""
    if not isinstance(row, list) or not row:
        return None
    label = str(row[0])[:LONGEST_LABEL]
    index, _, mig = label.partition(":")
    if not index.isdecimal() or not (mig.isdecimal() or mig == ""):
        return None
    _, utilization, memory, temperature, power, problem, clock, throttle = (*row, *_NOTHING)[:8]
    memory, throttle = _number(memory), _number(throttle)
    return GpuRecord(
        moment,
        int(index),
        uuids.get(label, ""),
        _number(utilization),
        None if memory is None else int(memory),
        _number(temperature),
        _number(power),
        _number(clock),
        None if throttle is None else int(throttle),
        problem if isinstance(problem, str) else None,
        int(mig) if mig else None,
    )


def _number(value: object) -> float | None:
    if type(value) is not float and type(value) is not int:  # a bool is none
        return None
    return float(value) if abs(value) < 1e300 else None  # nan compares false


def _host_record(moment: float, fields: Fields) -> HostRecord:
    return HostRecord(
        moment,
        cpu_pct=fields.number("cpu_pct"),
        memory_used_bytes=fields.integer("memory_used_bytes"),
        swap_used_bytes=fields.integer("swap_used_bytes"),
        disk_free_bytes=fields.integer("disk_free_bytes"),
        shm_free_bytes=fields.integer("shm_free_bytes"),
        run_cpu_cores=fields.number("run_cpu_cores"),
        run_memory_bytes=fields.integer("run_memory_bytes"),
        worker_count=fields.integer("worker_count"),
        disk_read_bytes_per_s=fields.number("disk_read_bytes_per_s"),
        disk_write_bytes_per_s=fields.number("disk_write_bytes_per_s"),
        network_rx_bytes_per_s=fields.number("network_rx_bytes_per_s"),
        network_tx_bytes_per_s=fields.number("network_tx_bytes_per_s"),
    )
