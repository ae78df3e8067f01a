"""Shall a failed run be started again, when, and with what changed? Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

LONGEST_WAIT_S: Final = 600.0
OUT_OF_MEMORY: Final = ("cuda_oom", "cublas_alloc_failed")
HOPELESS: Final = frozenset(
    {
        "bad_labels",
        "checkpoint_mismatch",
        "cuda_not_available",
        "ddp_shape_mismatch_between_ranks",
        "ddp_unused_parameters",
        "device_mismatch_tensors",
        "disk_full",
        "driver_too_old",
        "fork_reinit_cuda",
        "launcher_arg_mismatch",
        "missing_dataset_path",
        "missing_shared_library",
        "nccl_version_mismatch",
        "no_kernel_image",
        "numpy_abi",
        "out_of_gpu_index",
        "permission_denied",
        "shm_bus_error",
        "spawn_main_guard",
        "torchvision_nms_mismatch",
        "weights_only_unpickling",
    }
)
"""Causes that are there again at the next start: somebody must change something first."""


@dataclass(frozen=True, slots=True)
class Failure:
    """How one attempt failed."""

    cause: str
    """The stable code of its cause."""
    what: str
    """The sentence that names it."""
    epoch: int | None
    """The last epoch that was done."""

    def is_same_place(self, other: Failure) -> bool:
        """Say whether both failed for one cause at one place."""
        return (self.cause, self.what, self.epoch) == (other.cause, other.what, other.epoch)


@dataclass(frozen=True, slots=True)
class BatchKeys:
    """Which preset keys hold the batch, and what stands there now."""

    batch: str
    """Dotted: `args.batch-size`."""
    value: int
    """As the trainer counts it: of a rank, or of the whole world."""
    smallest: int = 1
    """Of this a batch must be a multiple: there is one sample for each rank."""
    accumulation: str | None = None
    """Dotted key of the accumulation steps, where the trainer has them."""
    steps: int = 1


@dataclass(frozen=True, slots=True)
class Again:
    """Start the run again."""

    wait_s: float
    changes: Mapping[str, str] = field(default_factory=dict)
    """Dotted preset keys to their new values."""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Enough:
    """Leave it; `why` is None where no retry was asked for."""

    why: str | None = None


def decide_retry(
    failures: Sequence[Failure],
    *,
    attempts: int,
    wait_s: float,
    batch: BatchKeys | None,
    is_complete: bool = False,
) -> Again | Enough:
    """Return what follows the last of `failures`, oldest first; `attempts` is the most retries.

    Waits double: wait_s, 2 wait_s, … up to ten minutes. Out of memory is tried again only with a
    smaller batch, any other cause only if it has not just happened at the same place.
    """
    if attempts < 1 or not failures:
        return Enough()
    if is_complete:
        return Enough("not started again: all epochs are done")
    last, tries = failures[-1], len(failures) - 1
    if tries >= attempts:
        return Enough(f"not started again: it failed {len(failures)} times")
    wait = min(LONGEST_WAIT_S, wait_s * 2**tries)
    if last.cause in OUT_OF_MEMORY:
        return _with_smaller_batch(batch, wait)
    if last.cause in HOPELESS:
        return Enough("not started again: this would happen again")
    if len(failures) > 1 and last.is_same_place(failures[-2]):
        return Enough("not started again: it failed twice at the same place")
    return Again(wait)


def _with_smaller_batch(batch: BatchKeys | None, wait_s: float) -> Again | Enough:
    if batch is None:
        return Enough("not started again: the preset does not say what its batch is ([batch])")
    half = batch.value // 2 // batch.smallest * batch.smallest
    if half < batch.smallest:
        return Enough(f"not started again: the batch is {batch.value} already")
    changes = {batch.batch: str(half)}
    why = f"batch {batch.value} → {half}"
    if batch.accumulation is not None:
        changes[batch.accumulation] = str(batch.steps * 2)
        why += f", {batch.steps * 2} accumulation steps: the global batch stays"
    return Again(wait_s, changes, why)
