"""A real run that no estimate knew: what was said before it and during it, and what it took."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from cockpit import locations
from cockpit.runs.catalog import list_runs
from cockpit.views.registry import Registry
from cockpit.views.run_view import RunView

COCKPIT: Final = str(Path(sys.executable).with_name("cockpit"))
LOOK_S: Final = 0.5
"""So often a run is looked at; each look costs it a little."""
EPOCHS: Final = 2
"""After so many the run itself is asked."""
RANKS: Final = "launch.cpu_ranks"


@dataclass(frozen=True, slots=True)
class Held:
    """A training that is held back."""

    preset: str
    ranks: int
    settings: Mapping[str, str]
    """Dotted keys of the preset and texts."""

    @property
    def title(self) -> str:
        """Return `quickstart 2 ranks, batch-size 16, epochs 10`."""
        words = [f"{name.removeprefix('args.')} {text}" for name, text in self.settings.items()]
        ranks = f"{self.ranks} rank{'s' * (self.ranks > 1)}"
        return f"{self.preset}, {', '.join([ranks, *words])}"

    @property
    def words(self) -> list[str]:
        """Return how the command line asks for it."""
        # What the preset has anyway is not asked for, as a person would not.
        ranks = [] if self.preset == "yolo-shapes" else ["--set", f"{RANKS}={self.ranks}"]
        given = [
            word for name, text in self.settings.items() for word in ("--set", f"{name}={text}")
        ]
        return [self.preset, *ranks, *given]


@dataclass(frozen=True, slots=True)
class Said:
    """A prediction of the whole time of a run, in seconds."""

    total_s: float
    low_s: float
    high_s: float
    evidence: str
    is_measured: bool = True

    def error(self, took_s: float) -> float:
        """Return how much more, or less, was said than it took, as a share."""
        return self.total_s / took_s - 1

    def holds(self, took_s: float) -> bool:
        """Say whether the truth lies in the range."""
        return self.low_s <= took_s <= self.high_s

    @property
    def width(self) -> float:
        """How many times the low end the high end is."""
        return self.high_s / self.low_s if self.low_s > 0 else float("inf")


@dataclass(frozen=True, slots=True)
class Truth:
    """A held-back run beside all that was said of it; None: nothing was said then."""

    held: Held
    took_s: float
    said: Mapping[str, Said | None] = field(default_factory=dict)
    """By when: before, after 50 steps (with what was known before, and alone), after 2 epochs."""


BEFORE, PROBED, ALONE, STARTED = "before", "50 steps", "50 steps alone", "2 epochs"
WHEN: Final = (BEFORE, PROBED, ALONE, STARTED)


def hold_back(held: Held, scratch: Path) -> Truth:
    """Ask before it, probe it where the evidence of the runs does not see it, run it, compare."""
    before = ask(held)
    probed, alone = probe(held, scratch)
    view, started = run(held)
    assert view.duration_s is not None
    said = {BEFORE: before, PROBED: probed, ALONE: alone, STARTED: started}
    return Truth(held, view.duration_s, said)


def ask(held: Held, *words: str, home: Path | None = None) -> Said | None:
    """Return what `cockpit estimate` says of a training now."""
    env = os.environ | ({} if home is None else {"XDG_DATA_HOME": str(home)})
    command = [COCKPIT, "estimate", "--preset", *held.words, *words, "--json"]
    done = subprocess.run(command, capture_output=True, text=True, env=env)
    try:
        told: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        sys.stderr.write(done.stderr)
        return None
    if told.get("total_s") is None:
        return None
    return Said(
        told["total_s"],
        told["total_s_low"],
        told["total_s_high"],
        told["evidence"],
        told["is_measured"],
    )


def probe(held: Held, scratch: Path) -> tuple[Said | None, Said | None]:
    """Return what is said after a probe, with what was known before and without it.

    The probe is kept apart: the evidence for the runs to come shall be of runs.
    """
    shutil.rmtree(scratch, ignore_errors=True)
    alone = ask(held, "--probe", home=scratch)
    probed = scratch / "cockpit" / locations.calibrations_file().name
    if not probed.exists():
        return None, None
    known = locations.calibrations_file()
    if known.exists():
        probed.write_bytes(probed.read_bytes() + known.read_bytes())
    return ask(held, home=scratch), alone


def run(held: Held) -> tuple[RunView, Said | None]:
    """Train it as a person does; return the run at its end, and what it said after 2 epochs."""
    registry = Registry(locations.runs_dir())
    known = {paths.run_id for paths in list_runs(locations.runs_dir())}
    command = [COCKPIT, "run", *held.words, "--follow"]
    started: Said | None = None
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as following:
        while following.poll() is None:
            time.sleep(LOOK_S)
            view = newest(registry, known)
            if started is None and view is not None and (view.epoch or 0) >= EPOCHS:
                started = said_by(view)
    last = newest(registry, known)
    if last is None or following.returncode != 0:
        raise RuntimeError(f"{held.title}: {last.problem if last else 'it did not start'}")
    return last, started


def newest(registry: Registry, known: set[str]) -> RunView | None:
    """Return the run that was not known before."""
    new = [paths.run_id for paths in list_runs(locations.runs_dir()) if paths.run_id not in known]
    return registry.read_one(new[0], time.time()) if new else None


def said_by(view: RunView) -> Said | None:
    """Return what a live run says of its whole time: what is gone, and its own ETA."""
    if view.eta is None or view.duration_s is None:
        return None
    eta, gone_s = view.eta, view.duration_s
    return Said(gone_s + eta.remaining_s, gone_s + eta.low_s, gone_s + eta.high_s, eta.basis)
