"""Is this environment fit to train, and for this preset? One finding for each subject."""

from __future__ import annotations

import os
import pwd
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from cockpit import locations
from cockpit.devices.spec import checked_spec
from cockpit.errors import EnvironmentNotFit, InputError
from cockpit.launch.interpreter import TrainingPython, build_of, find_python
from cockpit.launch.own import clean_environ, own_environment
from cockpit.launch.tpu import find_tpus
from cockpit.presets.check import problems_of_preset
from cockpit.presets.model import Preset
from cockpit.tool_runs.events import Event, Finding, Level, Measurement
from cockpit.tool_runs.layout import ToolPaths, make_tool_folder
from cockpit.tools.bundle import find_or_pack
from cockpit.tools.catalog import CHECK
from cockpit.tools.check_said import Said, judging
from cockpit.tools.gpu_findings import judge_gpus
from cockpit.tools.gpu_look import ORDER, GpuLook, choose_devices
from cockpit.tools.needs import Facts, facts_of, judge_device, judge_needs
from cockpit.tools.preset_check import check_preset
from cockpit.tools.runner import ToolRequest, never, run_tool
from cockpit.tools.start import ToolAsk, write_asked

STAND_IN: Final = "asked instead"
"""The reason of an interpreter that is not the one a preset names."""
TIMEOUT_S: Final = 120.0
"""Importing torch from a cold network disk takes tens of seconds; a driver call may hang."""


@dataclass(frozen=True, slots=True)
class CheckRequest:
    """What is to be checked."""

    python: str | None = None
    """The choice of interpreter; None leaves it to the preset, or is `auto`."""
    preset: Preset | None = None
    gpus: str | None = None
    """Where the smoke test trains; None: on the free GPUs, or on the CPU."""
    has_ddp: bool = True
    """Whether it trains at all."""
    script: Path | None = None
    """A training script to look into."""
    is_strict: bool = False
    """For the record: whether the caller counts warnings."""
    timeout_s: float = TIMEOUT_S
    is_stopped: Callable[[], bool] = never
    """Asked while the diagnostic runs."""
    on_kept: Callable[[ToolPaths], object] = bool
    """Told where all lies, once it does."""


def values_of(request: CheckRequest) -> dict[str, str]:
    """Return what was asked, by option, as `check` is asked on the command line."""
    values = {
        "gpus": request.gpus or "",
        "no-ddp": "" if request.has_ddp else "on",
        "script": str(request.script or ""),
        "strict": "on" if request.is_strict else "",
    }
    return {name: value for name, value in values.items() if value}


def check(request: CheckRequest, environ: Mapping[str, str], now_s: float) -> Iterator[Finding]:
    """Yield what is found, as it is found. Raises InputError and ToolError."""
    with closing(check_events(request, environ, now_s)) as stream:
        for event in stream:
            if isinstance(event, Finding):
                yield event


def check_events(
    request: CheckRequest, environ: Mapping[str, str], now_s: float
) -> Generator[Event]:
    """Yield the events of the diagnostic, and what cockpit itself finds; all are kept.

    Nothing is kept where no interpreter answers. Raises InputError and ToolError.
    """
    with closing(GpuLook(checked_spec())) as look:
        python, own = choose_python(request, environ)
        devices, chosen = _choose_devices(request, look, environ)
        yield from own
        if python is None:
            return
        if not request.has_ddp:
            what = "no training step was tried (--no-ddp): whether ranks train together is not told"
            chosen.append(Finding(Level.NOTE, "ddp.untried", what))
        own += chosen
        yield from chosen
        paths = ToolPaths(make_tool_folder(locations.tools_dir(), "check", now_s))
        said = Said(own)
        with closing(_ask(python, request, devices, paths, environ, now_s)) as stream:
            yield from said.of_diagnostic(stream, look)
        with judging(said, paths):
            yield from said.of_cockpit(judge_gpus(look.full(), _own_user()))
            if (preset := request.preset) is not None:
                facts = facts_of(said.events)
                yield from said.of_cockpit(_about_preset(preset, python, facts, environ, now_s))
            yield from said.end(is_strict=request.is_strict)
    request.on_kept(paths)


def _about_preset(
    preset: Preset, python: TrainingPython, facts: Facts, environ: Mapping[str, str], now_s: float
) -> Iterator[Finding | Measurement]:
    is_meant = python.reason != STAND_IN
    yield judge_definition(preset)
    if is_meant:
        yield from judge_device(preset, build_of(python, find_tpus()), environ)
    yield from judge_needs(preset, facts)
    yield from check_preset(preset, python, facts, environ, now_s, has_packages=is_meant)


