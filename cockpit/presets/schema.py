"""Every key that a preset may have: its type, its meaning, its closed set of words.

This table is what presets are checked against, and what the documentation of the keys is made from.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from cockpit.presets.model import ArgStyle, BatchScope, LaunchKind, ResumeEpochs

SCHEMA: Final = 1
READERS: Final = (
    "ultralytics-csv",
    "csv",
    "yolov7-txt",
    "jsonl",
    "hf",
    "hf-log",
    "tensorboard",
    "epri-log",
    "mshnet-log",
    "layoutmaster-log",
    "ultralytics-log",
    "yolov7-log",
    "log",
    "auto",
    "none",
)
"""What may stand in metrics.reader, beside the names of the user's own grammars."""
READER: Final = "metrics.reader"


class ValueType(StrEnum):
    """What may stand behind a key."""

    TEXT = "text"
    INTEGER = "an integer"
    NUMBER = "a number"
    SIZE = 'a size such as "8 GiB"'
    TEXTS = "a list of texts"
    GPUS = 'auto, all, cpu, a count, or indices such as "0,1"'


@dataclass(frozen=True, slots=True)
class Key:
    """One key of the schema."""

    name: str
    """Dotted: `launch.kind`."""
    type: ValueType
    meaning: str
    choices: tuple[str, ...] = ()
    is_required: bool = False
    least: float | None = None


KEYS: Final = (
    Key("schema", ValueType.INTEGER, "version of this format", is_required=True),
    Key("summary", ValueType.TEXT, "one line for the list of presets", is_required=True),
    Key(
        "launch.kind",
        ValueType.TEXT,
        "how the trainer is started",
        choices=tuple(LaunchKind),
        is_required=True,
    ),
    Key("launch.script", ValueType.TEXT, "the trainer; relative to workdir, else to this file"),
    Key("launch.workdir", ValueType.TEXT, "where the job runs; without it, in {out}"),
    Key("launch.python", ValueType.TEXT, "auto, a path, or conda:NAME"),
    Key("launch.gpus", ValueType.GPUS, "which GPUs"),
    Key(
        "launch.cpu_ranks",
        ValueType.INTEGER,
        "ranks when there is no GPU; without it a GPU is required",
        least=1,
    ),
    Key("launch.modules", ValueType.TEXTS, "what the interpreter must have"),
    Key("launch.style", ValueType.TEXT, "how arguments are spelt", choices=tuple(ArgStyle)),
    Key("launch.positional", ValueType.TEXTS, "words that stand before the arguments"),
    Key(
        "launch.local_rank",
        ValueType.TEXT,
        "the argument by which a script of before torch 2 wants its local rank",
    ),
    Key(
        "launch.max_restarts",
        ValueType.INTEGER,
        "how often torchrun itself starts all ranks again",
        least=0,
    ),
    Key("epochs.argument", ValueType.TEXT, "the argument that holds the number of epochs"),
    Key("config.file", ValueType.TEXT, "a JSON or YAML settings file; never changed"),
    Key("config.argument", ValueType.TEXT, "the argument that names the settings file"),
    Key("data.file", ValueType.TEXT, "a YAML or JSON file that describes the data; never changed"),
    Key("data.argument", ValueType.TEXT, "the argument that names the data file"),
    Key("batch.argument", ValueType.TEXT, "the argument that holds the batch"),
    Key("batch.scope", ValueType.TEXT, "what it counts", choices=tuple(BatchScope)),
    Key("batch.accumulation", ValueType.TEXT, "the argument for accumulation steps"),
    Key("batch.lr_argument", ValueType.TEXT, "lr that scales with the global batch"),
    Key("batch.lr_base", ValueType.NUMBER, "lr at lr_base_batch", least=0),
    Key("batch.lr_base_batch", ValueType.INTEGER, "global batch that lr_base is for", least=1),
    Key("needs.gpus", ValueType.INTEGER, "GPUs that must exist", least=1),
    Key("needs.gpu_memory", ValueType.SIZE, "memory that each GPU must have"),
    Key("needs.ram", ValueType.SIZE, "memory that the host must have"),
    Key("needs.disk", ValueType.SIZE, "free disk that the start needs"),
    Key(
        READER,
        ValueType.TEXT,
        "what reads the results; a grammar of your own by its name; auto looks for them",
        choices=READERS,
    ),
    Key("metrics.file", ValueType.TEXT, "the results file; relative to where the job runs"),
    Key("metrics.headline", ValueType.TEXTS, "the metrics that matter most, best first"),
    Key("resume.checkpoint", ValueType.TEXT, "what training continues from"),
    Key("resume.args", ValueType.TEXTS, "how this trainer resumes; without it, it cannot"),
    Key("resume.others", ValueType.TEXTS, "glob patterns of further checkpoints to fall back on"),
    Key(
        "resume.epochs",
        ValueType.TEXT,
        "what the number of epochs means when it continues",
        choices=tuple(ResumeEpochs),
    ),
    Key("weights.best", ValueType.TEXT, "the best weights: {best} of [[after]], {best:RUN}"),
    Key("weights.last", ValueType.TEXT, "the last weights; without it, resume.checkpoint"),
    Key("retry.attempts", ValueType.INTEGER, "how often a failed run is started again", least=0),
    Key("retry.wait_s", ValueType.NUMBER, "seconds before the first retry; doubles", least=0),
    Key(
        "estimate.model",
        ValueType.TEXT,
        "what the catalogue calls this model, where no argument tells (cockpit estimate --catalog)",
    ),
    Key(
        "estimate.train_samples",
        ValueType.INTEGER,
        "how many samples an epoch has, where nothing else tells",
        least=1,
    ),
)

BY_NAME: Final = {key.name: key for key in KEYS}
OPEN_TABLES: Final = ("args", "env", "config.set", "data.set")
"""Tables whose keys are the trainer's, not ours."""
STEP_KEYS: Final = ("what", "command", "done_when", "workdir", "name")
WORKDIR: Final = "{workdir}"
"""In a step: launch.workdir, which need not be there yet."""
DEPARTURE_KEYS: Final = ("from", "why")
LISTS: Final = {"prepare": STEP_KEYS, "after": STEP_KEYS, "departure": DEPARTURE_KEYS}
SECTIONS: Final = (*dict.fromkeys(key.name.split(".")[0] for key in KEYS), "args", "env", *LISTS)
