"""One probe: a process of its own that trains a few steps of one batch size and tells what it took.

It speaks to its parent over a pipe, one JSON object a line, and ends when its stdin is closed.
A command that stands in for it does the same: `doing`, `limit_bytes` and `kind`, and at last `end`.
"""

from __future__ import annotations

import errno
import importlib
import json
import os
import re
import sys
import threading
from typing import Any, Callable, Iterator, NamedTuple, Sequence

from diagnostics import gpu_memory, host_memory
from diagnostics.memory_step import Training, median
from diagnostics.own_process import die_with_parent
from diagnostics.tracebacks import traceback_of
from diagnostics.trials import first_line
from diagnostics.workload import WorkloadError, load_workload

PIPE = "COCKPIT_PROBE_PIPE"
"""The environment variable that names the descriptor to speak on."""

OK = "ok"
OUT_OF_MEMORY = "out of memory"
FAILED = "failed"

HOST = "host (no GPU)"
GPU = "gpu"

UNITS = {"bytes": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}
NO_MEMORY = (
    "out of memory",
    "can't allocate memory",
    "cannot allocate memory",
    "unable to allocate",
    "cublas_status_alloc_failed",
    "cudnn_status_alloc_failed",
    "could not create a memory object",
    "std::bad_alloc",
    "failed to map segment",
    "can't start new thread",
    "thread creation failed",
)
"""What torch, its libraries and the loader say when there is no memory left; in small letters."""
NOT_MEMORY = "static tls block"
"""The loader cannot allocate memory in it whatever there is: libraries came in a wrong order."""


class ProbeAsk(NamedTuple):
    """What one probe is to do."""

    model: str
    image_size: int
    batch: int
    device: str
    """cuda or cpu."""
    gpu: str
    """The GPU by its name for nvidia-smi."""
    optimizer: str
    amp: bool
    warm_up: int
    steps: int
    limit_bytes: int | None
    """Given by the user; None means all that is free."""
    command: Sequence[str] = ()
    """What is run instead, its placeholders filled in."""


class NoGpu(Exception):
    """A GPU is wanted, and torch reaches none."""


def main(arguments: list[str]) -> None:
    """Do the probe that the first argument describes, and exit."""
    threading.Thread(target=die_with_parent, daemon=True).start()
    pipe = int(os.environ.pop(PIPE))
    os.set_inheritable(pipe, False)
    host_memory.offer_to_oom_killer()

    def say(**fields: Any) -> None:
        os.write(pipe, json.dumps(fields).encode("ascii") + b"\n")

    ask = ProbeAsk(**json.loads(arguments[0]))
    try:
        say(end=_probe(ask, say))
    except WorkloadError as error:
        words = "\n".join(one for one in (error.what, error.traceback_text) if one)
        say(end={"outcome": FAILED, "model_error": words, "remedy": error.remedy})
    except NoGpu as error:
        remedy = "cockpit check says why; --device cpu measures host memory"
        say(end={"outcome": FAILED, "device_error": str(error), "remedy": remedy})
    except (Exception, SystemExit) as error:  # noqa: BLE001 - the top of a process
        say(end=failure_of(error))
    sys.stdout.flush()
    # What a library does at exit, after an error above all, is of no interest and may hang.
    os._exit(0)


def failure_of(error: BaseException) -> dict[str, Any]:
    """Return how a probe that raised has ended."""
    # Whoever catches an error of a model or a library may raise one of their own.
    chain = list(_causes(error))
    if any(map(_is_no_memory, chain)):
        wanted = (wanted_bytes(str(one)) for one in chain)
        return {"outcome": OUT_OF_MEMORY, "wanted_bytes": next(filter(None, wanted), None)}
    what = f"{type(error).__name__}: {first_line(error)}"
    return {"outcome": FAILED, "step_error": f"{what}\n{traceback_of(error)}"}


def says_no_memory(words: str) -> bool:
    """Say whether these words mean that there was no memory left."""
    small = words.lower()
    return NOT_MEMORY not in small and any(one in small for one in NO_MEMORY)


def _is_no_memory(error: BaseException) -> bool:
    is_told = isinstance(error, OSError) and error.errno == errno.ENOMEM
    return is_told or isinstance(error, MemoryError) or says_no_memory(str(error))


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def wanted_bytes(words: str) -> int | None:
    """Return how large the allocation was that failed, from what torch says of it."""
    found = re.search(r"[Tt]ried to allocate ([\d.]+) (bytes|[KMG]iB)?", words)
    return int(float(found[1].rstrip(".")) * UNITS[found[2] or "bytes"]) if found else None


