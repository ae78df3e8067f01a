from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from cockpit.files import write_json
from cockpit.runs.phase import Phase
from tests.cli.calling import cockpit
from tests.faults.doing import is_settled, shown, written
from tests.faults.table import Fault
from tests.supervise.running import (
    events,
    kill_supervisor,
    phase,
    start,
    wait_for,
    wait_for_log,
)
from tests.waiting import wait_until

Begin = Callable[[str], Fault]
DAY_S = 86_400
SOURCE = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>

static long ahead(void) {
    const char *path = getenv("CLOCK_AHEAD");
    FILE *file = path ? fopen(path, "r") : NULL;
    long seconds = 0;
    if (file) {
        if (fscanf(file, "%ld", &seconds) != 1) seconds = 0;
        fclose(file);
    }
    return seconds;
}

int clock_gettime(clockid_t clock, struct timespec *to) {
    static int (*real)(clockid_t, struct timespec *);
    if (!real) real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    int code = real(clock, to);
    if (code == 0 && clock == CLOCK_REALTIME) to->tv_sec += ahead();
    return code;
}

int gettimeofday(struct timeval *restrict to, void *restrict zone) {
    struct timespec now;
    (void)zone;
    clock_gettime(CLOCK_REALTIME, &now);
    to->tv_sec = now.tv_sec;
    to->tv_usec = now.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *to) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (to) *to = now.tv_sec;
    return now.tv_sec;
}
"""


@pytest.fixture
def clock(home: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Set the clock of all that is started from now on, so many seconds ahead."""
    if shutil.which("gcc") is None:
        pytest.skip("needs gcc, to build a clock that can be set")
    source, library, ahead = home / "clock.c", home / "clock.so", home / "ahead"
    source.write_text(SOURCE)
    built = subprocess.run(
        ["gcc", "-shared", "-fPIC", "-o", str(library), str(source), "-ldl"],
        capture_output=True,
        text=True,
    )
    if built.returncode != 0:
        pytest.skip(f"gcc cannot build a library here: {built.stderr[-200:]}")

    def set_ahead(seconds: int) -> None:
        draft = ahead.with_suffix(".new")
        draft.write_text(str(seconds))
        draft.replace(ahead)

    set_ahead(0)
    monkeypatch.setenv("LD_PRELOAD", str(library))
    monkeypatch.setenv("CLOCK_AHEAD", str(ahead))
    return set_ahead


@pytest.mark.parametrize(("way", "ahead_s"), [("a day forward", DAY_S), ("a day back", -DAY_S)])
def test_a_clock_that_is_set_while_a_run_goes_on(
    clock: Callable[[int], None], fault: Begin, way: str, ahead_s: int
) -> None:
    case = fault(f"the clock is set {way} while a run goes on")
    paths = start(hang="true")
    wait_for_log(paths, "ready")
    clock(ahead_s)
    wait_until(lambda: '"kind":"clock"' in events(paths))
    wait_until(lambda: abs(written(paths).touched - (written(paths).started or 0.0)) < DAY_S / 2)
    assert shown(paths)["phase"] == "running"
    assert phase(paths) is Phase.RUNNING
    stop = cockpit("stop", paths.run_id)
    assert stop.returncode == 0, stop.stderr
    assert "stop asked for" in stop.stderr
    assert is_settled(paths, Phase.STOPPED)
    end = written(paths)
    assert end.ended is not None
    assert end.started is not None
    assert 0 <= end.ended - end.started < DAY_S / 2
    case.ends(cockpit("runs").stdout + stop.stderr, paths)


@pytest.mark.parametrize(("way", "ahead_s"), [("a day forward", DAY_S), ("a day back", -DAY_S)])
def test_a_clock_that_is_set_while_nobody_supervises(
    clock: Callable[[int], None], fault: Begin, way: str, ahead_s: int
) -> None:
    case = fault(f"the clock is set {way} while a run has no supervisor")
    paths = start(hang="true")
    wait_for_log(paths, "ready")
    kill_supervisor(paths)
    clock(ahead_s)
    assert shown(paths)["phase"] == "unsupervised"
    adopted = cockpit("adopt", paths.run_id)
    assert adopted.returncode == 0, adopted.stderr
    stop = cockpit("stop", paths.run_id)
    assert stop.returncode == 0, stop.stderr
    assert is_settled(paths, Phase.STOPPED)
    case.ends(stop.stderr, paths)


def test_a_run_from_the_future_without_a_state_is_lost(home: Path, fault: Begin) -> None:
    case = fault("a run of tomorrow, by a clock that was wrong, never got a supervisor")
    paths = start(epochs="1")
    wait_for(paths, Phase.SUCCEEDED)
    record = json.loads(paths.run.read_text())
    write_json(paths.run, record | {"created": record["created"] + DAY_S})
    paths.state.unlink()
    seen = shown(paths)
    assert seen["phase"] == "lost"
    case.ends(str(seen["problem"]), paths)
