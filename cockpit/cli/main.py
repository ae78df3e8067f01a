"""Where `cockpit` starts: the screen at once, a command through typer, an error as a sentence."""

from __future__ import annotations

import errno
import gc
import io
import os
import sys

from cockpit.cli.printing import ENCODABLE, say
from cockpit.cli.terminal import takes_escapes
from cockpit.errors import CockpitError

FULL = (errno.ENOSPC, errno.EDQUOT)


def main() -> None:
    """Run one command; a user's mistake ends in a sentence, never in a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=ENCODABLE)  # a terminal without UTF-8 shows ? for a glyph
    try:
        start(sys.argv[1:])
    except CockpitError as error:
        say(f"cockpit: {error}", sys.stderr)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except KeyboardInterrupt:
        sys.exit(130)
    except OSError as error:
        if error.errno not in FULL:
            raise
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        say(f"cockpit: the output cannot be written: {error.strerror}", sys.stderr)
        sys.exit(1)


def start(words: list[str]) -> None:
    """Open the screen when nothing is asked, without paying for the command line; else obey."""
    if not words and has_screen():
        open_screen()
        return
    from cockpit.cli import gpus_ahead

    gpus_ahead.start(words)
    from cockpit.cli.one_command import app_for
    from cockpit.cli.usage import obey

    obey(app_for(words))


def open_screen(
    *, readonly: bool = False, ascii_only: bool = False, open_run: str | None = None
) -> None:
    """Show the TUI until the user leaves it. Raises InputError for a wrong COCKPIT_DEVICES."""
    from cockpit import locations
    from cockpit.devices.feed import DeviceFeed
    from cockpit.devices.spec import checked_spec

    spec = checked_spec()  # said here, before the screen is taken
    devices = DeviceFeed(spec)
    devices.start()  # a process of its own: it asks the driver while this one reads Textual
    gc.disable()  # nothing made until the first frame is garbage; the app enables it then

    from cockpit.tui.app import run as run_app

    run_app(
        runs_dir=locations.runs_dir(),
        devices=devices,
        open_run=open_run,
        readonly=readonly,
        ascii_only=ascii_only,
    )


def has_screen() -> bool:
    """Say whether both ends are a terminal on which the TUI can be drawn."""
    return sys.stdin.isatty() and takes_escapes()


if __name__ == "__main__":
    main()
