"""The parser of every tool's command line: what is wrong is raised, and never ends the process."""

from __future__ import annotations

import argparse
from typing import NoReturn


class Parser(argparse.ArgumentParser):
    """Raises ValueError, so that the stream of events gets its end; after --help, too."""

    def error(self, message: str) -> NoReturn:
        """Raise what is wrong."""
        raise ValueError(message)

    def exit(self, status: int = 0, message: str | None = None) -> NoReturn:
        """Raise; the help is out on stderr by then."""
        raise ValueError(message or "nothing but the help was asked for")
