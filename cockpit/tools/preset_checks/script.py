"""Does the script know the arguments that the preset gives it? Looked up, never run."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from cockpit.errors import nearest
from cockpit.launch.arguments import torch_minor
from cockpit.presets.model import ArgStyle, ArgValue, LaunchKind, Preset
from cockpit.tool_runs.events import Finding, Level
from cockpit.tools.preset_checks.declared import Argument, Declared, read_declared
from cockpit.tools.preset_checks.scene import Scene

TORCH_2 = (2, 0)


def judge_script(scene: Scene) -> Iterator[Finding]:
    """Yield what is wrong with the script and with the arguments that it is given."""
    if scene.is_ultralytics:
        yield from _judge_ultralytics(scene)
        return
    script = scene.script
    if script is None:
        return
    try:
        declared = read_declared(script)
    except OSError as error:
        what = f"{script} cannot be read: {error.strerror}"
        yield Finding(Level.PROBLEM, "script.readable", what, f"chmod +r {script}")
        return
    except (SyntaxError, ValueError, RecursionError) as error:
        yield _no_python(scene, error)
        return
    yield from _judge_local_rank(scene, declared)
    if scene.preset.launch.style is ArgStyle.DASHES:
        yield _judge_arguments(scene.preset, declared)


def _no_python(scene: Scene, error: Exception) -> Finding:
    script, line = scene.script, getattr(error, "lineno", None)
    where = f"{script}:{line}" if line else str(script)
    what = f"{where} is no Python: {getattr(error, 'msg', None) or error}"
    newer = tuple(int(part) for part in scene.python.version.split(".")[:2]) > sys.version_info[:2]
    return Finding(Level.WARNING if newer else Level.PROBLEM, "script.syntax", what)


def given_flags(preset: Preset) -> dict[str, ArgValue]:
    """Return the flags that the trainer is started with, and their values."""
    given: dict[str, ArgValue] = {
        f"--{name}": value for name, value in preset.args.items() if value is not False
    }
    for derived in (preset.config, preset.data):
        if derived is not None:
            given[f"--{derived.argument}"] = derived.file
    words = (*preset.launch.positional, *preset.tail)
    return given | {word: "" for word in words if word.startswith("--")}


def _judge_arguments(preset: Preset, declared: Declared) -> Finding:
    code, given = "script.arguments", given_flags(preset)
    if not declared.arguments:
        why = declared.unsure[0] if declared.unsure else "it declares none by argparse"
        what = f"whether {declared.script.name} knows its arguments cannot be told: {why}"
        return Finding(Level.NOTE, code, what)
    unknown = [flag for flag in given if declared.by_flag(flag) is None]
    problems = [_unknown(flag, declared) for flag in unknown]
    problems += [text for flag, value in given.items() for text in _misused(flag, value, declared)]
    problems += _missing(given, declared)
    count = len(declared.arguments)
    if not problems:
        what = f"{declared.script.name} knows every argument that the preset gives ({count} known)"
        return Finding(Level.OK, code, what)
    what = f"{declared.script}: " + "\n".join(problems)
    if len(unknown) == len(problems) and declared.takes_known_only:
        return Finding(Level.WARNING, code, f"{what}\nwhat it does not know it ignores")
    if len(unknown) == len(problems) and declared.unsure:
        return Finding(Level.NOTE, code, f"{what}\nbut it may have more: {declared.unsure[0]}")
    return Finding(Level.PROBLEM, code, what, f"edit [args] of {preset.file}, or --set")


def _unknown(flag: str, declared: Declared) -> str:
    known = [word for one in declared.arguments for word in one.spellings]
    return f"no argument {flag}{nearest(flag, known)}"


def _misused(flag: str, value: ArgValue, declared: Declared) -> Iterator[str]:
    argument = declared.by_flag(flag)
    if argument is None:
        return
    if value is True and argument.takes_value:
        yield f"{flag} needs a value ({_at(argument)}); true gives it none"
    if value is not True and value != "" and argument.takes_value is False:
        yield f"{flag} takes no value ({_at(argument)}); give it true or false"
    is_text = isinstance(value, str) and value != "" and "{" not in value
    if argument.choices and is_text and value not in argument.choices:
        yield f"{flag} {value}: {_at(argument)} allows {', '.join(argument.choices)}"


def _missing(given: dict[str, ArgValue], declared: Declared) -> list[str]:
    """Return the required ones that are not given; of several parsers nobody knows which counts."""
    if declared.parsers != 1:
        return []
    passed = {declared.by_flag(flag) for flag in given}
    lacking = [one for one in declared.arguments if one.is_required and one not in passed]
    return [f"{one.flags[-1]} is required ({_at(one)}) and not given" for one in lacking]


def _at(argument: Argument) -> str:
    return f"{argument.file.name}:{argument.line}"


def _judge_local_rank(scene: Scene, declared: Declared) -> Iterator[Finding]:
    """A script of before torch 2 waits for an argument that torchrun does not pass."""
    launch = scene.preset.launch
    argument = next(
        (one for one in declared.arguments if {"--local_rank", "--local-rank"} & set(one.flags)),
        None,
    )
    if argument is None or launch.kind is not LaunchKind.TORCHRUN or scene.ranks < 2:
        return
    name = argument.flags[-1].removeprefix("--")
    if launch.local_rank is not None:
        what = f"{_at(argument)} wants --{name}; cockpit passes it on"
        yield Finding(Level.OK, "script.local-rank", what)
        return
    if declared.reads_local_rank and not argument.is_required:
        return
    newer = (torch_minor(scene.python.torch) or TORCH_2) >= TORCH_2
    spelt = " (torch.distributed.launch spells it --local-rank since torch 2.0)" if newer else ""
    what = f"{_at(argument)} wants --{name}, which torchrun does not pass{spelt}: every rank would"
    remedy = f'local_rank = "{name}" under [launch] of {scene.preset.file}: cockpit passes it on'
    yield Finding(
        Level.PROBLEM, "script.local-rank", f"{what} take itself for the only one", remedy
    )


def _judge_ultralytics(scene: Scene) -> Iterator[Finding]:
    """Ultralytics refuses a setting that its default.yaml does not have."""
    file = scene.in_python("ultralytics/cfg/default.yaml")
    if file is None:
        return
    import yaml

    try:
        known = list(yaml.safe_load(file.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError, yaml.YAMLError):
        return
    data = scene.preset.data
    given = [*scene.preset.args, *([] if data is None else [data.argument])]
    unknown = [f"{name}{nearest(name, known)}" for name in given if name not in known]
    if unknown:
        what = f"this Ultralytics has no setting {', '.join(unknown)}"
        remedy = f"edit [args] of {scene.preset.file}, or --set"
        yield Finding(Level.PROBLEM, "script.arguments", what, remedy)
    else:
        what = f"Ultralytics knows every setting that the preset gives ({len(given)})"
        yield Finding(Level.OK, "script.arguments", what)
