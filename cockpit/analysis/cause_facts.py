"""The numbers behind a cause, and what to try because of them. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from cockpit.analysis.clue import Clue, evidence
from cockpit.analysis.log_line import LogLine, peel
from cockpit.units import binary

_UNITS: Final[Mapping[str, int]] = {
    "bytes": 1,
    "KiB": 1 << 10,
    "MiB": 1 << 20,
    "GiB": 1 << 30,
    "KB": 1 << 10,
    "MB": 1 << 20,
    "GB": 1 << 30,
}
_SIZE: Final = r"([\d.]+) (bytes|[KMG]i?B)"
_ASKED: Final = re.compile(rf"Tried to allocate {_SIZE}")
_GPU: Final = re.compile(r"GPU (\d+)")
_TOTAL: Final = re.compile(rf"total capacity of {_SIZE}|{_SIZE} total capacity")
_FREE: Final = re.compile(rf"of which {_SIZE} is free|; {_SIZE} free")
_RESERVED: Final = re.compile(rf"{_SIZE} is reserved by PyTorch but unallocated")
_NEIGHBOUR: Final = re.compile(rf"Process (\d+) has {_SIZE} memory in use")
_PORTS: Final = (
    re.compile(r"port: (\d+)"),
    re.compile(r"bind to \S*:(\d+)|listen on \S*:(\d+)"),
    re.compile(r"(?:0\.0\.0\.0|127\.0\.0\.1|localhost|\])['\"]?[:,] ?(\d{2,5})"),
    re.compile(r"[Pp]ort (\d{2,5})"),
)
_WORK: Final = re.compile(
    r"Rank (?P<rank>\d+)\].*?WorkNCCL\(SeqNum=(?P<number>\d+), OpType=(?P<what>\w+)"
    r".*?(?:ran for (?P<waited_ms>\d+) milliseconds|$)"
)
_COMPLETED: Final = re.compile(
    r"Rank (?P<rank>\d+)\].*last completed (?:NCCL )?work: (?P<number>-?\d+)"
)
_WORLD: Final = re.compile(r"(?i)(?:world[ _]size|nranks)['\"]?\s*[:= ]\s*(\d+)")


def add_facts(clue: Clue, lines: Sequence[LogLine], batch: int | None) -> Clue:
    """Return the clue with the numbers that its text holds, and what to try because of them."""
    if clue.code == "cuda_oom":
        return _memory(clue, batch)
    if clue.code == "nccl_timeout":
        return _missing_rank(clue, lines)
    if clue.code == "address_in_use":
        return _port(clue, lines)
    return clue


def _memory(clue: Clue, batch: int | None) -> Clue:
    text = clue.text
    sizes = {
        "asked_bytes": _size(_ASKED, text),
        "total_bytes": _size(_TOTAL, text),
        "free_bytes": _size(_FREE, text),
        "reserved_unallocated_bytes": _size(_RESERVED, text),
    }
    facts: dict[str, str | int | float] = {
        name: size for name, size in sizes.items() if size is not None
    }
    if gpu := _GPU.search(text):
        facts["gpu"] = int(gpu[1])
    neighbours = _neighbours(text)
    if neighbours:
        facts["neighbour_pids"] = ", ".join(str(pid) for pid, _ in neighbours)
        facts["neighbour_bytes"] = sum(size for _, size in neighbours)
    return replace(
        clue, facts={**clue.facts, **facts}, remedies=_memory_remedies(sizes, neighbours, batch)
    )


def _neighbours(text: str) -> list[tuple[int, int]]:
    """Return (pid, bytes) of the processes that torch names, without the one that speaks.

    Newer versions say `this process has`; older ones list it among the others, as the last.
    """
    found = [(int(pid), _bytes(size, unit)) for pid, size, unit in _NEIGHBOUR.findall(text)]
    if found and "this process has" not in text and "ncluding non-PyTorch memory" not in text:
        return found[:-1]
    return found


def _memory_remedies(
    sizes: Mapping[str, int | None], neighbours: Sequence[tuple[int, int]], batch: int | None
) -> tuple[str, ...]:
    remedies = []
    if neighbours:
        pids = " and ".join(f"{pid} ({binary(size)})" for pid, size in neighbours)
        remedies.append(f"another GPU, or end what shares this one: process {pids}")
    reserved, asked = sizes["reserved_unallocated_bytes"], sizes["asked_bytes"]
    if reserved and asked and reserved >= asked:
        remedies.append(
            f"PYTORCH_ALLOC_CONF=expandable_segments:True, since {binary(reserved)} are reserved "
            "in pieces that do not fit"
        )
    remedies.append(f"batch {batch // 2} instead of {batch}" if batch and batch > 1 else _HALF)
    remedies.append("mixed precision, or smaller inputs")
    return tuple(remedies)


_HALF: Final = "a smaller batch: half of it"


def _size(expression: re.Pattern[str], text: str) -> int | None:
    found = expression.search(text)
    if found is None:
        return None
    number, unit = (group for group in found.groups() if group is not None)
    return _bytes(number, unit)


def _bytes(number: str, unit: str) -> int:
    return round(float(number.rstrip(".")) * _UNITS[unit])


def _port(clue: Clue, lines: Sequence[LogLine]) -> Clue:
    """Return the clue with the port, which older versions name in a line before."""
    near = [line.text for line in lines[max(0, clue.at - 20) : clue.at + 1]] if clue.at >= 0 else []
    for text in (clue.text, *reversed(near)):
        for expression in _PORTS:
            if found := expression.search(text):
                port = int(next(group for group in found.groups() if group))
                remedies = (f"see who holds port {port}: ss -ltnp 'sport = :{port}'",)
                return replace(
                    clue, facts={**clue.facts, "port": port}, remedies=clue.remedies[:1] + remedies
                )
    return clue


def _missing_rank(clue: Clue, lines: Sequence[LogLine]) -> Clue:
    """Return the clue with the rank whose last collective lies furthest behind."""
    done: dict[int, int] = {}
    waited: dict[int, tuple[int, str]] = {}
    seen: dict[int, LogLine] = {}
    world = 0
    for line in lines:
        if "ank " not in line.text and "anks" not in line.text and "orld" not in line.text:
            continue
        text = peel(line)[1]
        if found := _COMPLETED.search(text):
            done[int(found["rank"])] = int(found["number"])
            seen.setdefault(int(found["rank"]), line)
        if found := _WORK.search(text):
            rank = int(found["rank"])
            waited.setdefault(rank, (int(found["number"]), found["what"]))
            seen.setdefault(rank, line)
        elif size := _WORLD.search(text):
            world = max(world, int(size[1]))
    missing = _furthest_behind(done) or _furthest_behind(
        {rank: number for rank, (number, _) in waited.items()}
    )
    absent = [rank for rank in range(world) if rank not in waited] if waited else []
    if missing is None and len(absent) == 1:
        missing = absent[0]
    if not waited:
        return clue
    return _named(clue, missing, waited, seen)


def _furthest_behind(numbers: Mapping[int, int]) -> int | None:
    """Return the one rank with the lowest number, or None when several share it."""
    if len(numbers) < 2:
        return None
    lowest = min(numbers.values())
    ranks = [rank for rank, number in numbers.items() if number == lowest]
    return ranks[0] if len(ranks) == 1 else None


def _named(
    clue: Clue,
    missing: int | None,
    waited: Mapping[int, tuple[int, str]],
    seen: Mapping[int, LogLine],
) -> Clue:
    others = sorted(rank for rank in waited if rank != missing)
    number, operation = waited[others[0]] if others else next(iter(waited.values()))
    facts: dict[str, str | int | float] = {
        "operation": operation,
        "number": number,
        "waiting_ranks": ", ".join(map(str, others)),
    }
    if missing is None:
        what = f"the ranks waited in vain for each other in {operation} {number}"
        return replace(clue, what=what, facts={**clue.facts, **facts}, rank=None)
    shown = clue.evidence
    if missing in seen:
        shown = (*shown, evidence(seen[missing]))
    return replace(
        clue,
        what=f"did not come to {operation} {number}, for which the other ranks waited",
        rank=missing,
        facts={**clue.facts, **facts, "missing_rank": missing},
        evidence=tuple(dict.fromkeys(shown)),
        remedies=(f"read what rank {missing} did last", *clue.remedies[1:]),
    )
