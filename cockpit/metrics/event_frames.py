"""How TensorBoard's event files hold their records: u64 length, its checksum, data, its checksum.

The checksums are CRC-32C, turned and shifted as TFRecord files do (`masked`).
"""

from __future__ import annotations

import struct
from functools import cache
from typing import Final

HEAD_BYTES: Final = 12
"""The length and its checksum."""
FOOT_BYTES: Final = 4
"""The checksum of the data."""
_LENGTH: Final = struct.Struct("<Q")
_CHECKSUM: Final = struct.Struct("<I")
_POLYNOMIAL: Final = 0x82F63B78
_MASK: Final = 0xA282EAD8


def record_length(head: bytes, at: int = 0) -> int | None:
    """Return how long the data of the record is whose head begins `at`; None for no such head."""
    length = head[at : at + _LENGTH.size]
    if _CHECKSUM.unpack_from(head, at + _LENGTH.size)[0] != masked_crc(length):
        return None
    return int(_LENGTH.unpack(length)[0])


def has_right_checksum(data: bytes, foot: bytes) -> bool:
    """Say whether the data of a record is what was written."""
    return bool(_CHECKSUM.unpack(foot)[0] == masked_crc(data))


def masked_crc(data: bytes) -> int:
    """Return the checksum of `data` as these files hold it."""
    table, crc = _table(), 0xFFFFFFFF
    for byte in data:
        crc = table[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    crc ^= 0xFFFFFFFF
    return (((crc >> 15) | (crc << 17)) + _MASK) & 0xFFFFFFFF


@cache
def _table() -> tuple[int, ...]:
    entries = []
    for number in range(256):
        entry = number
        for _ in range(8):
            entry = (entry >> 1) ^ _POLYNOMIAL if entry & 1 else entry >> 1
        entries.append(entry)
    return tuple(entries)
