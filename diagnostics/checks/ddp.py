"""The smoke test: a real training of two steps on several ranks, beside everything else."""

from __future__ import annotations

import importlib
import importlib.util
import os
import threading
from pathlib import Path
from typing import Any, Mapping, NamedTuple

from diagnostics import host, trials
from diagnostics.checks import topology
from diagnostics.emit import NOTE, OK, PROBLEM, Finding
from diagnostics.ranks.run import RanksFailed, RanksSilent, run_ranks

WORKER = "diagnostics.checks.ddp_rank:work"
CODE = "ddp.step"
CPU_RANKS = 2
SILENCE_S = 40.0
"""NCCL takes some seconds to find its ways over many GPUs."""


class Plan(NamedTuple):
    """Where the two steps are taken."""

    backend: str
    world_size: int
    environ: Mapping[str, str] = {}
    """What the ranks are told besides."""

    @property
    def words(self) -> str:
        """`2 CPU ranks (gloo)`."""
        if self.backend == "gloo":
            return f"{self.world_size} CPU ranks (gloo)"
        return f"{self.world_size} GPU{'' if self.world_size == 1 else 's'} (nccl)"


class Outcome(NamedTuple):
    """How the test ended; what the ranks said, and what broke."""

    said: dict[int, dict[str, Any]]
    error: BaseException | None = None


def plan(gpus: str, environ: Mapping[str, str]) -> Plan:
    """Return what `--gpus` asks for: numbers in the driver's order, `cpu`, or as `auto` all."""
    if gpus == "cpu" or (gpus == "auto" and not (host.has_nvidia_device() and has_cuda_build())):
        return Plan("gloo", CPU_RANKS)
    if gpus != "auto":
        names = [name for name in gpus.split(",") if name]
        order = {"CUDA_DEVICE_ORDER": "PCI_BUS_ID", "CUDA_VISIBLE_DEVICES": ",".join(names)}
        return Plan("nccl", len(names), order)
    visible = environ.get("CUDA_VISIBLE_DEVICES")
    if visible is not None:
        count = len([name for name in visible.split(",") if name.strip() not in ("", "-1")])
    else:
        count = len(list(Path("/dev").glob("nvidia[0-9]*"))) or len(topology.find_gpus())
    return Plan("nccl", count) if count else Plan("gloo", CPU_RANKS)


def has_cuda_build() -> bool:
    """Say whether the installed torch is built for CUDA; it is not imported for that."""
    try:
        spec = importlib.util.find_spec("torch")
        if spec is None or spec.origin is None:
            return False
        text = Path(spec.origin).with_name("version.py").read_text(errors="replace")
    except (ImportError, ValueError, OSError):
        return False
    lines = [line.partition("=") for line in text.splitlines()]
    values = [value.strip() for name, _, value in lines if name.split(":")[0].strip() == "cuda"]
    return bool(values) and values[-1] not in ("None", "")


class SmokeTest:
    """Runs in a thread, so that the ranks import torch while all else is looked at."""

    def __init__(
        self,
        plan: Plan,
        worker: str = WORKER,
        silence_limit_s: float = SILENCE_S,
        *,
        is_forked: bool = False,
    ) -> None:
        self.plan = plan
        self.pids: list[int] = []
        self.said: dict[int, dict[str, Any]] = {}
        self._worker = worker
        self._silence_limit_s = silence_limit_s
        self._is_forked = is_forked
        self._error: BaseException | None = None
        self._started = threading.Event()
        self._thread = threading.Thread(target=self._run, name="ddp", daemon=True)

    def start(self) -> None:
        """Start the ranks; returns when their processes are there."""
        self._thread.start()
        self._started.wait(10.0)

    def finish(self, timeout_s: float | None = None) -> Outcome:
        """Wait for the end and return how it went."""
        self._thread.join(timeout_s)
        return Outcome(self.said, self._error)

    def _run(self) -> None:
        plan = self.plan
        try:
            for said in run_ranks(
                self._worker,
                [],
                plan.world_size,
                plan.backend,
                self._silence_limit_s,
                environ={"TORCH_CPP_LOG_LEVEL": "ERROR", **plan.environ},
                on_start=self._note,
                is_forked=self._is_forked,
            ):
                self.said.setdefault(said.rank, {}).update(said.fields)
        except (RanksFailed, RanksSilent, *trials.TRIAL_ERRORS) as error:
            self._error = error
        finally:
            self._started.set()

    def _note(self, pids: list[int]) -> None:
        self.pids = pids
        self._started.set()


