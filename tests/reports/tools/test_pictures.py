from __future__ import annotations

from cockpit.tool_runs.events import Measurement
from cockpit.tool_runs.result import ToolResult
from tests.reports.tools import made_up
from tests.reports.tools.made_up import GIB, memory_row, result
from tests.trainers.running import needs

pytestmark = needs("matplotlib", "pandas")


def words_of_memory(found: ToolResult) -> str:
    """Return all that stands in the picture of a memory sweep."""
    from matplotlib.text import Text

    from cockpit.reports.tools import memory_picture
    from cockpit.reports.tools.memory_facts import memory_facts

    frame = memory_picture.frame_of_memory(found)
    sheet = memory_picture.make_sheet(found, frame, memory_facts(found))
    texts = sheet.figure.findobj(Text)
    return "\n".join(text.get_text() for text in texts if isinstance(text, Text))


def test_the_title_of_a_picture_is_what_was_found() -> None:
    told = words_of_memory(made_up.memory())
    assert "Take batch 12 a rank: peak 7.1 of 8.0 GiB" in told
    assert "Peak GPU memory, GiB" in told
    assert "take 12: 7.1 GiB" in told
    assert "16 out of memory" in told
    assert "limit 8.0 GiB" in told
    assert "fitted, +484 MiB a sample" in told
    assert "PARTIAL" not in told


def test_on_a_cpu_the_axis_says_host_memory() -> None:
    rows = [memory_row(batch, is_gpu=False) for batch in (1, 2, 4)]
    told = words_of_memory(
        result(
            "memory",
            {"memory": rows},
            Measurement(1.0, "memory.limit", 64.0 * GIB, "bytes"),
        )
    )
    assert "Peak host memory, GiB" in told
    assert "GPU memory" not in told
    assert "limit 64.0 GiB, far above" in told


def test_a_picture_of_a_part_says_so() -> None:
    assert "PARTIAL: broken off" in words_of_memory(made_up.broken_off())
