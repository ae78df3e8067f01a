"""The cells of a line of text that is a row of a table."""

from __future__ import annotations

import csv
from typing import Final

from cockpit.metrics.log_lines import strip_codes

BLANKS: Final = "\ufeff \t\r"
"""What stands on an empty line all the same."""
FEW: Final = 10
"""One undecodable character in this many may be a name in an old encoding."""
SHORT: Final = 40
"""A line shorter than this may hold as many as one of this length."""
_LOOKED_AT: Final = 16


def split_row(line: str, delimiter: str = ",") -> list[str]:
    """Return the cells of a row without the blanks around them."""
    text = line.lstrip("\ufeff").rstrip("\r")
    if '"' in text:
        try:
            return [cell.strip() for cell in next(csv.reader([text], delimiter=delimiter), [])]
        except csv.Error:
            return []
    cells = text.split(delimiter)
    return [cell.strip() for cell in cells] if " " in text or "\t" in text else cells


def number(cell: str, delimiter: str = ",") -> float | None:
    """Return a cell's number, NaN and infinity included; None for an empty or a wordy one.

    Between semicolons a comma is the decimal point, as spreadsheets write it in half of Europe.
    """
    try:
        return float(cell)
    except ValueError:
        if delimiter == ";" and cell.count(",") == 1 and "." not in cell:
            return number(cell.replace(",", "."))
        return None


def plain_name(cell: str) -> str:
    """Return a name without control codes: it is going to be printed on a terminal."""
    return cell if cell.isprintable() else strip_codes(cell).strip()


def is_binary(line: str) -> bool:
    """Return True for what no text holds: a NUL, or many bytes that are not UTF-8."""
    return "\0" in line or line.count("\ufffd") * FEW > max(len(line), SHORT)


def is_utf16(line: str) -> bool:
    """Return True for a first line that has a NUL before or after each character."""
    start = line.removeprefix("\ufffd\ufffd")[:_LOOKED_AT]
    nuls = [set(start[at::2]) == {"\0"} for at in (0, 1)]
    return len(start) > 2 and nuls[0] != nuls[1]
