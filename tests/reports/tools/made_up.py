"""Results as tools would have said them, of numbers that could be true."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from cockpit.tool_runs.events import (
    Cell,
    Event,
    Finding,
    Finished,
    Level,
    Measurement,
    Outcome,
    Progress,
    Row,
    Started,
)
from cockpit.tool_runs.result import ToolAsked, ToolResult, fold_all

BEGAN_S = 1_795_286_587.0
GIB = 1 << 30
VERSIONS = {"python": "3.11.9", "torch": "2.13.0", "gpu": "NVIDIA GeForce RTX 2080"}
PASSED = Finished(BEGAN_S + 72, Outcome.PASSED, "")


def asked(tool: str, **values: str) -> ToolAsked:
    arguments = tuple(word for name, value in values.items() for word in (f"--{name}", value))
    return ToolAsked(tool, BEGAN_S, "/home/ada/envs/epri/bin/python", values, None, arguments)


def result(
    tool: str,
    tables: Mapping[str, Iterable[Mapping[str, Cell]]],
    *more: Event,
    versions: Mapping[str, str | None] = VERSIONS,
) -> ToolResult:
    rows = [
        Row(BEGAN_S + 1 + at, name, values)
        for name, table in tables.items()
        for at, values in enumerate(table)
    ]
    return fold_all(tool, [Started(BEGAN_S, tool, (tool,), versions), *rows, *more])


def memory_row(batch: int, image_size: int = 640, *, is_gpu: bool = True) -> dict[str, Cell]:
    used = int((1.45 + 0.473 * batch) * GIB * (image_size / 640) ** 2)
    speed = 168 * batch / (batch + 3.1)
    return {
        "batch": batch,
        "image_size": image_size,
        "allocated_bytes": int(used * 0.83) if is_gpu else used,
        "reserved_bytes": int(used * 0.92) if is_gpu else None,
        "driver_used_bytes": used if is_gpu else None,
        "context_bytes": 400 << 20 if is_gpu else None,
        "samples_per_s": speed,
        "step_time_ms": 1000 * batch / speed,
        "kind": "gpu" if is_gpu else "host (no GPU)",
        "outcome": "ok",
        "needed_bytes": None,
    }


def oom_row(batch: int, needed_bytes: int | None) -> dict[str, Cell]:
    return dict.fromkeys(memory_row(1)) | {
        "batch": batch, "image_size": 640, "outcome": "out of memory", "needed_bytes": needed_bytes
    }  # fmt: skip


def fit_rows() -> list[dict[str, Cell]]:
    return [
        {"batch": batch, "image_size": 640, "predicted_bytes": int((1.5 + 0.473 * batch) * GIB)}
        for batch in range(1, 17)
    ]


def memory() -> ToolResult:
    rows = [memory_row(batch) for batch in (1, 2, 4, 6, 8, 10, 12, 13)]
    return result(
        "memory",
        {"memory": [*rows, oom_row(16, int(8.9 * GIB))], "fit": fit_rows()},
        Measurement(BEGAN_S + 60, "memory.limit", 8.0 * GIB, "bytes", {"memory_kind": "gpu"}),
        Measurement(BEGAN_S + 60, "memory.largest_batch", 12.0, "samples"),
        Finding(Level.OK, "memory.prediction", "the prediction is good: 0.8 % off over 8 batches"),
        Finding(
            Level.WARNING,
            "memory.preset",
            "batch 16, the preset's, does not fit",
            "set batch-size = 12",
        ),
        Finding(
            Level.OK,
            "memory.largest",
            "take batch 12 a rank: peak 7.1 of 8.0 GiB, 11 % spare, 99 % of the best speed",
        ),
        PASSED,
    )


def scaling() -> ToolResult:
    rows: list[dict[str, Cell]] = []
    one = 212.0
    for mode, method, losses in (
        ("weak", "ddp", {1: 1.0, 2: 0.95, 4: 0.9, 8: 0.81, 16: 0.66}),
        ("strong", "ddp", {1: 1.0, 2: 0.91, 4: 0.78, 8: 0.55, 16: 0.33}),
        ("weak", "data_parallel", {1: 1.0, 2: 0.8, 4: 0.5, 8: 0.27}),
    ):
        for ranks, efficiency in losses.items():
            batch = 16 if mode == "weak" else max(1, 16 // ranks)
            speed = one * ranks * efficiency
            step = 1000 * batch * ranks / speed
            compute = step * efficiency * 0.97
            wait = step * 0.03 + (step - compute) * 0.2
            has_one = ranks > 1
            rows.append({
                "mode": mode, "method": method, "world_size": ranks, "batch_per_rank": batch,
                "global_batch": batch * ranks, "samples_per_s": speed, "step_time_ms": step,
                "speedup": ranks * efficiency, "scaling_efficiency": efficiency,
                "karp_flatt": (1 / (ranks * efficiency) - 1 / ranks) / (1 - 1 / ranks)
                if has_one else None,
                "data_wait_ms": wait, "compute_ms": compute,
                "communication_ms": max(0.0, step - compute - wait), "spread_pct": 1.7,
            })  # fmt: skip
    return result(
        "scaling",
        {"scaling": rows},
        Finding(
            Level.WARNING,
            "scaling.cause",
            "network overhead: at 16 ranks communication takes 27 % of a step; stop at 8",
            "cockpit collectives measures the links",
        ),
        PASSED,
    )


def op_row(op: str, size: int, factor: float, *, in_place: bool = False) -> dict[str, Cell]:
    time_us = 22.0 + size / (11.9e3 * (1.03 if in_place else 1.0)) * factor
    algbw = size / time_us / 1e3
    return {
        "op": op, "size_bytes": size, "count": size // 4, "dtype": "float32",
        "in_place": in_place, "time_us": time_us, "time_p99_us": time_us * 1.2,
        "time_min_us": time_us * 0.97, "time_max_us": time_us * 1.4, "algbw_gb_per_s": algbw,
        "busbw_gb_per_s": algbw * factor, "wrong": 0,
    }  # fmt: skip


def pair_rows(ranks: int, slow: tuple[int, int] = (3, 6)) -> list[dict[str, Cell]]:
    rows: list[dict[str, Cell]] = []
    for source in range(ranks):
        for target in range(ranks):
            if source == target:
                continue
            near = source // 4 == target // 4
            speed = (12.4 if near else 8.9) + 0.07 * ((source * 7 + target * 3) % 5)
            speed = 2.13 if (source, target) == slow else speed
            rows.append({
                "source_rank": source, "target_rank": target, "gb_per_s": speed,
                "latency_us": 9.5 if near else 17.25,
            })  # fmt: skip
    return rows


def collectives(ranks: int = 8) -> ToolResult:
    tables: dict[str, list[dict[str, Cell]]] = {}
    for op, factor in (
        ("all_reduce", 2 * (ranks - 1) / ranks),
        ("all_gather", (ranks - 1) / ranks),
        ("reduce_scatter", (ranks - 1) / ranks),
        ("broadcast", 1.0),
        ("all_to_all", (ranks - 1) / ranks),
    ):
        sizes = [1024 << (2 * step) for step in range(10)]
        tables[op] = [op_row(op, size, factor) for size in sizes]
        tables[op] += [op_row(op, size, factor, in_place=True) for size in sizes[-2:]]
    tables["pairs"] = pair_rows(ranks)
    return result(
        "collectives",
        tables,
        Measurement(BEGAN_S + 9, "all_reduce.latency", 22.0, "us", {"world_size": ranks}),
        Finding(
            Level.WARNING,
            "collectives.pairs",
            "rank 3 to rank 6 reaches 2.1 GB/s, a quarter of the others: look at its PCIe slot",
            "nvidia-smi topo -m",
        ),
        PASSED,
    )


def steptime() -> ToolResult:
    phases = {
        "data_wait": 12.4, "host_to_device": 1.31, "forward": 21.7, "backward": 33.05,
        "optimizer": 2.2, "collective": 5.4,
    }  # fmt: skip
    total = sum(phases.values())
    return result(
        "steptime",
        {
            "steptime": [
                {"phase": name, "time_ms": time_ms, "share_pct": 100 * time_ms / total}
                for name, time_ms in phases.items()
            ]
        },
        Finding(
            Level.NOTE,
            "steptime.cause",
            "data loading bottleneck: 16 % of a step waits for data",
            "more workers (--workers)",
        ),
        PASSED,
    )


def broken_off() -> ToolResult:
    rows = [memory_row(batch) for batch in (1, 2, 4)]
    return result("memory", {"memory": rows}, Progress(BEGAN_S + 20, 3, 9, "batch 8"))
