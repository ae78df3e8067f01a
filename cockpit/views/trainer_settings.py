"""What a trainer was told: the settings that it wrote down, or that a preset gave it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from cockpit.files import open_regular, stamp
from cockpit.metrics.log_lines import strip_codes

FILES: Final = ("args.yaml", "opt.yaml", "hyp.yaml", "hparams.yaml")
"""Ultralytics; YOLOv5 and YOLOv7; Lightning. Of two that name a key the first counts."""
LARGEST_BYTES: Final = 1 << 20
MOST_KEYS: Final = 1000
EPOCH_KEYS: Final = ("epochs", "max_epochs", "num_epochs", "num_train_epochs", "n_epochs")
_FIRST: Final = (
    "model", "weights", "cfg", "data", "epochs", "max_epochs", "batch", "batch_size",
    "batch-size", "imgsz", "img_size", "lr0", "lr", "learning_rate", "optimizer", "device",
    "workers", "seed", "patience", "resume",
)  # fmt: skip
"""What people ask first, in their order."""
_LINE: Final = re.compile(r"^(?P<blanks> *)(?P<item>- )?(?:(?P<key>[^\s:#'\"][^:#]*):(?: |$))?")
_NOTHING: Final = frozenset(("", "null", "~", "none"))


def read_settings(folder: Path) -> Mapping[str, str]:
    """Return what the settings files in a folder say; empty where there is none."""
    found: dict[str, str] = {}
    for name in FILES:
        try:
            with open_regular(folder / name) as file:
                text = file.read(LARGEST_BYTES).decode("utf-8", "replace")
        except OSError:
            continue
        found |= {key: value for key, value in parse_yaml(text).items() if key not in found}
    return found


def settings_stamp(folder: Path) -> tuple[str | None, ...]:
    """Return what changes whenever a settings file of the folder does."""
    return tuple(stamp(folder / name) for name in FILES)


def settings_of_preset(document: Mapping[str, object]) -> Mapping[str, str]:
    """Return the arguments of a resolved preset as its trainer got them."""
    args = document.get("args")
    if not isinstance(args, Mapping):
        return {}
    return {str(key): _words(value) for key, value in args.items()}


def epochs_of(settings: Mapping[str, str]) -> int | None:
    """Return how many epochs were asked for."""
    for key in EPOCH_KEYS:
        text = settings.get(key, "")
        if re.fullmatch(r"[1-9]\d{0,8}(\.0)?", text):
            return int(float(text))
    return None


def ordered(settings: Mapping[str, str]) -> Iterable[tuple[str, str]]:
    """Return the settings that say something, what people ask first at the start."""
    first = [key for key in _FIRST if key in settings]
    rest = [key for key in settings if key not in _FIRST]
    pairs = ((key, settings[key]) for key in (*first, *rest))
    return ((key, value) for key, value in pairs if value.lower() not in _NOTHING)


def parse_yaml(text: str) -> dict[str, str]:
    """Return the plain values of a YAML file, by dotted key; lists of them as `[128, 128]`.

    Reads what trainers write and no more: what nests deeper than a table in a table, or is no
    plain value, is left out.
    """
    found: dict[str, str] = {}
    table, key = "", ""
    for raw in text.splitlines():
        line = strip_codes(raw).rstrip()
        match = _LINE.match(line)
        if match is None or not line.strip() or line.lstrip().startswith("#"):
            continue
        depth = len(match["blanks"])
        if match["item"] is not None:
            _add_item(found, key, line.strip()[2:])
        elif match["key"] is not None and depth <= 2:
            table = table if depth else ""
            name = match["key"].strip()
            key = f"{table}.{name}" if depth and table else name
            value = _plain(line[match.end() :])
            if not depth:
                table = "" if value else name
            found[key] = value
        if len(found) > MOST_KEYS:
            break
    return {name: value for name, value in found.items() if not _is_table(name, found)}


def _is_table(name: str, found: Mapping[str, str]) -> bool:
    return not found[name] and any(other.startswith(f"{name}.") for other in found)


def _add_item(found: dict[str, str], key: str, item: str) -> None:
    if not key:
        return
    before = found.get(key, "").removeprefix("[").removesuffix("]")
    found[key] = f"[{before}, {_plain(item)}]" if before else f"[{_plain(item)}]"


def _plain(text: str) -> str:
    value = text.strip()
    if len(value) >= 2 and value[0] == value[-1] and value[0] in "'\"":
        return value[1:-1].replace("''", "'")
    return re.sub(r"\s+#.*$", "", value)


def _words(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple):
        return f"[{', '.join(_words(one) for one in value)}]"
    return strip_codes(str(value))
