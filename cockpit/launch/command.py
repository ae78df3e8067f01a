"""A launch plan as a command that a person can paste."""

from __future__ import annotations

import shlex
from pathlib import Path

from cockpit.launch.plan import LaunchPlan
from cockpit.launch.ultralytics import ENTRY

WIDEST = 96
SEARCH_PATHS = ("PATH", "PYTHONPATH")


def shell_lines(plan: LaunchPlan, *, short: bool) -> tuple[str, ...]:
    """Return the exact command, one line after the other with trailing backslashes.

    The short form writes `torchrun`, `yolo` and `python` for what the full form spells out, and
    leaves out the folder and the search paths; only the full form can be pasted anywhere.
    """
    hidden = SEARCH_PATHS if short else ()
    assignments = [
        f"{name}={shlex.quote(item.value)}" for name, item in plan.env.items() if name not in hidden
    ]
    words = [shlex.quote(word) for word in plan.argv]
    if short:
        words = _shortened(plan)
        return _lines([_wrapped(assignments), _wrapped(words)])
    unset = [word for name in plan.unset for word in ("-u", name)]
    folders = dict.fromkeys(shlex.quote(str(path)) for path in (plan.out, plan.cwd) if path)
    head = f"mkdir -p {' '.join(folders)} && cd {shlex.quote(str(plan.cwd))} &&"
    env = ["env", *unset, *assignments] if unset or assignments else []
    return _lines([[head], _wrapped(env), _wrapped(words)])


def file_lines(plan: LaunchPlan) -> tuple[str, ...]:
    """Return shell lines that write the derived settings files, to be pasted before the command."""
    lines: list[str] = []
    for path, text in plan.files.items():
        quoted = shlex.quote(str(path))
        lines.append(f"mkdir -p {shlex.quote(str(path.parent))} && cat > {quoted} <<'END'")
        lines += [*text.rstrip("\n").split("\n"), "END"]
    return tuple(lines)


def _shortened(plan: LaunchPlan) -> list[str]:
    python, *rest = plan.argv
    quoted = [shlex.quote(_home_short(word)) for word in rest]
    if rest[:2] == ["-m", "torch.distributed.run"]:
        return ["torchrun", *quoted[2:]]
    if rest[:2] == ["-c", ENTRY]:
        return ["yolo", *quoted[2:]]
    return [Path(python).name, *quoted]


def _home_short(word: str) -> str:
    home = str(Path.home())
    return "~" + word.removeprefix(home) if word.startswith(home + "/") else word


def _wrapped(words: list[str]) -> list[str]:
    """Break words into lines; an argument stays with its value."""
    lines: list[str] = []
    line = ""
    for number, word in enumerate(words):
        following = words[number + 1] if number + 1 < len(words) else ""
        is_pair = word.startswith("--") and "=" not in word and not following.startswith("--")
        needed = len(word) + (len(following) + 1 if is_pair else 0)
        if line and len(line) + 1 + needed > WIDEST:
            lines.append(line)
            line = "    " + word
        else:
            line = f"{line} {word}" if line else word
    return [*lines, line] if line else lines


def _lines(blocks: list[list[str]]) -> tuple[str, ...]:
    lines = [line for block in blocks for line in block]
    joined = [line if line.endswith("&&") else f"{line} \\" for line in lines[:-1]]
    return (*joined, lines[-1]) if lines else ()
