"""Starts a tool for either face: chooses the interpreter, makes the folder, notes the wish."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cockpit import locations
from cockpit.errors import InputError, ToolError
from cockpit.files import write_json
from cockpit.launch.interpreter import TrainingPython, find_python
from cockpit.launch.own import clean_environ, own_environment
from cockpit.tool_runs.events import Event
from cockpit.tool_runs.layout import ToolPaths, make_tool_folder
from cockpit.tools.bundle import find_or_pack
from cockpit.tools.definition import ToolDefinition, Values, arguments_of, silence_of
from cockpit.tools.remembering import remembered
from cockpit.tools.runner import ToolRequest, never, run_tool


@dataclass(frozen=True, slots=True)
class ToolAsk:
    """What somebody wants of a tool."""

    definition: ToolDefinition
    values: Values = field(default_factory=dict)
    python: str = "auto"
    """The choice of interpreter: `auto`, a path, `conda:NAME`."""
    preset: str | None = None
    """For the record; what it means for the values was worked out before."""
    more_arguments: tuple[str, ...] = ()
    """Given to the tool besides its options."""
    modules: tuple[str, ...] = ("torch",)
    """What the interpreter must have."""
    is_stopped: Callable[[], bool] = never
    """Asked while it runs: a thread that takes its events cannot close them for another."""


@dataclass(frozen=True, slots=True)
class ToolStart:
    """A tool that is about to run; it begins with the first event that is taken."""

    paths: ToolPaths
    python: TrainingPython
    events: Generator[Event]


def start_tool(ask: ToolAsk, environ: Mapping[str, str], now_s: float) -> ToolStart:
    """Make ready a tool and its folder `<data>/tools/<tool>-<date>-<time>`.

    Nothing is written when a value is wrong or no interpreter is fit. Raises InputError with all
    problems at once, EnvironmentNotFit, ToolError. Whoever stops taking events ends the tool.
    """
    refuse(ask.definition, ask.values)
    python = find_python(ask.python, ask.modules, environ)
    bundle = find_or_pack(locations.diagnostics_dir(), locations.cache_dir())
    paths = ToolPaths(make_tool_folder(locations.tools_dir(), ask.definition.name, now_s))
    arguments = (*arguments_of(ask.definition, ask.values), *ask.more_arguments)
    write_asked(paths, ask, python.path, arguments, now_s)
    clean = clean_environ(environ, own_environment(python.path))
    request = ToolRequest(
        ask.definition.name,
        python.path,
        arguments,
        silence_s=silence_of(ask.definition, ask.values),
        is_stopped=ask.is_stopped,
    )
    return ToolStart(paths, python, remembered(run_tool(request, bundle, paths, clean), paths))


def refuse(definition: ToolDefinition, values: Values) -> None:
    """Raise InputError when a value is wrong, with one line for each."""
    problems = definition.problems_of(values)
    if problems:
        raise InputError("\n".join(problems), f"cockpit {definition.name} --help")


def write_asked(
    paths: ToolPaths, ask: ToolAsk, python: Path | None, arguments: tuple[str, ...], now_s: float
) -> None:
    """Note the wish in the folder, before the tool begins; `python` is None where none is asked.

    Raises ToolError.
    """
    asked = {
        "schema": 1,
        "tool": ask.definition.name,
        "time": now_s,
        "python": str(python or ""),
        "python_choice": ask.python,
        "preset": ask.preset,
        "values": dict(ask.values),
        "arguments": list(arguments),
    }
    try:
        write_json(paths.request, asked)
    except OSError as error:
        problem = f"cannot write {paths.request}: {error.strerror}"
        raise ToolError(problem, "free some space, or set XDG_DATA_HOME") from error
