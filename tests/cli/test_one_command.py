from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.main import get_command

from cockpit.cli import commands
from cockpit.cli.one_command import MODULES, app_for

ALL = get_command(commands.app)
ALONE = sorted((*MODULES, "estimate"))


def usage_of(command: object, name: str) -> object:
    parameters = command.commands[name].params  # type: ignore[attr-defined]  # a group's own
    return type(command.commands[name]), [(one.name, one.opts, one.help) for one in parameters]  # type: ignore[attr-defined]  # a group's own


@pytest.mark.parametrize("name", ALONE)
def test_a_command_alone_is_as_it_is_among_the_others(name: str) -> None:
    assert usage_of(get_command(app_for([name, "--json"])), name) == usage_of(ALL, name)


@pytest.mark.parametrize("words", [(), ("--help",), ("--devices", "none", "runs"), ("rums",)])
def test_where_no_command_stands_first_all_of_them_are_known(words: tuple[str, ...]) -> None:
    assert app_for(words) is commands.app


def test_the_typed_command_loads_no_other() -> None:
    script = (
        "import json, sys\n"
        "from cockpit.cli.one_command import app_for\n"
        "app_for(['estimate'])\n"
        "print(json.dumps(sorted(name for name in sys.modules if name.startswith('cockpit.cli.'))))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    loaded = json.loads(done.stdout)
    assert "cockpit.cli.estimate" in loaded
    assert not {f"cockpit.cli.{name}" for name in MODULES}.intersection(loaded)


@pytest.mark.parametrize("words", [["runs"], ["show", "nope"], ["stop", "nope"]])
def test_a_command_of_texts_loads_no_pydantic(words: list[str], home: Path) -> None:
    script = (
        "import sys\n"
        "from cockpit.cli.one_command import app_for\n"
        "try:\n"
        f"    app_for({words!r})({words!r}, standalone_mode=False)\n"
        "except Exception as error:\n"
        "    assert 'nope' in str(error), error\n"
        "print('pydantic' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stdout.splitlines()[-1:] == ["False"], done.stderr
