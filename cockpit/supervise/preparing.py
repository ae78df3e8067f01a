"""`[[prepare]]`: the steps that make a preset's code, data and packages, one after the other."""

from __future__ import annotations

import os
import select
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final

from cockpit import locations
from cockpit.errors import CockpitError, EnvironmentNotFit, InputError, LaunchError, PresetError
from cockpit.launch.interpreter import OWN_PYTHON, TrainingPython, find_python
from cockpit.launch.steps import split_command, step_path, step_words, uses_python
from cockpit.presets.check import workdir_path
from cockpit.presets.load import find_preset
from cockpit.presets.model import Preset, Step

GRACE_S: Final = 5.0
"""So long a step that was interrupted may take to end."""
LOOK_S: Final = 0.2
"""So often it is asked whether a step that says nothing has ended."""
PYTHON: Final = "PYTHON-OF-THE-TRAINING"
MISSING: Final = ("launch.workdir", "launch.script", "config.file", "data.file")
"""Keys whose files steps can make."""

Say = Callable[[bytes], None]


def steps_left(preset: Preset) -> tuple[Step, ...]:
    """Return the steps of [[prepare]] that are not done yet; one that leaves nothing never is."""
    return tuple(step for step in preset.prepare if not is_done(step, preset))


def is_done(step: Step, preset: Preset) -> bool:
    """Return True where what a step makes is there already."""
    return step.done_when is not None and product_path(step.done_when, step, preset).exists()


def product_path(done_when: str, step: Step, preset: Preset) -> Path:
    """Return what a step makes: relative to its workdir, else to the job's, else to here."""
    return step_path(done_when, preset, _folder(step, preset) or Path.cwd())


def step_folder(step: Step, preset: Preset) -> Path:
    """Return where a step runs; a job's folder that is still to be made counts as none."""
    folder = _folder(step, preset)
    if folder is None or (step.workdir is None and not folder.is_dir()):
        return Path.cwd()
    return folder


def refusal(preset: Preset, problems: Sequence[str]) -> CockpitError:
    """Return the error for a preset that cannot run.

    Where only files are missing and steps are left, it is the machine that does not fit.
    """
    text = "\n".join(f"{preset.file}: {problem}" for problem in problems)
    left = steps_left(preset)
    if left and all(one.startswith(MISSING) and "does not exist" in one for one in problems):
        return EnvironmentNotFit(text, remedy(preset, left))
    return PresetError(text, f"cockpit presets show {word_of(preset)}")


def word_of(preset: Preset) -> str:
    """Return by what a preset is called on the command line: its name, or its file."""
    try:
        file, _ = find_preset(preset.name)
    except PresetError:
        return shlex.quote(str(preset.file))
    return preset.name if file == preset.file else shlex.quote(str(preset.file))


@contextmanager
def offering_steps(preset: Preset) -> Iterator[None]:
    """Add the steps that are left to what is said when the machine does not fit."""
    try:
        yield
    except EnvironmentNotFit as error:
        left = steps_left(preset)
        if not left:
            raise
        raise EnvironmentNotFit(error.problem, remedy(preset, left, error.remedy)) from error


def remedy(preset: Preset, steps: Sequence[Step], otherwise: str = "") -> str:
    """Return what to try: all steps by one command, or each by its own."""
    lines = [f"cockpit run {word_of(preset)} --prepare", "  which does:"]
    lines += [f"    {line}" for line in command_lines(preset, steps)]
    if otherwise:
        lines.append(f"  or: {otherwise}")
    return "\n".join(lines)


def shown(preset: Preset) -> list[str]:
    """Return all steps as lines of a shell: what each is, and its command or that it is done."""
    commands = dict(zip(steps_left(preset), command_lines(preset, steps_left(preset)), strict=True))
    lines = []
    for step in preset.prepare:
        lines.append(f"# {step.what}")
        lines.append(commands.get(step, f"#   done: {step.done_when} is there"))
    return lines


def command_lines(preset: Preset, steps: Sequence[Step]) -> list[str]:
    """Return the commands as they can be pasted one after the other."""
    is_needed = any(uses_python(step.command) for step in steps)
    python = shown_python(preset) if is_needed else "python"
    lines = []
    for number, step in enumerate(steps):
        folder = step_folder(step, preset)
        if number > 0:  # a step before this one makes the job's folder
            folder = _folder(step, preset) or folder
        command = shlex.join(_words(step, preset, PYTHON)).replace(PYTHON, python)
        here = folder == Path.cwd()
        lines.append(command if here else f"cd {shlex.quote(str(folder))} && {command}")
    return lines


def shown_python(preset: Preset) -> str:
    """Return the training interpreter as words of a shell, also where a step still makes it."""
    choice = preset.launch.python
    try:
        found = find_training_python(preset, preset.launch.modules)
    except (EnvironmentNotFit, InputError):
        kind, _, name = choice.partition(":")
        return (
            f"conda run -n {shlex.quote(name)} python" if kind == "conda" else shlex.quote(choice)
        )
    if found is None or found.reason == OWN_PYTHON:
        return "/path/to/your/python"
    return shlex.quote(str(found.path))


