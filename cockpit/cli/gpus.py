"""`cockpit gpus`: what every GPU does now, once or again and again."""

from __future__ import annotations

import json
import math
import os
import shutil
import sys
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Annotated, Final

import typer

from cockpit.cli import gpus_ahead
from cockpit.cli.options import Devices, use_devices
from cockpit.cli.terminal import takes_escapes
from cockpit.errors import CockpitError, EnvironmentNotFit, InputError

if TYPE_CHECKING:
    from cockpit.devices.feed import DeviceFeed
    from cockpit.devices.sample import DeviceReading

PERIOD_S: Final = 1.0
SHORTEST_PERIOD_S: Final = 0.1
ONCE_S: Final = 1.5
"""A driver that hangs is named by then; with the start and the end that makes less than 2 s."""
SELECT_S: Final = 10.0
"""A choice of GPUs waits for a driver that starts slowly: scripts go on with its answer."""
FIRST_READING_S: Final = 3.0
ASCII: Final = str.maketrans({"▲": "!", "✗": "x", "–": "-", "°": "C", "·": "-", "…": "."})
WATCH: Final = ("--watch", "-w")

Show = Callable[["DeviceReading", float], None]
"""Prints a reading at a moment (epoch seconds)."""


def with_seconds(words: Sequence[str]) -> list[str]:
    """Give `--watch` its period where none follows: typer knows no option with an optional one."""
    given = []
    for place, word in enumerate(words):
        is_alone = word in WATCH and not any(map(_is_number, words[place + 1 : place + 2]))
        given.append(f"{WATCH[0]}={PERIOD_S:g}" if is_alone else word)
    return given


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True


class GpusCommand(typer.core.TyperCommand):
    """`gpus`, whose `--watch` may stand alone."""

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]  # its own click is private
        """Parse the words after `gpus`."""
        return super().parse_args(ctx, with_seconds(args))


def gpus(
    as_json: Annotated[bool, typer.Option("--json", help="Print a list of objects.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV, one line for a GPU.")] = False,
    watch: Annotated[
        float | None,
        typer.Option(*WATCH, metavar="[SECONDS]", help="Repeat, each second or as often as said."),
    ] = None,
    select: Annotated[
        str | None,
        typer.Option(
            "--select",
            metavar="free[:N]",
            help="Print the indices of free GPUs for CUDA_VISIBLE_DEVICES (with"
            " CUDA_DEVICE_ORDER=PCI_BUS_ID). Exit 1 with who holds them when too few are free,"
            " 3 where there is no GPU.",
        ),
    ] = None,
    devices: Devices = None,
) -> None:
    """Show the GPUs of this machine: use, memory, temperature, power, who uses them.

    Exit 0 also without a GPU and with one that is lost or hangs: that is what is shown.
    """
    use_devices(devices)
    from cockpit.devices.spec import checked_spec

    _require_one_form(as_json=as_json, as_csv=as_csv, watch=watch, select=select)
    spec = checked_spec()
    if select is not None:
        _select(spec, select)
        return
    show = (
        _json_line if as_json and watch else _json if as_json else _CsvLines() if as_csv else None
    )
    if watch is None:
        _once(spec, show or _text)
    else:
        _watch(spec, watch, show)


def _require_one_form(
    *, as_json: bool, as_csv: bool, watch: float | None, select: str | None
) -> None:
    if as_json and as_csv:
        raise InputError("--json and --csv are two forms", "one of the two")
    if select is not None and (as_json or as_csv or watch is not None):
        raise InputError("--select prints indices, once", "leave out --json, --csv and --watch")
    if watch is not None and not (math.isfinite(watch) and watch >= SHORTEST_PERIOD_S):
        raise InputError(f"--watch {watch:g}: a period from {SHORTEST_PERIOD_S} s on", "--watch 2")


def _once(spec: str, show: Show) -> None:
    feed = gpus_ahead.feed_of(spec)
    try:
        show(feed.first_reading(ONCE_S), time.time())
        sys.stdout.flush()
    except BrokenPipeError:  # as in `cockpit gpus --json | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    finally:
        feed.close()


def _watch(spec: str, period_s: float, show: Show | None) -> None:
    from cockpit.devices.feed import DeviceFeed

    feed = DeviceFeed(spec, min(period_s, PERIOD_S))
    feed.start()
    try:
        feed.wait_until(lambda reading: reading.inventory is not None, FIRST_READING_S)
        if show is _json_line:
            _say_why_empty(feed.latest())
        _repeat(feed, period_s, show or (_Screen().draw if can_redraw() else _text_and_gap))
    except KeyboardInterrupt:
        pass
    except BrokenPipeError:  # as in `cockpit gpus --watch | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    finally:
        feed.close()


