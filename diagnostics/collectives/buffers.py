"""The tensors of one collective operation on one rank."""

from __future__ import annotations

from typing import Any, Callable

from diagnostics.collectives import check
from diagnostics.collectives.formulas import Op
from diagnostics.ranks.rank import Rank


class Buffers:
    """The memory of one operation, filled with known values, and the call that works on it."""

    def __init__(self, op: Op, count: int, dtype: Any, me: Rank, *, in_place: bool) -> None:
        import torch

        self.call: Callable[[], Any]
        self._op = op.name
        self._me = me
        n, rank, distributed = me.world_size, me.rank, torch.distributed
        whole = torch.zeros(count * (n if op.is_shared_out else 1), dtype=dtype, device=me.device)
        part = whole[rank * count : (rank + 1) * count] if in_place else None
        self._result, self._sources = whole, [whole]
        mine = check.pattern(rank, n)
        if op.name == "all_gather":
            part = torch.zeros(count, dtype=dtype, device=me.device) if part is None else part
            check.fill(part, mine)
            self._sources = [whole, part]
            gather = _newest(distributed, "all_gather_single", "all_gather_into_tensor")
            self.call = lambda: gather(whole, part)
        elif op.name == "reduce_scatter":
            check.fill(whole, mine)
            part = torch.zeros(count, dtype=dtype, device=me.device) if part is None else part
            self._result, self._sources = part, [whole, part]
            scatter = _newest(distributed, "reduce_scatter_single", "reduce_scatter_tensor")
            self.call = lambda: scatter(part, whole)
        elif op.name == "all_to_all":
            other = torch.zeros_like(whole)
            check.fill(whole, mine)
            self._result, self._sources = other, [whole, other]
            self.call = lambda: distributed.all_to_all_single(other, whole)
        elif op.name == "broadcast":
            if rank == 0:
                check.fill(whole, mine)
            self.call = lambda: distributed.broadcast(whole, 0)
        else:
            check.fill(whole, mine)
            self.call = lambda: distributed.all_reduce(whole)

    def count_wrong(self) -> tuple[int, int]:
        """Return how many elements of the result are wrong, and how many are not finite."""
        n, rank = self._me.world_size, self._me.rank
        length = self._result.numel()
        if self._op == "all_reduce":
            wrong = check.count_wrong(self._result, check.summed(n))
        elif self._op == "reduce_scatter":
            wrong = check.count_wrong(self._result, check.summed(n), rank * length)
        elif self._op == "broadcast":
            wrong = check.count_wrong(self._result, check.pattern(0, n))
        else:
            part = length // n
            offset = rank * part if self._op == "all_to_all" else 0
            wrong = sum(
                check.count_wrong(
                    self._result[source * part : (source + 1) * part],
                    check.pattern(source, n),
                    offset,
                )
                for source in range(n)
            )
        return wrong, check.count_not_finite(self._result) if wrong else 0

    def clear(self) -> None:
        """Write zeros: a sum that goes round and round would overflow."""
        for tensor in self._sources:
            tensor.zero_()


def _newest(module: Any, *names: str) -> Any:
    """Return the function under the first name that this torch has."""
    return next(getattr(module, name) for name in names if hasattr(module, name))
