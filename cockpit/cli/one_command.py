"""The command line of the one command that was typed: an answer in no time loads no other.

To load all of them, and to have typer read their signatures, takes longer than an estimate.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Final

from cockpit.cli.root import new_app

if TYPE_CHECKING:
    import typer

MODULES: Final = frozenset(
    {
        "adopt", "after", "check", "collectives", "compare", "explain", "logs", "memory",
        "metrics", "report", "resume", "run", "runs", "scaling", "show", "slurm", "steptime",
        "stop",
    }
)  # fmt: skip
"""Commands that are a function of their name in a module of their name, and nothing else."""
PLAIN: Final = frozenset(
    {"adopt", "after", "estimate", "metrics", "resume", "run", "runs", "show", "stop"}
)
"""Those whose arguments and options are all texts and switches."""


def app_for(words: Sequence[str]) -> typer.Typer:
    """Return a command line that knows the typed command; all where none stands first."""
    word = words[0] if words else ""
    if word in PLAIN:
        from cockpit.cli.plain_options import PlainCommand

        app = new_app()
        app.command(word, cls=PlainCommand)(_function(word))
        return app
    if word in MODULES:
        app = new_app()
        app.command(word)(_function(word))
        return app
    from cockpit.cli.commands import app as every_command

    return every_command


def _function(word: str) -> Callable[..., object]:
    function: Callable[..., object] = getattr(import_module(f"cockpit.cli.{word}"), word)
    return function
