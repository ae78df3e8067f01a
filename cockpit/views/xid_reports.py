"""The Xids that a supervisor heard on the GPUs of its run, read back from its events."""

from __future__ import annotations

import json
from typing import Final

from cockpit.analysis.xid_cause import XidReport
from cockpit.files import read_end
from cockpit.runs.fields import Fields
from cockpit.runs.layout import RunPaths

END_BYTES: Final = 1 << 20


def read_xids(paths: RunPaths) -> tuple[tuple[XidReport, ...], float | None]:
    """Return what was heard during the newest attempt, and when its job ended, epoch seconds."""
    try:
        _, text = read_end(paths.events, END_BYTES)
    except OSError:
        return (), None
    found: list[XidReport] = []
    ended: float | None = None
    for line in text.splitlines():
        fields = _fields_of(line)
        kind, moment = fields.text("kind"), fields.number("time")
        if kind == "started":
            found, ended = [], None
        elif kind == "job-ended":
            ended = moment
        elif kind == "xid":
            report = _report_of(fields, moment)
            found += [report] if report is not None else []
    return tuple(found), ended


def _report_of(fields: Fields, written: float | None) -> XidReport | None:
    code, gpu_index = fields.integer("code"), fields.integer("gpu")
    heard = fields.number("heard") or written
    if code is None or gpu_index is None or heard is None:
        return None
    return XidReport(heard, code, gpu_index, fields.integer("rank"))


def _fields_of(line: str) -> Fields:
    try:
        return Fields(json.loads(line))
    except (ValueError, RecursionError):
        return Fields(None)
