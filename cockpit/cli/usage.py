"""A wrong word on the command line, said as every other mistake is said."""

from __future__ import annotations

import sys
from typing import Final, cast

import typer

from cockpit.errors import InputError

WRONG_USAGE: Final[type[Exception]] = cast("type[Exception]", typer.BadParameter.__bases__[0])
"""Click's UsageError; typer brings its own copy of click and gives it no public name."""
NCCL_TESTS: Final = ("-b", "-e", "-f", "-g", "-n", "-w", "-d", "-o")


def obey(app: typer.Typer) -> None:
    """Run the command that was typed, and exit as it says. Raises InputError for wrong words."""
    try:
        code = app(standalone_mode=False)
    except WRONG_USAGE as error:
        raise _as_input_error(error) from error
    sys.exit(code if isinstance(code, int) else 0)


def _as_input_error(error: Exception) -> InputError:
    context = getattr(error, "ctx", None)
    command = context.command_path if context is not None else "cockpit"
    words = getattr(error, "format_message", error.__str__)().strip().removesuffix(".")
    problem = words[:1].lower() + words[1:]
    if command.endswith(" nccl") and getattr(error, "option_name", "") in NCCL_TESTS:
        remedy = f"-b 8 -e 128M -f 2 -g 8 of nccl-tests is: {command} --sizes 8:128M:2 --ranks 8"
        return InputError(problem, remedy)
    return InputError(problem, f"{command} --help")
