from __future__ import annotations

import pytest
import typer
from typer.core import TyperGroup

from cockpit.cli.commands import app
from cockpit.tools.catalog import TOOLS

OF_THE_SHELL = {
    "--help", "--python", "--preset", "--json", "--output", "--markdown", "--names", "--devices",
    "--apply", "--run", "--set", "--catalog", "--calibrations", "--forget", "--learn",
}  # fmt: skip
"""What the screen has elsewhere, or has no use for."""


@pytest.mark.parametrize("tool", TOOLS)
def test_the_screen_and_the_command_line_offer_the_same_options(tool: str) -> None:
    root = typer.main.get_command(app)
    assert isinstance(root, TyperGroup)
    parameters = root.commands[tool].params
    flags = [{*one.opts, *one.secondary_opts} for one in parameters]
    offered = {f"--{option.name}" for option in TOOLS[tool].options}
    asked = {flag for group in flags for flag in group}
    assert offered <= asked, "on the screen only"
    alone = [group for group in flags if not group & (offered | OF_THE_SHELL)]
    assert alone == [], "on the command line only"
