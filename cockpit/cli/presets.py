"""`cockpit presets`: list them, explain one with the source of each value, check a file."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cockpit.errors import PresetError

if TYPE_CHECKING:
    from cockpit.presets.load import PresetEntry
    from cockpit.presets.model import Preset

app = typer.Typer(
    help="List presets; show NAME explains one, check FILE validates one, new NAME copies one.",
    rich_markup_mode=None,
    add_completion=False,
)


@app.callback(invoke_without_command=True)
def presets(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Print a list of objects.")] = False,
) -> None:
    """List all presets: ./presets before yours before the shipped ones."""
    if context.invoked_subcommand is not None:
        return
    from cockpit.cli.as_json import dump
    from cockpit.presets.load import find_presets

    entries = find_presets()
    print(dump(list(map(entry_object, entries))) if as_json else "\n".join(table(entries)))


@app.command("show")
def show(
    name: Annotated[str, typer.Argument(metavar="NAME")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Explain a preset: every value and where it comes from, and where it departs from a guide."""
    from cockpit.cli.as_json import dump
    from cockpit.presets.check import problems_of_preset
    from cockpit.presets.resolve import resolve

    preset = resolve(name)
    problems = problems_of_preset(preset)
    print(dump(preset_object(preset, problems)) if as_json else "\n".join(explain(preset)))
    if not as_json:
        for problem in problems:
            print(f"! {problem}", file=sys.stderr)


@app.command("check")
def check(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A .toml file, or a name.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Validate a preset; all problems at once, exit 2 when there are any."""
    from cockpit.cli.as_json import dump
    from cockpit.presets.check import problems_of_preset
    from cockpit.presets.load import find_preset
    from cockpit.presets.resolve import load_file

    path, _ = find_preset(file)
    try:
        problems = [f"{path}: {problem}" for problem in problems_of_preset(load_file(path))]
    except PresetError as error:
        problems = error.problem.splitlines()
    if as_json:
        print(dump({"file": str(path), "good": not problems, "problems": problems}))
        raise typer.Exit(2 if problems else 0)
    if problems:
        raise PresetError("\n".join(problems), f"edit {path}")
    print(f"{path}: good")


@app.command("new")
def new(
    name: Annotated[str, typer.Argument(metavar="NAME")],
    source: Annotated[
        str, typer.Option("--from", metavar="NAME", help="The preset to copy.")
    ] = "quickstart",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Copy a preset into your own folder, to be edited there."""
    from cockpit import locations
    from cockpit.cli.as_json import dump
    from cockpit.presets.copying import copy_preset
    from cockpit.presets.load import find_preset

    file, _ = find_preset(source)
    made = copy_preset(file, name, locations.config_dir() / "presets")
    print(dump({"name": name, "file": str(made)}) if as_json else str(made))


def table(entries: tuple[PresetEntry, ...]) -> list[str]:
    """Return a line for each preset: name, origin, summary or what is wrong."""
    names = max((len(entry.name) for entry in entries), default=0)
    return [
        f"{entry.name.ljust(names)}  {entry.origin:<7}  {entry_words(entry)}" for entry in entries
    ]


def entry_words(entry: PresetEntry) -> str:
    """Return the summary, or the first problem and how many more there are."""
    if not entry.problems:
        return entry.summary
    more = f" (+{len(entry.problems) - 1} more)" if len(entry.problems) > 1 else ""
    return f"✗ {entry.problems[0]}{more}"


def entry_object(entry: PresetEntry) -> dict[str, object]:
    """Return a preset of the list as JSON."""
    return {
        "name": entry.name,
        "origin": entry.origin,
        "file": str(entry.file),
        "summary": entry.summary,
        "problems": list(entry.problems),
    }


def values_of(preset: Preset) -> dict[str, object]:
    """Return every value of a preset by its dotted key, in the order of the file."""
    from dataclasses import asdict

    launch = {f"launch.{key}": value for key, value in asdict(preset.launch).items()}
    args = {f"args.{key}": value for key, value in preset.args.items()}
    env = {f"env.{key}": value for key, value in preset.env.items()}
    metrics = {f"metrics.{key}": value for key, value in asdict(preset.metrics).items()}
    found: dict[str, object] = {**launch, **args, **env, **metrics}
    if preset.batch is not None:
        found |= {f"batch.{key}": value for key, value in asdict(preset.batch).items()}
    if preset.resume is not None:
        found |= {f"resume.{key}": value for key, value in asdict(preset.resume).items()}
    return {key: value for key, value in found.items() if value not in (None, (), "")}


def explain(preset: Preset) -> list[str]:
    """Return a preset as lines: values with their source, steps, departures from a guide."""
    values = values_of(preset)
    width = max(len(key) for key in values)
    lines = [f"{preset.name}: {preset.summary}", f"{preset.file} ({preset.origin})", ""]
    for key, value in values.items():
        source = preset.sources.get(key, "default")
        lines.append(f"{key.ljust(width)}  {_text(value):<40}  {source}")
    for title, steps in (("prepare", preset.prepare), ("after", preset.after)):
        lines += [f"{title}: {step.what}\n    {step.command}" for step in steps]
    lines += [f"departs from {one.document}: {one.why}" for one in preset.departures]
    return lines


def preset_object(preset: Preset, problems: list[str]) -> dict[str, object]:
    """Return a preset as JSON: each value with its source."""
    values = {
        key: {"value": _plain(value), "source": preset.sources.get(key, "default")}
        for key, value in values_of(preset).items()
    }
    return {
        "name": preset.name,
        "origin": preset.origin,
        "file": str(preset.file),
        "summary": preset.summary,
        "values": values,
        "departures": [
            {"from": departure.document, "why": departure.why} for departure in preset.departures
        ],
        "problems": problems,
    }


def _text(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return str(value).lower() if isinstance(value, bool) else str(value)


def _plain(value: object) -> object:
    if isinstance(value, tuple):
        return list(value)
    return str(value) if isinstance(value, Path) else value