def _repeat(feed: DeviceFeed, period_s: float, show: Show) -> None:
    began = time.monotonic()
    while True:
        show(feed.latest(), time.time())
        time.sleep(period_s - (time.monotonic() - began) % period_s)


def _select(spec: str, text: str) -> None:
    from cockpit.cli.gpu_select import parse_select, select_free
    from cockpit.devices.feed import DeviceFeed

    wanted = parse_select(text)
    feed = DeviceFeed(spec)
    feed.start()
    try:
        reading = feed.first_reading(SELECT_S, needs_host=False)
    finally:
        feed.close()
    if not reading.gpus:
        raise EnvironmentNotFit(f"no GPU: {_reason(reading)}")
    from cockpit import locations
    from cockpit.supervise.machine import look_at

    machine = look_at(reading, locations.runs_dir())
    found = select_free(reading, {gpu.gpu_index: gpu.holder for gpu in machine.gpus})
    if len(found.free) < (wanted or 1):
        count = f"{len(found.free)} of {len(found.free) + len(found.taken)} GPUs are free"
        few = f"{wanted} wanted, {count}" if wanted else count
        waits = "cockpit run PRESET --queue, which waits for GPUs"
        raise CockpitError("\n  ".join((few, *found.taken)), waits)
    print(",".join(map(str, found.free[:wanted])))
    if machine.is_simulated:
        print("SIMULATED: these GPUs are not in this machine", file=sys.stderr)


def _json(reading: DeviceReading, now_s: float) -> None:
    _say_why_empty(reading)
    print(json.dumps(_objects(reading, now_s), indent=2, ensure_ascii=False))


def _json_line(reading: DeviceReading, now_s: float) -> None:
    print(json.dumps(_objects(reading, now_s), ensure_ascii=False), flush=True)


def _objects(reading: DeviceReading, now_s: float) -> list[dict[str, object]]:
    from cockpit.cli.gpu_objects import gpu_objects
    from cockpit.cli.gpu_runs import owners_now

    return gpu_objects(reading, now_s, owners_now(reading, now_s))


class _CsvLines:
    """Prints the head once."""

    def __init__(self) -> None:
        self._has_head = False

    def __call__(self, reading: DeviceReading, now_s: float) -> None:
        from cockpit.cli.gpu_csv import csv_text
        from cockpit.cli.gpu_runs import owners_now

        if not self._has_head:
            _say_why_empty(reading)
        owners = owners_now(reading, now_s)
        sys.stdout.write(csv_text(reading, now_s, owners, has_head=not self._has_head))
        sys.stdout.flush()
        self._has_head = True


def _text(reading: DeviceReading, now_s: float) -> None:
    columns = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    for line in _lines(reading, now_s, columns):
        print(encodable(line))
    sys.stdout.flush()


def _text_and_gap(reading: DeviceReading, now_s: float) -> None:
    _text(reading, now_s)
    print(flush=True)


def _lines(reading: DeviceReading, now_s: float, columns: int | None) -> list[str]:
    from cockpit.cli.gpu_runs import owners_now
    from cockpit.cli.gpu_table import text_lines

    return text_lines(reading, now_s, owners_now(reading, now_s), columns)


class _Screen:
    """Draws each table over the one before."""

    def __init__(self) -> None:
        self._drawn = 0

    def draw(self, reading: DeviceReading, now_s: float) -> None:
        """Draw over what was drawn before."""
        size = shutil.get_terminal_size()
        shown = clip(_lines(reading, now_s, size.columns), size.lines - 1)
        home = f"\x1b[{self._drawn}F" if self._drawn else ""
        body = "".join(f"{encodable(line)}\x1b[K\n" for line in shown)
        sys.stdout.write(f"{home}{body}\x1b[J")
        sys.stdout.flush()
        self._drawn = len(shown)


def can_redraw() -> bool:
    """Say whether stdout is a terminal that moves its cursor and may be told to."""
    return takes_escapes() and not os.environ.get("NO_COLOR")


def clip(lines: Sequence[str], height: int) -> list[str]:
    """Return as many lines as fit; the last one then says how many do not."""
    if len(lines) <= max(height, 2):
        return list(lines)
    kept = lines[: max(height, 2) - 1]
    return [*kept, f"{len(lines) - len(kept)} more lines need a taller terminal"]


def encodable(line: str) -> str:
    """Return the line, in ASCII where stdout takes no more."""
    try:
        line.encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return line.translate(ASCII).encode("ascii", "replace").decode()
    return line


def _say_why_empty(reading: DeviceReading) -> None:
    if not reading.gpus:
        print(f"no GPU: {_reason(reading)}", file=sys.stderr)


def _reason(reading: DeviceReading) -> str:
    from cockpit.cli.gpu_table import reason_without_gpu

    return reason_without_gpu(reading)
