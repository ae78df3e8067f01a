"""`cockpit presets`: list them, explain one with the source of each value, check a file."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from cockpit.cli.plain_options import PlainGroup
from cockpit.errors import PresetError

if TYPE_CHECKING:
    from cockpit.presets.load import PresetEntry
    from cockpit.presets.model import Preset

WIDEST: Final = 100

app = typer.Typer(
    cls=PlainGroup,
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
    from cockpit.cli.preset_text import explain
    from cockpit.presets.check import problems_of_preset
    from cockpit.presets.resolve import resolve

    preset = resolve(name)
    problems = problems_of_preset(preset)
    if as_json:
        print(dump(preset_object(preset, problems)))
        return
    width = min(shutil.get_terminal_size().columns, WIDEST)
    print("\n".join(explain(preset, width)))
    for problem in problems:
        print(f"! {problem}", file=sys.stderr)


def _grammar_problems(path: Path) -> tuple[list[str], list[Path]]:
    """Return what is wrong with one's own log grammar that a preset names, and its file."""
    from cockpit import locations
    from cockpit.errors import InputError
    from cockpit.metrics.grammar_toml import find_grammar
    from cockpit.presets.load import read_document

    metrics = read_document(path).get("metrics")
    reader = metrics.get("reader") if isinstance(metrics, dict) else None
    try:
        find_grammar(reader if isinstance(reader, str) else "")
    except InputError as error:
        return error.problem.splitlines(), [locations.grammars_dir() / f"{reader}.toml"]
    return [], []


@app.command("check")
def check(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A .toml file, or a name.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Validate a preset; all problems at once, exit 2 when there are any."""
    from cockpit.cli.as_json import dump
    from cockpit.presets.load import find_preset, read_document
    from cockpit.presets.resolve import problems_of_file

    path, _ = find_preset(file)
    wrong = [path]
    try:
        problems = problems_of_file(path)
        of_grammar, grammars = _grammar_problems(path)
        wrong = [*([path] if problems else ()), *grammars]
        problems = [*problems, *of_grammar]
    except PresetError as error:  # no TOML: also an answer for --json
        problems = error.problem.splitlines()
    if as_json:
        print(dump({"file": str(path), "good": not problems, "problems": problems}))
        raise typer.Exit(2 if problems else 0)
    if problems:
        has_steps = "prepare" in read_document(path)
        prepare = f"cockpit run {path.stem} --prepare, or " if has_steps else ""
        raise PresetError("\n".join(problems), f"{prepare}edit {' and '.join(map(str, wrong))}")
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


def preset_object(preset: Preset, problems: list[str]) -> dict[str, object]:
    """Return a preset as JSON: each value with its source."""
    from dataclasses import asdict

    from cockpit.cli.preset_text import source_of, values_of

    values = {
        key: {"value": _plain(value), "source": source_of(preset, key)}
        for key, value in values_of(preset).items()
    }
    return {
        "name": preset.name,
        "origin": preset.origin,
        "file": str(preset.file),
        "summary": preset.summary,
        "values": values,
        "prepare": [asdict(step) for step in preset.prepare],
        "after": [asdict(step) for step in preset.after],
        "departures": [
            {"from": departure.document, "why": departure.why} for departure in preset.departures
        ],
        "problems": problems,
    }


def _plain(value: object) -> object:
    if isinstance(value, tuple):
        return list(value)
    return str(value) if isinstance(value, Path) else value
