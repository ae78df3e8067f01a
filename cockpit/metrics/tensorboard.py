"""TensorBoard's event files: scalars by step, of several files as of one training.

The protocol buffers come with `tensorboard`, an extra; without it the table says so.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from cockpit.metrics.axis_names import EPOCH_NAMES
from cockpit.metrics.event_frames import FOOT_BYTES, HEAD_BYTES, has_right_checksum, record_length
from cockpit.metrics.log_lines import strip_codes
from cockpit.metrics.row_table import RowTable
from cockpit.metrics.series import Axis, MetricTable

LONGEST_RECORD: Final = 64 << 10
"""A longer one holds an image or a histogram, and is passed over without being kept."""
CHECKED_BYTES: Final = 4 << 10
"""Of records up to this the checksum is compared: every scalar is far shorter."""
MISSING: Final = "TensorBoard's files need a library: pip install 'cockpit[tensorboard]'"
_TENSORS: Final = {1: "<f", 2: "<d", 3: "<i", 9: "<q"}
"""DataType of TensorFlow to how one number of it is packed."""
_FIELDS: Final = ("float_val", "double_val", "int_val", "int64_val")


class EventFileReader:
    """Takes the bytes of event files in the order in which they began.

    A resumed training writes a further file: what it does again counts.
    """

    def __init__(self) -> None:
        self._parse = _parser()
        self.restart()

    def restart(self) -> None:
        """Forget everything."""
        self._rows = RowTable(Axis.STEP)
        self._files: dict[str, _Frames] = {}
        self._damage: str | None = None
        self._table: MetricTable | None = None

    def feed(self, lines: Sequence[str]) -> None:
        """Ignore lines: there are none in such files."""

    def feed_bytes(self, file: str, data: bytes) -> int:
        """Take what was added to a file; return how much behind it need not be read.

        An unfinished record waits for its end. A folder in the name, `train/events…`, comes before
        the names of its curves. Raises nothing.
        """
        self._table = None
        if self._parse is None:
            return 0
        frames = self._files.setdefault(file, _Frames())
        prefix = file.rpartition("/")[0]
        for record in frames.records(data):
            self._take(record, f"{prefix}/" if prefix else "")
        if frames.damage is not None and self._damage is None:
            self._damage = f"{file.rpartition('/')[2]} is damaged: {frames.damage}"
        return frames.pass_over()

    def table(self) -> MetricTable:
        """Return the curves so far."""
        if self._table is None:
            problem = MISSING if self._parse is None else self._damage
            self._table = self._rows.table(problem=problem)
        return self._table

    def _take(self, record: bytes, prefix: str) -> None:
        event = self._parse(record) if self._parse is not None else None
        if event is None:
            return
        values, epoch = {}, None
        for name, value in _scalars(event):
            if name in EPOCH_NAMES:
                epoch = value
            else:
                values[prefix + strip_codes(name)] = value
        if values or epoch is not None:
            wall_s = event.wall_time or None
            self._rows.put(float(event.step), values, epoch=epoch, wall_s=wall_s)


class _Frames:
    """The records of one file."""

    def __init__(self) -> None:
        self._rest = b""
        self._skip = 0
        """Bytes of a long record that are still to come."""
        self.damage: str | None = None
        self._is_over = False

    def pass_over(self) -> int:
        """Return what is left of a long record, which is then not expected any more."""
        skip, self._skip = self._skip, 0
        return skip

    def records(self, data: bytes) -> Iterator[bytes]:
        """Yield what whole records hold."""
        if self._is_over:
            return
        buffer, at = self._rest + data, 0
        while True:
            if self._skip:
                passed = min(self._skip, len(buffer) - at)
                at, self._skip = at + passed, self._skip - passed
            if len(buffer) - at < HEAD_BYTES:
                break
            length = record_length(buffer, at)
            if length is None:
                self.damage, self._is_over = "what follows cannot be read", True
                break
            end = at + HEAD_BYTES + length + FOOT_BYTES
            if length > LONGEST_RECORD:
                at, self._skip = at + HEAD_BYTES, length + FOOT_BYTES
                continue
            if end > len(buffer):
                break
            record = buffer[at + HEAD_BYTES : end - FOOT_BYTES]
            if length > CHECKED_BYTES or has_right_checksum(record, buffer[end - FOOT_BYTES : end]):
                yield record
            else:
                self.damage = self.damage or "a record was left out"
            at = end
        self._rest = b"" if self._is_over else buffer[at:]


def _parser() -> Callable[[bytes], Any] | None:
    """Return what makes an event of a record, None of no event; None without the library."""
    try:
        from google.protobuf.message import DecodeError  # type: ignore[import-untyped]  # no stubs
        from tensorboard.compat.proto.event_pb2 import Event
    except ImportError:
        return None

    def parse(record: bytes) -> Any:
        try:
            return Event.FromString(record)
        except DecodeError:
            return None

    return parse


def _scalars(event: Any) -> Iterator[tuple[str, float]]:
    for value in event.summary.value:
        kind = value.WhichOneof("value")
        if kind == "simple_value":
            yield value.tag, float(value.simple_value)
        elif kind == "tensor" and (number := _number_of(value.tensor)) is not None:
            yield value.tag, number


def _number_of(tensor: Any) -> float | None:
    """Return a tensor's number; None where it holds several, or none."""
    layout = _TENSORS.get(tensor.dtype)
    if layout is None or any(one.size != 1 for one in tensor.tensor_shape.dim):
        return None
    if len(tensor.tensor_content) == struct.calcsize(layout):
        return float(struct.unpack(layout, tensor.tensor_content)[0])
    numbers = [number for field in _FIELDS for number in getattr(tensor, field)]
    return float(numbers[0]) if len(numbers) == 1 else None
