from __future__ import annotations

from cockpit.tools import memory
from cockpit.tools.start import ToolAsk
from cockpit.tui.tools.from_preset import completed


def test_a_preset_that_is_trained_by_its_own_command_asks_nothing_of_the_interpreter() -> None:
    asked = completed(ToolAsk(memory.DEFINITION, {"max": "8"}, "auto", "quickstart"))
    assert asked.more_arguments[0] == "--probe-command"
    assert asked.modules == ()
    assert asked.values == {"max": "8"}


def test_a_preset_of_ultralytics_is_trained_apart() -> None:
    asked = completed(ToolAsk(memory.DEFINITION, {}, "auto", "obstacle-yolo11n-16gpu"))
    assert asked.more_arguments == ()
    assert asked.modules == ("torch", "ultralytics")
