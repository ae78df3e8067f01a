"""`cockpit explain RUN|LOGFILE`: why a training failed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from cockpit.views.explain import Explanation

NOTHING: str = "nothing says that it failed"


def explain(
    subject: Annotated[
        str, typer.Argument(metavar="RUN|LOGFILE", help="A run, last, or any log file.")
    ] = "last",
    exit_code: Annotated[
        int | None,
        typer.Option("--exit-code", help="How the job ended; a signal as -9 or as 137."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Say why a training failed: the first cause, its evidence, and what to try."""
    from cockpit import locations
    from cockpit.cli.as_json import dump
    from cockpit.views.explain import explain as explained

    found = explained(subject, locations.runs_dir(), exit_code)
    print(dump(explain_object(found)) if as_json else "\n".join(text_of(found)))


def explain_object(found: Explanation) -> dict[str, object]:
    """Return what `cockpit explain --json` prints; `cause` is null when nothing is wrong."""
    cause = found.cause
    return {
        "cause": cause.code if cause else None,
        "summary": cause.what if cause else NOTHING,
        "rank": cause.rank if cause else None,
        "evidence": [
            {"line": one.line, "text": one.text} for one in (cause.evidence if cause else ())
        ],
        "facts": dict(cause.facts) if cause else {},
        "remedies": list(cause.remedies) if cause else [],
        "log": str(found.log),
        "left_out_bytes": found.left_out_bytes,
    }


def text_of(found: Explanation) -> list[str]:
    """Return the lines that people read."""
    from cockpit.units import binary

    cause = found.cause
    if cause is None:
        lines = [NOTHING]
    else:
        lines = [f"{cause.what}  [{cause.code}]"]
        for one in cause.evidence:
            number = f":{one.line}" if one.line is not None else ""
            lines.append(f"  {found.log.name}{number}: {one.text}")
        lines += [f"  {name}: {_shown(name, value)}" for name, value in cause.facts.items()]
        lines += [f"  try: {remedy}" for remedy in cause.remedies]
    if found.left_out_bytes:
        lines.append(f"  the middle of the log was not read: {binary(found.left_out_bytes)}")
    return lines


def _shown(name: str, value: str | float) -> str:
    from cockpit.units import binary

    is_size = name.endswith("_bytes") and not isinstance(value, str)
    return binary(float(value)) if is_size else str(value)
