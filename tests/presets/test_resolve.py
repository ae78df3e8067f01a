from __future__ import annotations

from pathlib import Path

import pytest

from cockpit import locations
from cockpit.errors import PresetError
from cockpit.presets.load import find_presets
from cockpit.presets.model import ArgStyle, LaunchKind, Origin
from cockpit.presets.resolve import load_file, resolve
from cockpit.presets.values import parse_size, parse_text

GOOD = 'schema = 1\nsummary = "x"\n[launch]\nkind = "python"\nscript = "train.py"\n'


def write(text: str, name: str = "mine") -> Path:
    folder = locations.config_dir() / "presets"
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{name}.toml"
    file.write_text(text, encoding="utf-8")
    return file


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('[launch]\nkid = "python"', "launch.kid: no such key (did you mean launch.kind?)"),
        ("[lunch]\nkind = 1", "lunch: no such key (did you mean launch?)"),
        ("[args.nested]\na = 1", "args.nested: a nested table cannot be an argument"),
        ("[env]\nA = 1", "env.A: must be text, is 1"),
        ('[retry]\nattempts = "two"', "retry.attempts: must be an integer, is 'two'"),
        ("[retry]\nattempts = -1", "retry.attempts: must be at least 0, is -1"),
        ('[needs]\nram = "lots"', "needs.ram: must be a size such as"),
        ("prepare = 3", "prepare: must be a list of tables"),
        (
            '[[prepare]]\nwhat = "x"\ncomand = "y"',
            "prepare 1: comand: no such key (did",
        ),
        ("schema = 2", "schema: this cockpit reads schema 1, not 2"),
    ],
)
def test_every_mistake_names_its_file_and_key(home: Path, text: str, expected: str) -> None:
    file = write(text)
    with pytest.raises(PresetError) as caught:
        resolve("mine")
    assert f"{file}: {expected}" in caught.value.problem
    assert caught.value.exit_code == 2


def test_all_problems_come_at_once(home: Path) -> None:
    write(GOOD.replace('"python"', '"pyhton"') + 'workdri = "x"\n[metrics]\nreader = "cvs"\n')
    with pytest.raises(PresetError) as caught:
        resolve("mine")
    problems = caught.value.problem.splitlines()
    assert len(problems) == 3
    assert any("did you mean python?" in problem for problem in problems)
    assert any("did you mean csv?" in problem for problem in problems)


def test_a_file_that_is_no_toml_is_one_sentence(home: Path) -> None:
    file = write("schema = = 1")
    with pytest.raises(PresetError, match="not valid TOML") as caught:
        resolve("mine")
    assert str(file) in caught.value.problem
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(PresetError, match="not valid TOML"):
        resolve("mine")


def test_an_unknown_preset_names_the_nearest(home: Path) -> None:
    with pytest.raises(PresetError, match=r"no preset is called quikstart \(did you mean quickst"):
        resolve("quikstart")


def test_layers_keep_their_source(home: Path) -> None:
    write(GOOD + '[args]\nlr = 4e-4\nmodel = "n.yaml"\namp = true\n')
    locations.settings_file().write_text("[presets.mine.args]\nlr = 0.1\nseed = 3\n")
    preset = resolve("mine", {"args.model": "7", "args.new": "[1, 2]", "launch.gpus": "2"})
    assert dict(preset.args) == {"lr": 0.1, "model": "7", "amp": True, "seed": 3, "new": (1, 2)}
    assert preset.launch.gpus == "2"
    assert preset.sources["args.lr"] == "config.toml"
    assert preset.sources["args.model"] == "--set"
    assert preset.sources["args.amp"] == "preset"


@pytest.mark.parametrize(
    ("key", "text", "expected"),
    [
        ("args.epochs", "many", "must be a number, is 'many'"),
        ("args.amp", "3", "must be true or false, is 3"),
        ("args.a.b", "3", "arguments are not nested"),
        ("args.epoch", "3", "the preset has args.epochs, not args.epoch"),
        ("launch.kid", "python", "no such key (did you mean launch.kind?)"),
        ("epochs", "3", "no such key (did you mean args.epochs?)"),
        ("launch.kind", "tpu", "'tpu' is not one of python, torchrun, ultralytics"),
    ],
)
def test_a_wrong_override_is_said(home: Path, key: str, text: str, expected: str) -> None:
    write(GOOD + "[args]\nepochs = 3\namp = true\n")
    with pytest.raises(PresetError) as caught:
        resolve("mine", {key: text})
    assert expected in caught.value.problem


def test_a_quoted_override_may_change_the_type(home: Path) -> None:
    write(GOOD + "[args]\nbatch = 3\n")
    assert resolve("mine", {"args.batch": '"auto"'}).args["batch"] == "auto"


def test_a_nearer_preset_replaces_the_whole_file(home: Path) -> None:
    write(GOOD, "quickstart")
    entries = {entry.name: entry for entry in find_presets()}
    assert entries["quickstart"].origin is Origin.YOURS
    assert entries["yolo-shapes"].origin is Origin.SHIPPED
    assert resolve("quickstart").launch.script == "train.py"


def test_ultralytics_spells_arguments_its_own_way(home: Path) -> None:
    file = write('schema = 1\nsummary = "x"\n[launch]\nkind = "ultralytics"\n')
    preset = load_file(file)
    assert preset.launch.kind is LaunchKind.ULTRALYTICS
    assert preset.launch.style is ArgStyle.KEY_VALUE


@pytest.mark.parametrize(
    ("text", "size"),
    [("8 GiB", 8 << 30), ("8GB", 8 << 30), ("1.5 MiB", 3 << 19), ("12", None), ("8 parsec", None)],
)
def test_sizes(text: str, size: int | None) -> None:
    assert parse_size(text) == size


def test_a_command_line_text_is_a_toml_value_or_itself() -> None:
    assert parse_text("4e-4") == 4e-4
    assert parse_text("true") is True
    assert parse_text("yolo11n.yaml") == "yolo11n.yaml"


@pytest.mark.parametrize("name", ["quickstart", "yolo-shapes"])
def test_the_shipped_presets_are_good(home: Path, name: str) -> None:
    from cockpit.presets.check import problems_of_preset

    assert problems_of_preset(resolve(name)) == []


@pytest.mark.parametrize("text", ["5 # five", "1\nb = 2", "1, b = 2", "1 } #", "[1] # x", "a\nb"])
def test_a_text_is_not_cut_where_toml_would_end_a_value(text: str) -> None:
    assert parse_text(text) == text
