from __future__ import annotations

from pathlib import Path

from cockpit.presets.check import problems_of_preset
from cockpit.presets.resolve import load_file
from cockpit.presets.schema import READERS as SCHEMA_READERS


def problems(tmp_path: Path, text: str) -> list[str]:
    file = tmp_path / "mine.toml"
    file.write_text('schema = 1\nsummary = "x"\n' + text, encoding="utf-8")
    return problems_of_preset(load_file(file))


def test_a_missing_script_names_the_nearest_one(tmp_path: Path) -> None:
    (tmp_path / "train.py").touch()
    found = problems(tmp_path, '[launch]\nkind = "python"\nscript = "tran.py"\n')
    assert found == [
        f"launch.script: {tmp_path / 'tran.py'} does not exist (did you mean train.py?)"
    ]


def test_a_missing_folder_is_said_once(tmp_path: Path) -> None:
    launch = '[launch]\nkind = "python"\nscript = "a.py"\nworkdir = "gone"\n'
    assert problems(tmp_path, launch) == [f"launch.workdir: {tmp_path / 'gone'} does not exist"]


def test_pointers_must_point_to_arguments(tmp_path: Path) -> None:
    (tmp_path / "a.py").touch()
    text = (
        '[launch]\nkind = "torchrun"\nscript = "a.py"\n[args]\nbatch-size = 3\n'
        '[batch]\nargument = "batch_size"\nlr_argument = "lr"\n[epochs]\nargument = "epochs"\n'
    )
    found = problems(tmp_path, text)
    assert "batch.argument: [args] has no batch_size (did you mean batch-size?)" in found
    assert "epochs.argument: [args] has no epochs" in found
    assert "batch.lr_argument: needs lr_base and lr_base_batch beside it" in found


def test_a_placeholder_must_be_known(tmp_path: Path) -> None:
    (tmp_path / "a.py").touch()
    text = '[launch]\nkind = "python"\nscript = "a.py"\n[args]\nx = "{uot}/a"\n'
    assert problems(tmp_path, text) == ["args.x: {uot} is not a placeholder (did you mean out?)"]


def test_doubled_braces_are_a_text_and_no_placeholder(tmp_path: Path) -> None:
    (tmp_path / "a.py").touch()
    text = '[launch]\nkind = "python"\nscript = "a.py"\n[args]\nx = "{epoch}"\ny = "{{out}}"\n'
    assert problems(tmp_path, text) == [
        "args.x: {epoch} is not a placeholder; as a text it is {{epoch}}"
    ]


def test_the_schema_knows_the_readers_that_exist() -> None:
    from cockpit.metrics.readers import READERS

    assert set(SCHEMA_READERS) == set(READERS)


def test_the_command_of_a_step_must_be_words_and_its_name_must_mean_it_alone(
    tmp_path: Path,
) -> None:
    (tmp_path / "a.py").touch()
    text = '[launch]\nkind = "python"\nscript = "a.py"\n'
    step = '[[{0}]]\nwhat = "x"\nname = "{1}"\ncommand = "{2}"\n'
    good = step.format("prepare", "one", "a 'b c'") + step.format("after", "one", "{best}")
    assert problems(tmp_path, text + good) == []
    bad = "".join(
        step.format(*words)
        for words in (("prepare", "one", "a 'b"), ("after", "2", " "), ("after", "2", "a"))
    )
    assert problems(tmp_path, text + bad) == [
        "prepare 1: command: no closing quotation",
        "after 1: command: is empty",
        "after: name 2: must be one step's, and no number",
    ]
