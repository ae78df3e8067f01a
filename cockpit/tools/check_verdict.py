"""What all that a check found comes to: one verdict, for every face and for the record. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cockpit.tool_runs.events import Finding, Finished, Level, Outcome


def is_fit(findings: Iterable[Finding], *, is_strict: bool = False) -> bool:
    """Say whether there is no problem, and when strict no warning either."""
    bad = {Level.PROBLEM, Level.WARNING} if is_strict else {Level.PROBLEM}
    return all(finding.level not in bad for finding in findings)


def verdict(findings: Sequence[Finding], *, is_strict: bool) -> str:
    """Return the last line: fit or not, and how much stands against it."""
    levels = [finding.level for finding in findings]
    counts = [
        f"{levels.count(level)} {level}{'' if levels.count(level) == 1 else 's'}"
        for level in (Level.PROBLEM, Level.WARNING)
        if level in levels
    ]
    word = "fit to train" if is_fit(findings, is_strict=is_strict) else "not fit to train"
    return f"{word}: {', '.join(counts)}" if counts else word


def last_word(findings: Sequence[Finding], finished: Finished, *, is_strict: bool) -> Finished:
    """Return the last word on everything, where the diagnostic has said its own on its part.

    One that was stopped stays so.
    """
    if finished.outcome is Outcome.STOPPED:
        return finished
    outcome = Outcome.PASSED if is_fit(findings, is_strict=is_strict) else Outcome.FAILED
    return Finished(finished.time_s, outcome, verdict(findings, is_strict=is_strict))


def broken(finished: Finished, findings: Iterable[Finding]) -> Finding | None:
    """Return the finding for a diagnostic that failed without one; None where that is not so."""
    if finished.outcome is not Outcome.FAILED or not is_fit(findings):
        return None
    what = f"the check itself failed: {finished.why}"
    return Finding(Level.PROBLEM, "check.failed", what, time_s=finished.time_s)
