"""Whether estimates are quick and true: `python -m bench.estimates [--quick] [--json FILE]`.

Trains runs that no estimate knew, one after the other, in a home of its own. What `cockpit
estimate` says before each, after a probe of 50 steps, and what the run's own ETA says after 2
epochs stand beside what it took. Then `cockpit estimate` itself is timed on that evidence.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Final

from bench.held_back import BEFORE, PROBED, STARTED, WHEN, Held, Said, Truth, hold_back
from cockpit.views.this_device import cpu_name

COCKPIT: Final = str(Path(sys.executable).with_name("cockpit"))
ROUNDS: Final = 7
ANSWER_S: Final = 0.25
MOST_ERROR: Final = {PROBED: 0.20, STARTED: 0.10}
"""What was set out: shares of the whole time."""
LEAST_HELD: Final = 0.9
MOST_WIDTH: Final = 2.0
"""Of a range that rests on measurements."""
QUESTIONS: Final = (
    ("--dataset-size", "1000", "--gpus", "16"),
    ("--preset", "quickstart"),
)


def _quickstart(ranks: int, batch: int, epochs: int) -> Held:
    settings = {"args.batch-size": str(batch), "args.epochs": str(epochs)}
    return Held("quickstart", ranks, settings)


def _shapes(imgsz: int, batch: int, epochs: int, **more: str) -> Held:
    args = {"imgsz": imgsz, "batch_per_rank": batch, "epochs": epochs, **more}
    return Held("yolo-shapes", 1, {f"args.{name}": str(text) for name, text in args.items()})


QUICK: Final = (
    _quickstart(2, 16, 10),
    _shapes(128, 16, 5),
    _quickstart(2, 64, 20),
    _shapes(64, 16, 8),
    _quickstart(1, 16, 8),
    _shapes(128, 32, 6),
)
PLAN: Final = (
    *QUICK,
    _quickstart(2, 16, 25),
    _shapes(128, 16, 8),
    _quickstart(1, 64, 25),
    _shapes(64, 8, 6),
    _quickstart(4, 16, 6),
    _shapes(128, 8, 3),
    _quickstart(2, 64, 60),
    _shapes(64, 32, 10),
    _quickstart(1, 16, 15),
    _shapes(128, 16, 8, fraction="0.5"),
)
"""Both presets, from the first run that nothing is known of to those between known ones; the last
trains on half of its images, which only its own argument says."""


def main() -> int:
    """Measure in a home of its own; return 1 when a target is missed."""
    asked = parse_options()
    with tempfile.TemporaryDirectory(prefix="cockpit-estimates-") as home:
        for kind in ("DATA", "CONFIG", "CACHE"):
            os.environ[f"XDG_{kind}_HOME"] = str(Path(home, kind.lower()))
        os.environ["COCKPIT_DEVICES"] = "none"
        truths = hold_back_all(() if asked.answers else QUICK if asked.quick else PLAN, Path(home))
        answers = {" ".join(words): answer_times(words) for words in QUESTIONS}
        answers["python -c pass"] = times([sys.executable, "-c", "pass"])
        imported = [words for words in QUESTIONS if imports_torch(words)]
    verdicts = summary(truths)
    print("\n".join(["", *table(truths), "", *(text for text, _ in verdicts)]))
    are_quick = say_answers(answers, imported)
    if asked.json is not None:
        asked.json.write_text(json.dumps(as_object(truths, answers), indent=2), encoding="utf-8")
    return 0 if are_quick and all(is_met for _, is_met in verdicts) else 1


def parse_options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="bench.estimates", description=__doc__)
    parser.add_argument("--quick", action="store_true", help=f"{len(QUICK)} runs only")
    parser.add_argument("--answers", action="store_true", help="no runs, only how quick it answers")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there, too")
    return parser.parse_args()


def hold_back_all(plan: Sequence[Held], home: Path) -> list[Truth]:
    """Train each, and say how it went while the next one is going on."""
    truths = []
    for number, held in enumerate(plan, 1):
        truths.append(truth := hold_back(held, home / "probes"))
        told = ", ".join(f"{when} {_error(truth, when)}" for when in WHEN)
        print(f"{number}/{len(plan)} {held.title}: took {truth.took_s:.1f} s; {told}", flush=True)
    return truths


def table(truths: Sequence[Truth]) -> list[str]:
    """Return a Markdown table: each run, and what was said of it when."""
    when = (BEFORE, PROBED, STARTED)
    header = ["run", "took", "evidence before", *(f"{one} (range)" for one in when)]
    header += [f"error {one}" for one in when] + ["ranges held", "width before"]
    rows = [_cells(truth, when) for truth in truths]
    lines = [header, ["---"] * len(header), *rows]
    return [f"| {' | '.join(cells)} |" for cells in lines]


def _cells(truth: Truth, when: Sequence[str]) -> list[str]:
    said = [truth.said[one] for one in when]
    before = truth.said[BEFORE]
    ranges = [
        "–" if one is None else f"{one.total_s:.0f} s ({one.low_s:.0f} to {one.high_s:.0f})"
        for one in said
    ]
    held = ["–" if one is None else "yes" if one.holds(truth.took_s) else "**no**" for one in said]
    return [
        truth.held.title,
        f"{truth.took_s:.1f} s",
        "none" if before is None else before.evidence,
        *ranges,
        *(_error(truth, one) for one in when),
        ", ".join(held),
        "–" if before is None else f"{before.width:.1f}",
    ]


def _error(truth: Truth, when: str) -> str:
    said = truth.said[when]
    return "–" if said is None else f"{said.error(truth.took_s):+.0%}"


def summary(truths: Sequence[Truth]) -> list[tuple[str, bool]]:
    """Return one line for each moment at which something was said, and whether it is as set out."""
    found = []
    for when in WHEN:
        pairs = [(said, one.took_s) for one in truths if (said := one.said[when]) is not None]
        if pairs:
            what = f"{when}: {len(pairs)} of {len(truths)} runs"
            found.append(_judge(what, pairs, MOST_ERROR.get(when)))
    return found


def _judge(
    what: str, pairs: Sequence[tuple[Said, float]], most_error: float | None
) -> tuple[str, bool]:
    """Return a line and whether all is met; errors and widths are of what rests on measurements."""
    held = sum(said.holds(took_s) for said, took_s in pairs) / len(pairs)
    measured = [pair for pair in pairs if pair[0].is_measured]
    if not measured:
        return f"- {what}, none by measurements; ranges held {held:.0%}", held >= LEAST_HELD
    errors = [abs(said.error(took_s)) for said, took_s in measured]
    widths = [said.width for said, _ in measured]
    within = "" if most_error is None else _within(errors, most_error)
    is_met = held >= LEAST_HELD and max(widths) <= MOST_WIDTH
    is_met = is_met and (most_error is None or max(errors) <= most_error)
    line = (
        f"{what}, {len(measured)} by measurements; ranges held {held:.0%}; error median "
        f"{statistics.median(errors):.0%}, worst {max(errors):.0%}{within}; width median "
        f"{statistics.median(widths):.2f}, widest {max(widths):.2f}{'' if is_met else '  MISSED'}"
    )
    return f"- {line}", is_met


def _within(errors: Sequence[float], most: float) -> str:
    return f", {sum(one <= most for one in errors)} of {len(errors)} within {most:.0%}"


def answer_times(words: Sequence[str]) -> list[float]:
    """Return how long `cockpit estimate` took to answer, several times."""
    return times([COCKPIT, "estimate", *words])


def times(argv: Sequence[str]) -> list[float]:
    """Return the wall times of a command; what it answers does not matter."""

    def measure() -> float:
        began = time.perf_counter()
        subprocess.run(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
        return time.perf_counter() - began

    return _several(measure)


def _several(measure: Callable[[], float]) -> list[float]:
    return [measure() for _ in range(ROUNDS)]


def imports_torch(words: Sequence[str]) -> bool:
    """Say whether an answer loads torch."""
    command = [sys.executable, "-X", "importtime", "-m", "cockpit", "estimate", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return any(line.rpartition("|")[2].strip() == "torch" for line in done.stderr.splitlines())


def say_answers(answers: Mapping[str, list[float]], imported: Sequence[Sequence[str]]) -> bool:
    """Print how quick the answers were beside Python's own start; return whether all were."""
    floor_s = statistics.median(answers["python -c pass"])
    print(f"\n{'python -c pass':<44} {floor_s:.3f} s")
    all_met = not imported
    for words in QUESTIONS:
        taken = answers[" ".join(words)]
        middle = statistics.median(taken)
        is_met = middle <= ANSWER_S
        all_met = all_met and is_met
        loads = ", loads torch: MISSED" if words in imported else ", without torch"
        figure = f"{middle:.3f} s ({min(taken):.3f} to {max(taken):.3f}), × {middle / floor_s:.1f}"
        target = f"target {ANSWER_S:.2f} s{'' if is_met else '  MISSED'}"
        print(f"{'cockpit estimate ' + ' '.join(words):<44} {figure}{loads}   {target}")
    return all_met


def as_object(truths: Sequence[Truth], answers: Mapping[str, list[float]]) -> dict[str, object]:
    """Return all figures, for a machine to read."""
    return {
        "time": round(time.time()),
        "device": cpu_name(),
        "runs": [asdict(truth) | {"errors": _errors(truth)} for truth in truths],
        "summary": [text for text, _ in summary(truths)],
        "answers_s": dict(answers),
    }


def _errors(truth: Truth) -> dict[str, float | None]:
    return {
        when: None if said is None else round(said.error(truth.took_s), 4)
        for when, said in truth.said.items()
    }


if __name__ == "__main__":
    sys.exit(main())
