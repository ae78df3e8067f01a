"""What the checks of a preset look at: the preset, who trains it, and on what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cockpit.errors import InputError
from cockpit.launch.arguments import settings_of
from cockpit.launch.gpus import ONE_PROCESS, parse_gpu_choice
from cockpit.launch.interpreter import TrainingPython
from cockpit.launch.placeholders import fill_value
from cockpit.presets.check import script_path, workdir_path
from cockpit.presets.model import ArgValue, LaunchKind, Preset
from cockpit.tools.needs import Facts

WORKERS: Final = ("workers", "num-workers", "num_workers")


@dataclass(frozen=True, slots=True)
class Scene:
    """One preset on one machine."""

    preset: Preset
    python: TrainingPython
    environ: Mapping[str, str]
    facts: Facts
    home: Path

    @property
    def is_ultralytics(self) -> bool:
        """True where Ultralytics' own trainer reads the arguments."""
        launch = self.preset.launch
        return launch.kind is LaunchKind.ULTRALYTICS and launch.script is None

    @property
    def settings(self) -> Mapping[str, ArgValue]:
        """What the trainer is given by name, `{preset_dir}` filled in."""
        places = {"preset_dir": str(self.preset.file.parent)}
        settings = settings_of(self.preset)
        return {name: fill_value(value, places) for name, value in settings.items()}

    @property
    def script(self) -> Path | None:
        """The trainer's script, where it is there."""
        path = script_path(self.preset)
        return path if path is not None and path.is_file() else None

    @property
    def workdir(self) -> Path | None:
        """Where the job will run; None where that is not there yet, or a folder of its own."""
        path = workdir_path(self.preset)
        return path if path is not None and path.is_dir() else None

    @property
    def is_fetched(self) -> bool:
        """True unless the folder with the trainer's code is still missing."""
        return self.preset.launch.workdir is None or self.workdir is not None

    @property
    def ranks(self) -> int:
        """How many ranks the preset asks for, as far as it says; else what is there."""
        launch = self.preset.launch
        there = len(self.facts.gpu_memory_bytes)
        if launch.kind in ONE_PROCESS:
            return 1
        try:
            choice = parse_gpu_choice(launch.gpus)
        except InputError:
            return 1  # said where GPUs are judged
        named = len(choice.indices) if choice.indices is not None else choice.count
        if named is not None and (there or launch.cpu_ranks is None):
            return named
        if there and launch.gpus != "cpu":
            return there
        return launch.cpu_ranks or 1 if launch.kind is LaunchKind.TORCHRUN else 1

    def whole(self, names: tuple[str, ...]) -> int | None:
        """Return the first of these settings that is a whole number from 1 on; of a list its first.

        The last part of a dotted name counts: data.num_workers.
        """
        by_end = {name.rpartition(".")[2]: value for name, value in self.settings.items()}
        for name in names:
            value = by_end.get(name)
            first = value[0] if isinstance(value, tuple) and value else value
            if isinstance(first, int) and not isinstance(first, bool) and first > 0:
                return first
        return None

    def text(self, name: str) -> str | None:
        """Return a setting that is a text without anything still to be filled in, else None."""
        value = self.settings.get(name)
        return value if isinstance(value, str) and value and "{" not in value else None

    def path(self, text: str) -> Path | None:
        """Return a path of the trainer as an absolute one; None where its folder is not known."""
        path = Path(text).expanduser()
        if path.is_absolute():
            return path
        return None if self.workdir is None else self.workdir / path

    def in_python(self, inside: str) -> Path | None:
        """Return a file of an installed package, found without asking the interpreter."""
        library = self.python.path.parent.parent / "lib"
        found = sorted(library.glob(f"python3*/site-packages/{inside}"))
        return found[-1] if found else None