def _choose_devices(
    request: CheckRequest, look: GpuLook, environ: Mapping[str, str]
) -> tuple[str, list[Finding]]:
    if not request.has_ddp and request.gpus is None:
        return "auto", []
    return choose_devices(request.gpus, look.first(), environ)


def _own_user() -> str:
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())


def choose_python(
    request: CheckRequest, environ: Mapping[str, str]
) -> tuple[TrainingPython | None, list[Finding]]:
    """Return the interpreter to ask, and what there is to say about the choice.

    One that lacks a module is still asked, and cockpit's choice instead of one that a preset names
    and is not there, so that everything else is told as well; None when there is none that
    answers. Raises InputError for a `--python` that does not exist.
    """
    preset = request.preset
    choice = request.python or (preset.launch.python if preset else "auto")
    source = "--python" if request.python else "preset"
    modules = preset.launch.modules if preset else ()
    refusal: EnvironmentNotFit | None = None
    for wanted in (*([modules] if modules else []), ("torch",), ()):
        try:
            python = find_python(choice, wanted, environ, source=source)
        except EnvironmentNotFit as error:
            refusal = refusal or error
            continue
        except InputError as error:
            if preset is None or request.python:
                raise
            return _stand_in(_judge_absence(preset, error), environ)
        return python, [_judge_choice(python), *_judge_modules(preset, python, refusal)]
    problem = [_problem("python.choice", refusal)] if refusal else []
    if preset is not None and not request.python and choice != "auto":
        return _stand_in(problem, environ)
    return None, problem


def _stand_in(
    problem: list[Finding], environ: Mapping[str, str]
) -> tuple[TrainingPython | None, list[Finding]]:
    """Return an interpreter that can tell of the machine what the one that is meant cannot."""
    for wanted in (("torch",), ()):
        with suppress(EnvironmentNotFit):
            python = replace(find_python("auto", wanted, environ), reason=STAND_IN)
            what = f"{python.path} was asked instead; what is said of torch and packages is of it"
            return python, [*problem, Finding(Level.NOTE, "python.instead", what)]
    return None, problem


def _judge_absence(preset: Preset, error: InputError) -> list[Finding]:
    remedy = f"cockpit run {preset.name} --prepare" if preset.prepare else error.remedy
    what = f"{preset.name}: {error.problem}"
    return [Finding(Level.PROBLEM, "python.choice", what, remedy or None)]


def judge_definition(preset: Preset) -> Finding:
    """Say whether the preset is right in itself: its script is there, its keys fit each other."""
    problems = problems_of_preset(preset)
    if problems:
        what = f"{preset.file}: " + "; ".join(problems)
        return Finding(Level.PROBLEM, "preset.definition", what, f"edit {preset.file}")
    return Finding(Level.OK, "preset.definition", f"preset {preset.name} is complete")


def _judge_choice(python: TrainingPython) -> Finding:
    return Finding(Level.OK, "python.choice", f"training Python: {python.path} ({python.reason})")


def _judge_modules(
    preset: Preset | None, python: TrainingPython, refusal: EnvironmentNotFit | None
) -> Sequence[Finding]:
    if preset is None or not preset.launch.modules:
        return ()
    if refusal is not None:
        return (_problem("preset.modules", refusal),)
    what = f"{preset.name}: {', '.join(preset.launch.modules)} found in {python.path}"
    return (Finding(Level.OK, "preset.modules", what),)


def _problem(code: str, error: EnvironmentNotFit) -> Finding:
    return Finding(Level.PROBLEM, code, error.problem, error.remedy or None)


def _ask(
    python: TrainingPython,
    request: CheckRequest,
    devices: str,
    paths: ToolPaths,
    environ: Mapping[str, str],
    now_s: float,
) -> Generator[Event]:
    bundle = find_or_pack(locations.diagnostics_dir(), locations.cache_dir())
    arguments = (
        *("--disk", str(locations.runs_dir()), "--gpus", devices),
        *(() if request.has_ddp else ("--no-ddp",)),
        *(("--script", str(request.script)) if request.script else ()),
    )
    preset = request.preset.name if request.preset else None
    ask = ToolAsk(CHECK, values_of(request), python=request.python or "auto", preset=preset)
    write_asked(paths, ask, python.path, arguments, now_s)
    clean = clean_environ(environ, own_environment(python.path))
    clean |= ORDER if devices not in ("auto", "cpu") else {}
    asked = ToolRequest(
        "check", python.path, arguments, request.timeout_s, is_stopped=request.is_stopped
    )
    return run_tool(asked, bundle, paths, clean)
