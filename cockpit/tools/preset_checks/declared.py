"""The arguments that a script declares, read from its text: nothing is run or imported."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

MOST_FILES: Final = 200
LARGEST_BYTES: Final = 2 << 20
SWITCHES: Final = frozenset({"store_true", "store_false", "count", "help", "version"})
OTHER_PARSERS: Final = frozenset(
    ("absl", "click", "docopt", "fire", "hydra", "jsonargparse", "simple_parsing", "tap", "tyro")
) | {"typer", "HfArgumentParser", "LightningCLI"}
"""Modules and classes that take arguments in a way that is not read here."""


@dataclass(frozen=True, slots=True)
class Argument:
    """One add_argument."""

    flags: tuple[str, ...]
    file: Path
    line: int
    takes_value: bool | None
    """None where it may or may not."""
    is_required: bool = False
    choices: tuple[str, ...] = ()
    has_negative: bool = False
    """BooleanOptionalAction: --no-NAME as well."""

    @property
    def spellings(self) -> tuple[str, ...]:
        """Every word that means it."""
        no = (f"--no-{flag[2:]}" for flag in self.flags if flag.startswith("--"))
        return (*self.flags, *(no if self.has_negative else ()))


@dataclass(slots=True)
class Declared:
    """What is known of a script's arguments."""

    script: Path
    arguments: list[Argument] = field(default_factory=list)
    unsure: list[str] = field(default_factory=list)
    """Why there may be more."""
    takes_known_only: bool = False
    """parse_known_args: what it does not know is ignored."""
    reads_local_rank: bool = False
    """It names the variable LOCAL_RANK."""
    parsers: int = 0

    def by_flag(self, flag: str) -> Argument | None:
        """Return what a flag means to argparse, which takes a beginning that only one has."""
        spelt = {word: one for one in self.arguments for word in one.spellings}
        if flag in spelt:
            return spelt[flag]
        begun = [one for word, one in spelt.items() if word.startswith(flag)]
        return begun[0] if len(begun) == 1 and flag.startswith("--") else None


def read_declared(script: Path) -> Declared:
    """Return the arguments of a script and of the modules beside it that it imports.

    Raises OSError, and SyntaxError for a text that is no Python.
    """
    found = Declared(script)
    tree = _parse(script)
    waiting, seen = [(script, tree)], {script}
    while waiting:
        file, tree = waiting.pop()
        _look(found, file, tree)
        for path in _imported(tree, file, script.parent):
            if path not in seen and len(seen) < MOST_FILES:
                seen.add(path)
                try:
                    waiting.append((path, _without_main(_parse(path))))
                except (OSError, SyntaxError, ValueError, RecursionError):
                    found.unsure.append(f"{path.name} cannot be read")
    return found


def _parse(file: Path) -> ast.Module:
    data = file.read_bytes()
    if len(data) > LARGEST_BYTES:
        raise ValueError("too large")
    return ast.parse(data, str(file))


def _without_main(tree: ast.Module) -> ast.Module:
    """Drop what a module does only when it is the script itself."""
    kept = [node for node in tree.body if not _asks_main(node)]
    return ast.Module(body=kept, type_ignores=[])


def _asks_main(node: ast.stmt) -> bool:
    return isinstance(node, ast.If) and "__main__" in ast.unparse(node.test)


def _look(found: Declared, file: Path, tree: ast.Module) -> None:
    parsers = {
        target.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and _called(node.value) == "ArgumentParser"
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    own = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    for node in ast.walk(tree):
        match node:
            case ast.Call():
                _look_at_call(found, node, file, parsers, own)
            case ast.Constant(value="LOCAL_RANK"):
                found.reads_local_rank = True
            case ast.Import(names=names) | ast.ImportFrom(names=names):
                module = getattr(node, "module", None) or ""
                words = {module.partition(".")[0], *(name.name.split(".")[0] for name in names)}
                if other := sorted(words & OTHER_PARSERS):
                    found.unsure.append(f"{file.name}:{node.lineno} uses {other[0]}")
            case _:
                pass


def _look_at_call(
    found: Declared, call: ast.Call, file: Path, parsers: set[str], own: set[str]
) -> None:
    name = _called(call)
    if name == "add_argument":
        argument = _argument(call, file)
        if argument is None:
            found.unsure.append(f"{file.name}:{call.lineno} names one only when it runs")
        elif argument.flags:
            found.arguments.append(argument)
    elif name in ("ArgumentParser", "add_parser"):
        found.parsers += 1
    elif name == "parse_known_args":
        found.takes_known_only = True
    elif name not in own and any(
        isinstance(one, ast.Name) and one.id in parsers for one in call.args
    ):
        found.unsure.append(f"{file.name}:{call.lineno} hands its parser to {name or 'others'}")


def _called(node: ast.AST) -> str | None:
    """Return the last name of what is called: `add_argument` of `parser.add_argument(…)`."""
    if not isinstance(node, ast.Call):
        return None
    function = node.func
    return getattr(function, "attr", None) or getattr(function, "id", None)


def _argument(call: ast.Call, file: Path) -> Argument | None:
    """Return one argument; None where its name is worked out at run time."""
    words = [arg.value if isinstance(arg, ast.Constant) else None for arg in call.args]
    if not words or not all(isinstance(word, str) for word in words):
        return None
    options = {one.arg: one.value for one in call.keywords if one.arg}
    flags = tuple(str(word) for word in words if str(word).startswith("-"))
    return Argument(
        flags,
        file,
        call.lineno,
        takes_value=_takes_value(options),
        is_required=_constant(options.get("required")) is True,
        choices=_choices(options.get("choices")),
        has_negative="BooleanOptionalAction" in ast.dump(options.get("action") or ast.Pass()),
    )


def _takes_value(options: dict[str, ast.expr]) -> bool | None:
    action = options.get("action")
    if action is not None:
        value = _constant(action)
        return value not in SWITCHES if value in (*SWITCHES, "store", "append", "extend") else None
    count = options.get("nargs")
    return True if count is None or _constant(count) == "+" else None


def _choices(node: ast.expr | None) -> tuple[str, ...]:
    if not isinstance(node, ast.List | ast.Tuple | ast.Set):
        return ()
    values = [_constant(one) for one in node.elts]
    return tuple(map(str, values)) if None not in values else ()


def _constant(node: ast.expr | None) -> object:
    return node.value if isinstance(node, ast.Constant) else None


def _imported(tree: ast.Module, file: Path, root: Path) -> Iterator[Path]:
    """Yield the files beside the script that a module imports."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for name in node.names:
                yield from _module(root, name.name.split("."))
        elif isinstance(node, ast.ImportFrom):
            above = [file.parent, *file.parents][node.level] if node.level else root
            parts = node.module.split(".") if node.module else []
            yield from _module(above, parts)
            for name in node.names:
                yield from _module(above, [*parts, name.name])


def _module(root: Path, parts: Sequence[str]) -> Iterator[Path]:
    path = root.joinpath(*parts)
    for candidate in (path.with_suffix(".py"), path / "__init__.py"):
        if parts and candidate.is_file():
            yield candidate
