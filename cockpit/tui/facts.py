"""What is said of one run beside its curves, as labels and values. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from cockpit.analysis.alerts.limits import Targets
from cockpit.devices.sample import DeviceReading
from cockpit.runs.phase import Phase
from cockpit.tui.file_facts import file_facts, home, newest_age
from cockpit.tui.foretold import foretold_facts, short_foretold_facts
from cockpit.tui.gpu_holders import is_free
from cockpit.tui.gpu_names import gpu_names
from cockpit.tui.remaining import end_facts, short_end_facts
from cockpit.tui.run_figures import figure_facts, mean_utilization_pct, usage_facts
from cockpit.tui.store import Snapshot, gpu_words, holders
from cockpit.tui.widgets.facts import Fact
from cockpit.units import MISSING, age, binary, clock, duration, rate
from cockpit.views.run_view import Opened, RunProcess, RunView
from cockpit.views.trainer_settings import ordered
from cockpit.views.trainer_words import trainer_words

BLANK = Fact("", "")
MOST_SETTINGS: Final = 40


def phase_word(phase: Phase) -> str:
    """Return a phase as people say it: a run that succeeded is done."""
    return "done" if phase is Phase.SUCCEEDED else str(phase)


def preview_state(run: RunView) -> str:
    """Return the right side of a run's title: `29 s · 2 ranks · 3,180 img/s`."""
    parts = [duration(run.duration_s) if run.started else phase_word(run.phase)]
    if run.attempt > 1:
        parts.append(f"attempt {run.attempt}")
    if run.asked.world_size > 1:
        parts.append(f"{run.asked.world_size} ranks")
    if run.samples_per_s is not None:
        parts.append(rate(run.samples_per_s))
    if run.data_wait is not None:
        parts.append(f"data wait {wait_words(run.data_wait)}")
    return " · ".join(parts)


def short_facts(run: RunView, snapshot: Snapshot) -> tuple[Fact, ...]:
    """Return the facts beside the curves of the Deck."""
    host = snapshot.reading.host
    return (
        Fact("phase", phase_word(run.phase)),
        *_attempt(run),
        Fact("started", clock(run.started, run.time)),
        *_speed(run),
        *short_end_facts(run.eta),
        *short_foretold_facts(run),
        *_util(run),
        Fact("runs on", _where(run)),
        Fact("checkpoint", newest_age(run)),
        Fact("processes", _process_words(run.processes)),
        Fact("disk left", binary(host.disk_free_bytes if host else None)),
    )


def full_facts(run: RunView, targets: Targets) -> tuple[Fact, ...]:
    """Return all that is known of a run, in groups."""
    if run.opened is not None and not run.asked.argv:
        return opened_facts(run, run.opened)
    figures = (*figure_facts(run, targets), *usage_facts(run))
    return (
        *_opened(run),
        *_speed(run),
        *end_facts(run.eta, run.time),
        *foretold_facts(run),
        BLANK,
        *((*figures, BLANK) if figures else ()),
        *file_facts(run),
        BLANK,
        *_code_facts(run),
        BLANK,
        *_machine_facts(run),
        BLANK,
        *_environment(run),
        Fact("in", home(run.asked.cwd)),
        Fact("run directory", home(run.directory)),
        BLANK,
    )


def opened_facts(run: RunView, opened: Opened) -> tuple[Fact, ...]:
    """Return what is known of a run that cockpit did not start: no processes, no machine."""
    settings = [Fact(key, value, "muted") for key, value in ordered(run.settings)]
    return (
        *_opened(run),
        *_speed(run),
        BLANK,
        *file_facts(run),
        BLANK,
        *settings[:MOST_SETTINGS],
        BLANK,
        Fact("folder", home(run.directory)),
        Fact("opened from", home(opened.path)),
        BLANK,
    )


def _opened(run: RunView) -> Iterable[Fact]:
    if run.opened is not None:
        yield Fact("is", run.opened.kind)
        yield Fact("last written", age(run.time - run.last_sign) if run.last_sign else "–")


def _util(run: RunView) -> Iterable[Fact]:
    mean = mean_utilization_pct(run.gpu_figures)
    if mean is not None:
        yield Fact("GPU util, mean", f"{mean:.0f} %")


def _where(run: RunView) -> str:
    if run.queue_place is not None:
        return "waits for GPUs"
    if run.opened is not None and not run.gpus:
        return MISSING
    words = gpu_words(run.gpus)
    return f"simulated {words}" if run.is_simulated else words


def _speed(run: RunView) -> Iterable[Fact]:
    yield Fact("throughput", rate(run.samples_per_s))
    if said := trainer_words(run.trainer):
        yield Fact("trainer says", said)
    if run.data_wait is not None:
        yield Fact("data wait", wait_words(run.data_wait))
    batch = run.asked
    if batch.global_batch is not None:
        product = f" = {batch.batch_per_rank} × {batch.world_size}" if batch.batch_per_rank else ""
        yield Fact("global batch", f"{batch.global_batch}{product}")


