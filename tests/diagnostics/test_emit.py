from __future__ import annotations

import io
import json
import subprocess
import sys

from diagnostics.emit import PROBLEM, Finding, emit, emit_finding


def test_an_event_is_one_json_line_with_its_schema() -> None:
    out = io.StringIO()
    emit("measurement", out, name="host.memory", value=8, unit="bytes", rank=0)
    line, rest = out.getvalue().split("\n")
    event = json.loads(line)
    assert rest == ""
    assert event.pop("time") > 0
    assert event == {
        "schema": 1,
        "kind": "measurement",
        "name": "host.memory",
        "value": 8,
        "unit": "bytes",
        "rank": 0,
    }


def test_nan_becomes_null_and_a_finding() -> None:
    for value in (float("nan"), float("inf"), float("-inf")):
        out = io.StringIO()
        emit("measurement", out, name="loss", value=value, unit="")
        measurement, finding = map(json.loads, out.getvalue().splitlines())
        assert measurement["value"] is None
        assert (finding["kind"], finding["code"]) == ("finding", "loss.not-finite")


def test_a_finding_keeps_a_line_feed_inside_its_line() -> None:
    out = io.StringIO()
    emit_finding(Finding(PROBLEM, "x.y", "two\nlines", None), out)
    assert out.getvalue().count("\n") == 1
    assert json.loads(out.getvalue())["what"] == "two\nlines"


def test_what_a_library_prints_does_not_reach_the_events() -> None:
    program = (
        "import os, sys; from diagnostics.emit import claim_stdout\n"
        "with claim_stdout() as out:\n"
        "    print('from python'); os.write(1, b'from C\\n'); out.write('event\\n')"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout == "event\n"
    assert sorted(done.stderr.split("\n")) == ["", "from C", "from python"]
