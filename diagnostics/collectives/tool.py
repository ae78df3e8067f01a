"""`collectives`: how fast the ranks of this machine talk to each other, and whether it is right."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from pathlib import Path
from typing import Any, Iterator, TextIO

from diagnostics.collectives import verdicts as verdict
from diagnostics.collectives.fit import fit
from diagnostics.collectives.formulas import OPS
from diagnostics.collectives.plan import DTYPES, Plan, count_gpus, parse, plan_of, within_memory
from diagnostics.collectives.rows import Gathering, collective_row, pair_row
from diagnostics.emit import emit, emit_finding, emit_row
from diagnostics.ranks.run import RanksFailed, RanksSilent, RanksStopped, run_ranks

WORKER = "diagnostics.collectives.rank:work"
NCCL_TALK = {"NCCL_DEBUG": "INFO", "NCCL_DEBUG_SUBSYS": "INIT"}


def collectives(arguments: list[str], out: TextIO) -> tuple[str, str]:
    """Measure, emit each row as soon as it is known, and judge what there is at the end."""
    options = parse(arguments)
    plan = within_memory(plan_of(options, count_gpus(options)), out)
    sweep = Sweep(plan, out)
    with _nccl_log(plan.backend) as (environ, log):
        ended = _listen(sweep, environ, options.limit)
        sweep.judge("\n".join(file.read_text(errors="replace") for file in log.glob("*")))
    if ended is not None:
        return ended
    if not sweep.rows and not sweep.pairs:
        return "failed", "nothing could be measured"
    if any(row["wrong"] for row in [*sweep.rows, *sweep.pairs]):
        return "failed", "some results are wrong"
    return "passed", f"{len(sweep.rows)} results on {plan.world_size} ranks over {plan.backend}"


class Sweep:
    """What has been measured so far."""

    def __init__(self, plan: Plan, out: TextIO) -> None:
        self.plan = plan
        self.rows: list[dict[str, Any]] = []
        self.pairs: list[dict[str, Any]] = []
        self.out = out
        self._phases = plan.phases()
        self._done = 0
        self._not_finite = 0
        self._gathering = Gathering(plan.world_size)
        self._devices: dict[int, str] = {}
        self._peers: dict[int, list[int]] = {}

    def begin(self, pids: list[int]) -> None:
        """Say which processes the ranks are."""
        for rank, pid in enumerate(pids):
            labels = {"rank": rank, "backend": self.plan.backend, "world_size": len(pids)}
            emit("measurement", self.out, name="rank.pid", value=pid, unit="", **labels)
        self._say_progress()

    def hear(self, rank: int, fields: dict[str, Any]) -> None:
        """Take what one rank said; emit a row when all have spoken of it."""
        if "device" in fields:
            self._devices[rank], self._peers[rank] = fields["device"], fields["peers"]
        elif "source_rank" in fields:
            self.pairs.append(pair_row(fields))
            emit_row("pairs", self.pairs[-1], self.out)
            self._step()
        elif said := self._gathering.add(fields):
            self._take(said)
            self._step()

    def judge(self, nccl_log: str) -> None:
        """Emit what the figures mean."""
        if not self.rows and not self.pairs:
            return
        plan = self.plan
        for op in plan.ops:
            self._emit_fit(op)
        reduced = [row["busbw_gb_per_s"] or 0.0 for row in self.rows if row["op"] == "all_reduce"]
        devices = [self._devices[rank] for rank in sorted(self._devices)]
        findings = [
            verdict.judge_correct([*self.rows, *self.pairs], self._not_finite),
            verdict.judge_pairs(self.pairs, plan.backend),
            verdict.judge_transports(nccl_log, self._peers),
        ]
        if reduced or plan.backend != "nccl":
            best = max(reduced, default=0.0)
            findings.append(verdict.judge_link(plan.backend, devices, self._peers, best))
        for finding in filter(None, findings):
            emit_finding(finding, self.out)

    def _take(self, said: list[dict[str, Any]]) -> None:
        lacking = [one for one in said if "lacks" in one]
        if lacking:
            told = next((one for one in lacking if one["error"]), lacking[0])
            emit_finding(verdict.judge_lack(told, self.plan.backend), self.out)
            return
        self._not_finite += sum(one["not_finite"] for one in said)
        self.rows.append(collective_row(said, self.plan.dtype, DTYPES[self.plan.dtype]))
        emit_row(self.rows[-1]["op"], self.rows[-1], self.out)

    def _emit_fit(self, op: str) -> None:
        rows = [row for row in self.rows if row["op"] == op]
        line = fit([(row["size_bytes"], row["time_p50_us"] / 1e6) for row in rows])
        if line is None:
            return
        plateau = line.bytes_per_s / 1e9 * OPS[op].factor(self.plan.world_size)
        for name, value, unit in (
            ("latency", line.latency_s * 1e6, "us"),
            ("plateau_busbw", plateau, "GB/s"),
            ("half_size", line.half_bytes, "bytes"),
            ("fit_error", line.error, ""),
        ):
            emit("measurement", self.out, name=f"{op}.{name}", value=value, unit=unit)

    def _step(self) -> None:
        self._done += 1
        self._say_progress()

    def _say_progress(self) -> None:
        total = len(self._phases)
        what = self._phases[self._done] if self._done < total else "the ranks leave"
        emit("progress", self.out, done=self._done, total=total, what=what)


def _listen(sweep: Sweep, environ: dict[str, str], limit_s: float) -> tuple[str, str] | None:
    """Take what the ranks say; return outcome and reason when it broke off, else None."""
    plan = sweep.plan
    asked = {"ops": plan.ops, "sizes": plan.sizes, "dtype": plan.dtype}
    asked.update(iterations=plan.iterations, warmup=plan.warmup, pair_bytes=plan.pair_bytes)
    asked.update(limit_s=limit_s)
    try:
        for rank, fields in run_ranks(
            WORKER,
            [json.dumps(asked)],
            plan.world_size,
            plan.backend,
            limit_s,
            environ=environ,
            on_start=sweep.begin,
        ):
            sweep.hear(rank, fields)
    except RanksSilent as silence:
        emit_finding(verdict.judge_silence(silence, plan.backend), sweep.out)
        return "failed", str(silence)
    except RanksFailed as failure:
        emit_finding(verdict.judge_death(failure), sweep.out)
        return "failed", str(failure)
    except RanksStopped as stop:
        return "stopped", f"{stop}: what was measured until then is kept"
    return None


@contextlib.contextmanager
def _nccl_log(backend: str) -> Iterator[tuple[dict[str, str], Path]]:
    """Give what makes NCCL say over what it talks, and the folder that it says it in.

    Who has asked NCCL to talk gets its words as wanted, on stderr.
    """
    with tempfile.TemporaryDirectory(prefix="cockpit-nccl-") as folder:
        is_ours = backend == "nccl" and "NCCL_DEBUG" not in os.environ
        talk = {**NCCL_TALK, "NCCL_DEBUG_FILE": f"{folder}/%h.%p"} if is_ours else {}
        yield talk, Path(folder)