def wait_words(share: float) -> str:
    """Return `4 %`."""
    return f"{100 * share:.0f} %"


def _code_facts(run: RunView) -> Iterable[Fact]:
    yield Fact("preset", run.preset)
    git = run.asked.git
    if git is not None:
        plural = "" if git.changed_files == 1 else "s"
        changed = f" + {git.changed_files} change{plural}" if git.changed_files else ""
        yield Fact("git", f"{git.commit[:7]}{changed}", "attention" if changed else "text")
    yield Fact("python", f"{home(run.asked.python)} {run.asked.python_version}".strip() or "–")
    yield Fact("torch", run.asked.torch or "–")


def _machine_facts(run: RunView) -> Iterable[Fact]:
    yield Fact("host", run.host or "–")
    yield Fact("runs on", _gpu_text(run))
    yield Fact("processes", _process_words(run.processes))
    yield Fact("supervisor", _supervisor_words(run), _supervisor_tone(run))
    yield from _attempt(run)
    yield Fact("started", clock(run.started, run.time))
    if run.ended is not None:
        yield Fact("ended", clock(run.ended, run.time))
    if run.phase.is_over:
        yield Fact("exit code", exit_words(run.exit_code))


def _attempt(run: RunView) -> Iterable[Fact]:
    if run.attempt > 1:
        yield Fact("attempt", str(run.attempt))
    if run.metrics.resumed_after:
        epochs = ", ".join(f"{epoch:g}" for epoch in run.metrics.resumed_after)
        yield Fact("resumed after", f"epoch {epochs}")


def _environment(run: RunView) -> Iterable[Fact]:
    for name, value in run.asked.env.items():
        yield Fact(name, value, "muted")


def exit_words(code: int | None) -> str:
    """Return an exit code as words: `0`, `killed by signal 9`, `unknown`."""
    if code is None:
        return "unknown"
    return f"killed by signal {-code}" if code < 0 else str(code)


def ended_words(code: int) -> str:
    """Return how it ended as words for a sentence: `exit code 3`, `killed by signal 9`."""
    return exit_words(code) if code < 0 else f"exit code {code}"


def _gpu_text(run: RunView) -> str:
    if run.queue_place is not None:
        return "waits for GPUs"
    names = sorted(set(run.asked.gpu_names))
    simulated = " SIMULATED" if run.is_simulated else ""
    return gpu_words(run.gpus) + (f" {', '.join(names)}" if names else "") + simulated


def _process_words(processes: tuple[RunProcess, ...]) -> str:
    alive = [process for process in processes if process.is_alive]
    ranks = sum(process.role == "rank" for process in alive)
    if not alive:
        return f"none left of {len(processes)}" if processes else "–"
    others = sorted({process.role for process in alive if process.role != "rank"})
    parts = others + ([f"{ranks} rank{'s' * (ranks > 1)}"] if ranks else [])
    return f"{len(alive)}: {', '.join(parts)}"


def _supervisor_words(run: RunView) -> str:
    if run.supervisor is None:
        return "–"
    return f"{'alive' if run.supervisor_is_alive else 'gone'}, pid {run.supervisor.pid}"


def _supervisor_tone(run: RunView) -> str:
    return "attention" if run.phase is Phase.UNSUPERVISED else "text"


def devices_words(reading: DeviceReading) -> str:
    """Return the machine in one line, for a screen too low for its panel."""
    if not reading.gpus:
        host = reading.host
        return (
            "Host  cpu –"
            if host is None or host.cpu_pct is None
            else f"Host  cpu {host.cpu_pct:.0f}%"
        )
    busy = sum((gpu.utilization_pct or 0) > 0 for gpu in reading.gpus)
    hottest = max(
        (gpu.temperature_c for gpu in reading.gpus if gpu.temperature_c is not None), default=None
    )
    heat = "" if hottest is None else f" · hottest {hottest:.0f}°"
    names = gpu_names(reading.gpus)
    return f"{'GPU' if len(reading.gpus) == 1 else 'GPUs'} {names} · {busy} busy{heat}"


def gpus_state(snapshot: Snapshot) -> str:
    """Return the right side of the GPUs' title: who holds them all, or how many are free."""
    gpus = [gpu for gpu in snapshot.reading.gpus if not gpu.has_mig]
    held = holders(snapshot)
    names = {held[gpu.key].name if gpu.key in held else "" for gpu in gpus}
    if len(gpus) > 1 and len(names) == 1 and "" not in names:
        return f"all {len(gpus)} held by {names.pop()}"
    free = sum(is_free(gpu, held[gpu.key].label if gpu.key in held else "") for gpu in gpus)
    inventory = snapshot.reading.inventory
    driver = f"driver {inventory.driver}" if inventory and inventory.driver else ""
    told = f"{free} free" if free and len(gpus) > 1 else ""
    return " · ".join(part for part in (told, driver) if part)