def run_steps(preset: Preset, modules: Sequence[str], say: Say | None = None) -> None:
    """Run the steps that are not done, in order; all they print is said, and kept in a log.

    `modules` are those that the training interpreter must have. Raises LaunchError naming the
    step that failed, its exit code and the log.
    """
    speak = say or _to_stderr
    if all(is_done(step, preset) for step in preset.prepare):
        speak(f"{preset.name}: nothing is left to prepare\n".encode())
        return
    moment = time.strftime("%Y%m%d-%H%M%S")
    path = locations.data_dir() / "prepare" / f"{preset.name}-{moment}.log"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab", buffering=0) as log:
        for number, step in enumerate(preset.prepare, start=1):
            _run_step(step, preset, modules, f"step {number} ({step.what})", _both(speak, log))


def find_training_python(preset: Preset, modules: Sequence[str]) -> TrainingPython | None:
    """Return the training interpreter, also one that lacks modules yet; None: `auto` finds none.

    Raises InputError or EnvironmentNotFit where one is named that is not there (yet).
    """
    choice = preset.launch.python
    for wanted in (modules, ()):
        try:
            return find_python(choice, wanted, os.environ)
        except (EnvironmentNotFit, InputError):
            if choice != "auto" and not wanted:
                raise
    return None


def python_for(step: Step, preset: Preset, modules: Sequence[str]) -> str:
    """Return the Python that a step runs in.

    Raises EnvironmentNotFit for a step that would install packages beside cockpit's own.
    """
    found = find_training_python(preset, modules)
    if found is not None and found.reason != OWN_PYTHON:
        return str(found.path)
    if split_command(step.command)[0] == "pip":
        raise EnvironmentNotFit(
            f"{preset.name}: {step.command}: no environment of yours is active, and cockpit's own "
            "is left as it is",
            "activate the environment that is to train, or name it: --python ~/venv",
        )
    return str(found.path) if found is not None else shutil.which("python3") or sys.executable


def _run_step(
    step: Step, preset: Preset, modules: Sequence[str], title: str, say: Callable[[bytes], Path]
) -> None:
    if is_done(step, preset):
        say(f"{title}: done already, {step.done_when} is there\n".encode())
        return
    folder = step_folder(step, preset)
    python = python_for(step, preset, modules) if uses_python(step.command) else "python"
    words = _words(step, preset, python)
    log = say(f"{title}\n$ cd {shlex.quote(str(folder))} && {shlex.join(words)}\n".encode())
    see = f"see {log}; cockpit run {word_of(preset)} --prepare goes on with this step"
    code = _run(words, folder, say, f"{preset.name}: {title}", see)
    if code != 0:
        ended = f"exit code {code}" if code > 0 else f"signal {signal.Signals(-code).name}"
        raise LaunchError(f"{preset.name}: {title} failed with {ended}", see)
    if step.done_when is not None and not is_done(step, preset):
        product = product_path(step.done_when, step, preset)
        raise LaunchError(
            f"{preset.name}: {title} ended well, but {product} does not exist", f"see {log}"
        )


def _run(
    words: Sequence[str], folder: Path, say: Callable[[bytes], object], title: str, see: str
) -> int:
    """Run a command to its end in a session of its own; what it starts ends with Ctrl+C, too.

    It has no terminal: a question for a password fails at once, where nobody could answer it.
    """
    try:
        process = subprocess.Popen(
            list(words),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    except OSError as error:
        what = error.filename or words[0]
        raise LaunchError(f"{title}: {what}: {error.strerror}", see) from error
    with process:
        try:
            _copy_output(process, say)
            return process.wait()
        except BaseException:
            _end(process)
            raise


def _copy_output(process: subprocess.Popen[bytes], say: Callable[[bytes], object]) -> None:
    """Say what a process prints until it ends; what it leaves behind may keep the pipe open."""
    assert process.stdout is not None
    descriptor = process.stdout.fileno()
    while True:
        has_ended = process.poll() is not None
        ready, _, _ = select.select([descriptor], [], [], 0 if has_ended else LOOK_S)
        if ready:
            chunk = os.read(descriptor, 1 << 16)
            if not chunk:
                return
            say(chunk)
        elif has_ended:
            return


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the group of a step: asked first, then killed."""
    for sign, wait_s in ((signal.SIGTERM, GRACE_S), (signal.SIGKILL, None)):
        try:
            os.killpg(process.pid, sign)
        except ProcessLookupError:
            break
        try:
            process.wait(wait_s)
        except subprocess.TimeoutExpired:
            continue


def _words(step: Step, preset: Preset, python: str) -> tuple[str, ...]:
    places = {"preset_dir": str(preset.file.parent), "python": python}
    return step_words(step.command, places)


def _folder(step: Step, preset: Preset) -> Path | None:
    base = workdir_path(preset)
    return base if step.workdir is None else step_path(step.workdir, preset, base or Path.cwd())


def _both(say: Say, log: BinaryIO) -> Callable[[bytes], Path]:
    def speak(text: bytes) -> Path:
        log.write(text)
        say(text)
        return Path(log.name)

    return speak


def _to_stderr(text: bytes) -> None:
    sys.stderr.buffer.write(text)
    sys.stderr.buffer.flush()
