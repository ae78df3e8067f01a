"""`cockpit gpus`: what every GPU does now, once or once a second."""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Final

import typer

from cockpit.cli.terminal import takes_escapes

if TYPE_CHECKING:
    from cockpit.devices.feed import DeviceFeed
    from cockpit.devices.sample import DeviceReading

PERIOD_S: Final = 1.0
FIRST_READING_S: Final = 3.0
ASCII: Final = str.maketrans({"▲": "!", "✗": "x", "–": "-", "°": "C", "·": "-", "…": "."})


def gpus(
    json_output: Annotated[bool, typer.Option("--json", help="Print a list of objects.")] = False,
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Repeat each second.")] = False,
) -> None:
    """Show the GPUs of this machine: use, memory, temperature, power."""
    from cockpit.devices.spec import checked_spec

    spec = checked_spec()
    if watch:
        _watch(spec, json_output=json_output)
    else:
        _once(spec, json_output=json_output)


def _once(spec: str, *, json_output: bool) -> None:
    from cockpit.cli.gpu_table import gpu_objects, text_lines
    from cockpit.devices.feed import read_once

    reading = read_once(spec)
    if json_output:
        _say_why_empty(reading)
        print(json.dumps(gpu_objects(reading, time.time()), indent=2, ensure_ascii=False))
    else:
        _print_lines(text_lines(reading, time.time()))


def _watch(spec: str, *, json_output: bool) -> None:
    from cockpit.devices.feed import DeviceFeed

    feed = DeviceFeed(spec)
    feed.start()
    try:
        _repeat(feed, json_output=json_output)
    except KeyboardInterrupt:
        pass
    except BrokenPipeError:  # as in `cockpit gpus --watch | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    finally:
        feed.close()


def _repeat(feed: DeviceFeed, *, json_output: bool) -> None:
    from cockpit.cli.gpu_table import gpu_objects, text_lines

    feed.wait_until(lambda reading: reading.inventory is not None, FIRST_READING_S)
    if json_output:
        _say_why_empty(feed.latest())
    drawn = 0
    while True:
        reading, now_s = feed.latest(), time.time()
        if json_output:
            print(json.dumps(gpu_objects(reading, now_s), ensure_ascii=False), flush=True)
        elif can_redraw():
            drawn = _redraw(text_lines(reading, now_s), drawn)
        else:
            _print_lines([*text_lines(reading, now_s), ""])
        time.sleep(PERIOD_S)


def can_redraw() -> bool:
    """Say whether stdout is a terminal that moves its cursor and may be told to."""
    return takes_escapes() and not os.environ.get("NO_COLOR")


def _redraw(lines: Sequence[str], drawn: int) -> int:
    """Draw over the `drawn` lines of before; return how many lines stand there now."""
    size = shutil.get_terminal_size()
    shown = clip(lines, size.lines - 1)
    home = f"\x1b[{drawn}F" if drawn else ""
    body = "".join(f"{encodable(line[: size.columns])}\x1b[K\n" for line in shown)
    sys.stdout.write(f"{home}{body}\x1b[J")
    sys.stdout.flush()
    return len(shown)


def clip(lines: Sequence[str], height: int) -> list[str]:
    """Return as many lines as fit; the last one then says how many do not."""
    if len(lines) <= max(height, 2):
        return list(lines)
    kept = lines[: max(height, 2) - 1]
    return [*kept, f"{len(lines) - len(kept)} more lines need a taller terminal"]


def _print_lines(lines: Sequence[str]) -> None:
    for line in lines:
        print(encodable(line))
    sys.stdout.flush()


def encodable(line: str) -> str:
    """Return the line, in ASCII where stdout takes no more."""
    try:
        line.encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return line.translate(ASCII).encode("ascii", "replace").decode()
    return line


def _say_why_empty(reading: DeviceReading) -> None:
    from cockpit.cli.gpu_table import reason_without_gpu

    if not reading.gpus:
        print(f"no GPU: {reason_without_gpu(reading)}", file=sys.stderr)
