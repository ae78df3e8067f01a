"""Whether memory stays flat: `python -m bench.soak [MINUTES]`, ten by default.

The Deck with 16 GPUs of the stand-in library and one live run; the memory of the screen, its poller
and the run's supervisor each half minute, and how far it rose after the first two minutes.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import psutil  # type: ignore[import-untyped]  # it ships no types

from bench.instruments import COCKPIT, SIXTEEN, driver, live_run, shows_row
from bench.terminal import TRUE_COLOUR, Terminal
from tests.nvml_stub.stub import build_stub

STEP_S: Final = 30.0
SETTLED_S: Final = 120.0
MOST_RISE: Final = 0.03


def main() -> int:
    """Soak, print, and return 1 when something grew by more than 3 % after it had settled."""
    minutes = float(sys.argv[1]) if len(sys.argv) > 1 else 10.0
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        os.environ.update({f"XDG_{kind}_HOME": name for kind in ("DATA", "CONFIG", "CACHE")})
        library = home / "library"
        library.mkdir()
        env = os.environ | TRUE_COLOUR | driver(build_stub(library), SIXTEEN)
        with live_run(home), Terminal((COCKPIT,), env, 40, 140) as terminal:
            terminal.wait_for(shows_row(15))
            return report(soak(terminal, minutes * 60))


def soak(terminal: Terminal, seconds: float) -> list[dict[str, float]]:
    """Return the resident MiB of each process, by what it is, every half minute."""
    began = time.monotonic()
    seen = []
    while (passed := time.monotonic() - began) < seconds:
        seen.append({"s": passed, **memory_mib(terminal)})
        print("  ".join(f"{name} {value:.1f}" for name, value in seen[-1].items()), flush=True)
        terminal.read_for(STEP_S)
    return seen


def memory_mib(terminal: Terminal) -> dict[str, float]:
    """Return the resident memory of the screen, of its poller, and of all supervisors."""
    screen, *below = terminal.processes()
    supervisors = [one for one in psutil.process_iter() if is_supervisor(one)]
    groups = {"screen": [screen], "poller": below, "supervisor": supervisors}
    return {
        name: sum(one.memory_info().rss for one in processes) / (1 << 20)
        for name, processes in groups.items()
    }


def is_supervisor(process: psutil.Process) -> bool:
    """Say whether a process supervises a run of this soak's home."""
    try:
        words, home = process.cmdline(), process.environ().get("XDG_DATA_HOME")
    except psutil.Error:
        return False
    return home == os.environ["XDG_DATA_HOME"] and "cockpit.supervise.main" in " ".join(words)


def report(seen: Sequence[Mapping[str, float]]) -> int:
    """Print how far each rose after it had settled; return 1 when one rose too far."""
    settled = [one for one in seen if one["s"] >= SETTLED_S] or seen
    worst = 0.0
    for name in ("screen", "poller", "supervisor"):
        first, last = settled[0][name], settled[-1][name]
        rise = last / first - 1 if first else 0.0
        worst = max(worst, rise)
        print(f"{name:<12} {first:.1f} MiB, at the end {last:.1f} MiB ({rise:+.1%})")
    return 1 if worst > MOST_RISE else 0


if __name__ == "__main__":
    sys.exit(main())