def import_compiler() -> None:
    """Import what DistributedDataParallel imports when it is made: a second, once for all ranks."""
    if importlib.util.find_spec("torch._dynamo") is not None:
        importlib.import_module("torch._dynamo")


def should_try(environ: Mapping[str, str] = os.environ) -> bool:
    """Say whether there is a torch to try it with."""
    try:
        return importlib.util.find_spec("torch") is not None
    except (ImportError, ValueError):
        return False


def judge(plan: Plan, outcome: Outcome) -> Finding:
    """Say how the two steps went; a rank that hung or died is named."""
    tried = f"2 training steps under DistributedDataParallel on {plan.words}"
    error = outcome.error
    if isinstance(error, RanksSilent):
        return Finding(PROBLEM, CODE, f"{tried} hung {_where(error)}", _remedy(plan))
    if isinstance(error, RanksFailed):
        lines = [line for line in error.stderr if line.strip()]
        last = "" if not lines or lines[-1] in str(error) else f"\n{lines[-1]}"
        return Finding(PROBLEM, CODE, f"{tried}: {error}{last}", _remedy(plan))
    if error is not None:
        return Finding(PROBLEM, CODE, f"{tried}: {trials.first_line(error)}", _remedy(plan))
    return _judge_parameters(plan, outcome.said, tried)


def judge_links(outcome: Outcome) -> list[Finding]:
    """Say what the PCIe links did under load, where GPUs told."""
    links = [
        (f"{said.get('gpu', 'GPU')} of rank {rank}", topology.Link(**said["link"]))
        for rank, said in sorted(outcome.said.items())
        if said.get("link")
    ]
    return topology.judge_links(links)


def judge_unreachable(plan: Plan) -> Finding:
    """Say that it was not tried, because torch reaches no GPU: that is a finding of its own."""
    return Finding(NOTE, CODE, f"no training steps on {plan.words}: torch reaches no GPU")


def _judge_parameters(plan: Plan, said: dict[int, dict[str, Any]], tried: str) -> Finding:
    silent = [rank for rank in range(plan.world_size) if "differing" not in said.get(rank, {})]
    if silent:
        return Finding(PROBLEM, CODE, f"{tried}: {_ranks(silent)} told nothing", _remedy(plan))
    differing = [rank for rank, fields in sorted(said.items()) if fields["differing"]]
    if differing:
        what = f"{tried}: the parameters differ between {_ranks(differing)}"
        return Finding(PROBLEM, CODE, what, _remedy(plan))
    for name, words in (("is_finite", "are not finite"), ("has_changed", "did not change")):
        wrong = [rank for rank, fields in sorted(said.items()) if not fields[name]]
        if wrong:
            what = f"{tried}: the parameters of {_ranks(wrong)} {words}"
            return Finding(PROBLEM, CODE, what, _remedy(plan))
    return Finding(OK, CODE, f"{tried}: parameters changed, equal on all ranks")


def _where(error: RanksSilent) -> str:
    if not error.missing:
        return f"at «{error.what}»: all ranks wait there"
    arrived = f", where {_ranks(error.arrived)} waited" if error.arrived else ""
    return f"at «{error.what}»{arrived}: missing {_ranks(error.missing)}"


def _ranks(ranks: list[int]) -> str:
    return ("rank " if len(ranks) == 1 else "ranks ") + ", ".join(map(str, ranks))


def _remedy(plan: Plan) -> str:
    if plan.backend == "gloo":
        return "see stderr for the ranks' own words; GLOO_SOCKET_IFNAME=lo if the network is odd"
    return (
        "NCCL_DEBUG=INFO cockpit check tells more; if NCCL_P2P_DISABLE=1 helps, see gpu.p2p and"
        " iommu.state"
    )