def _probe(ask: ProbeAsk, say: Callable[..., None]) -> dict[str, Any]:
    say(doing="importing torch")
    torch = importlib.import_module("torch")
    if ask.device == "cuda" and not torch.cuda.is_available():
        raise NoGpu(f"torch {torch.__version__} reaches no GPU")
    torch.manual_seed(0)
    if ask.model.endswith((".yaml", ".pt")):
        load_workload(ask.model, ask.image_size)
    gauge = _Gpu(torch, ask) if ask.device == "cuda" else _Host(ask)
    say(limit_bytes=gauge.limit_bytes, kind=gauge.kind, context_bytes=gauge.context_bytes)
    if gauge.is_full:
        return {"outcome": OUT_OF_MEMORY, "needed_bytes": gauge.read()["allocated_bytes"]}
    try:
        done = _train(ask, say)
    except Exception as error:
        # The traceback holds the tensors: the gauge is read before they are gone.
        failed = failure_of(error)
        if failed["outcome"] != OUT_OF_MEMORY:
            raise
        taken = gauge.read()
        used = taken["driver_used_bytes"] or taken["allocated_bytes"] or 0
        wanted = failed.pop("wanted_bytes") or 0
        return {"outcome": OUT_OF_MEMORY, "needed_bytes": used + wanted}
    return {"outcome": OK, **gauge.read(), **done}


def _train(ask: ProbeAsk, say: Callable[..., None]) -> dict[str, Any]:
    say(doing=f"batch {ask.batch}: making the model")
    workload = load_workload(ask.model, ask.image_size)
    training = Training(workload, ask.batch, ask.device, ask.optimizer, ask.amp)
    seconds: list[float] = []
    is_finite = True
    for number, (step_s, is_good) in enumerate(training.steps(ask.warm_up + ask.steps), start=1):
        is_finite = is_finite and is_good
        if number > ask.warm_up:
            seconds.append(step_s)
        say(doing=f"batch {ask.batch}: step {number} of {ask.warm_up + ask.steps}")
    training.validate()
    say(doing=f"batch {ask.batch}: validated")
    # A training goes on after its validation, with the blocks that this has left behind.
    for _, is_good in training.steps(1):
        is_finite = is_finite and is_good
    step_s = median(seconds)
    return {
        "step_time_ms": step_s * 1e3,
        "samples_per_s": ask.batch / step_s,
        "spread_pct": 100 * (max(seconds) - min(seconds)) / step_s,
        "is_finite": is_finite,
        "weight_bytes": training.weight_bytes,
        "has_real_loss": workload.has_real_loss,
    }


class _Host:
    """Reads the memory of this whole process, Python and torch included, where there is no GPU."""

    kind = HOST
    context_bytes: int | None = None

    def __init__(self, ask: ProbeAsk) -> None:
        host_memory.forget_peak()
        has = host_memory.read_resident_bytes() or 0
        free = host_memory.read_available_bytes()
        # What is free comes on top of what this process holds already.
        self.limit_bytes = ask.limit_bytes or (None if free is None else has + free)
        self.is_full = self.limit_bytes is not None and has >= self.limit_bytes
        if self.limit_bytes is not None and not self.is_full:
            host_memory.limit_growth(self.limit_bytes - has)

    def read(self) -> dict[str, int | None]:
        """Return the peak RSS, and nothing of what only a GPU has."""
        peak = host_memory.read_peak_bytes()
        return {"allocated_bytes": peak, "reserved_bytes": None, "driver_used_bytes": None}


class _Gpu:
    """Reads the memory of the one visible GPU: torch's two views, and the driver's."""

    kind = GPU
    is_full = False

    def __init__(self, torch: Any, ask: ProbeAsk) -> None:
        self._torch = torch
        self._start = gpu_memory.start_on_gpu(torch, ask.gpu)
        self.context_bytes = self._start.context_bytes
        free = self._start.total_bytes - (self._start.others_bytes or 0)
        self.limit_bytes: int | None = min(ask.limit_bytes or free, free)
        if ask.limit_bytes is not None:
            gpu_memory.limit_gpu(torch, self._start, ask.limit_bytes)
        torch.cuda.reset_peak_memory_stats()

    def read(self) -> dict[str, int | None]:
        """Return the peaks of torch's views, and what the driver counts now, cached blocks too."""
        cuda = self._torch.cuda
        return {
            "allocated_bytes": cuda.max_memory_allocated(),
            "reserved_bytes": cuda.max_memory_reserved(),
            "driver_used_bytes": gpu_memory.driver_used_bytes(self._torch, self._start),
        }
