from __future__ import annotations

from cockpit.runs.alert import Alert, AlertLevel
from cockpit.tui.gpu_trouble import MOST_LINES, trouble_lines

from .gpus import LOST, NOW, card


def texts(*alerts: Alert, width: int = 78, **changes: object) -> list[str]:
    lines = trouble_lines(card(3, **changes), alerts, NOW, width)
    return ["".join(text for text, _ in line) for line in lines]


def alert(uuid: str = "GPU-3", remedy: str = "reboot the box") -> Alert:
    return Alert("gpu.silent", AlertLevel.WARNING, "GPU 3", "no answer for 14 s", remedy, NOW, uuid)


def test_a_gpu_that_is_well_says_nothing() -> None:
    assert texts() == []
    assert texts(alert("GPU-4")) == []


def test_an_alert_ends_in_its_remedy_and_old_figures_say_so() -> None:
    said = texts(alert(), time=NOW - 14, problem="no answer for 14 s")
    assert said[:2] == ["▲ no answer for 14 s", "  try: reboot the box"]
    assert said[2].startswith("▲ all figures are of ")
    assert said[2].endswith(", 14 s ago")


def test_a_problem_without_an_alert_is_told_too() -> None:
    said = texts(problem=LOST["problem"])
    assert said[0] == "✗ lost: Xid 79, it fell off the bus"
    assert said[1].startswith("▲ all figures are of ")


def test_long_words_are_wrapped_and_there_are_only_so_many() -> None:
    said = texts(alert(remedy="look at the kernel log, " * 40), width=40)
    assert len(said) == MOST_LINES
    assert all(len(line) <= 40 for line in said)
    assert said[2].startswith("       ")
