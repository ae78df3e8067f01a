"""Options that are texts, taken as they are.

typer (0.29) loads pydantic when a command is called, to make texts of texts. That takes longer than
an estimate.
"""

from __future__ import annotations

from collections.abc import Iterable

import typer

from cockpit.cli.usage import WRONG_USAGE


class PlainCommand(typer.core.TyperCommand):
    """A command whose arguments and options are texts, lists of texts and switches."""

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]  # its own click is private
        """Parse the words after the command."""
        _take_as_they_are(self.get_params(ctx))
        return super().parse_args(ctx, args)


class PlainGroup(typer.core.TyperGroup):
    """Commands whose own options, before the name of one, are such."""

    def invoke(self, ctx: typer.Context) -> object:  # type: ignore[override]  # its own click is private
        """Run the command that was typed; what is wrong with its words is told as its own."""
        try:
            return super().invoke(ctx)
        except WRONG_USAGE as error:
            name = ctx.invoked_subcommand
            if name is not None and getattr(error, "ctx", None) is None:  # a value is missing
                error.ctx = typer.Context(self.commands[name], parent=ctx, info_name=name)  # type: ignore[attr-defined]  # of UsageError
            raise

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]  # its own click is private
        """Parse the words up to the name of a command."""
        _take_as_they_are(self.get_params(ctx))
        return super().parse_args(ctx, args)


class _AsItIs:
    """Stands where typer would have a validator."""

    def coerce(self, value: object, **_: object) -> object:
        """Return the value; of a repeated option a list."""
        return list(value) if isinstance(value, tuple) else value


def _take_as_they_are(parameters: Iterable[object]) -> None:
    for parameter in parameters:
        if getattr(parameter, "_runtime_param", "") is None:  # other versions have none
            parameter._runtime_param = _AsItIs()  # type: ignore[attr-defined]  # it is private
