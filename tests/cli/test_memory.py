from __future__ import annotations

from pathlib import Path

import pytest

from cockpit.cli.main import main
from cockpit.cli.memory_face import MemoryFace
from cockpit.tool_runs.events import Cell, Event, Measurement, Row
from cockpit.tool_runs.result import fold_all

GIB = 1 << 30


def row(batch: int, speed: float | None, more: dict[str, Cell], outcome: str = "ok") -> Row:
    values: dict[str, Cell] = {
        "batch": batch,
        "image_size": 640,
        "samples_per_s": speed,
        "step_time_ms": None if speed is None else 1000 * batch / speed,
        "outcome": outcome,
        "amp": True,
        "optimizer": "sgd",
    }
    return Row(0.0, "memory", values | more)


def test_the_table_tells_three_views_and_the_share_of_the_best_speed() -> None:
    sizes: dict[str, Cell] = {
        "driver_used_bytes": 2 * GIB,
        "reserved_bytes": 1 * GIB,
        "allocated_bytes": GIB // 2,
    }
    events: list[Event] = [
        Measurement(0.0, "memory.limit", 8.0 * GIB, "bytes"),
        row(4, 200.0, sizes),
        row(1, 50.0, sizes),
        row(8, None, {"needed_bytes": 9 * GIB}, "out of memory"),
    ]
    lines = list(MemoryFace().closing_lines(fold_all("memory", events)))
    assert lines[1] == "640 px, amp, sgd; limit 8.0 GiB"
    assert lines[2].split()[:4] == ["batch", "driver", "reserved", "allocated"]
    assert lines[3].split()[:6] == ["1", "2.0", "GiB", "1.0", "GiB", "512"]
    assert "25%" in lines[3]
    assert "━━━━━━━━━━ 100%" in lines[4]
    assert lines[5].split("  ")[-1] == "✗ out of memory, 9.0 GiB needed at least"


def test_host_memory_is_never_called_that_of_a_gpu() -> None:
    lines = MemoryFace().closing_lines(
        fold_all("memory", [row(1, 50.0, {"peak_rss_bytes": GIB, "driver_used_bytes": None})])
    )
    text = "\n".join(lines)
    assert "host memory, no GPU" in text
    assert "driver" not in text
    assert "reserved" not in text


def test_the_table_by_image_size_keeps_a_place_for_what_does_not_fit() -> None:
    by_size: list[Event] = [
        Row(
            0.0,
            "by_image_size",
            {"image_size": size, "batch_per_rank": batch, "global_batch": all_},
        )
        for size, batch, all_ in ((320, 32, 512), (800, None, None))
    ]
    lines = list(MemoryFace().closing_lines(fold_all("memory", by_size)))
    assert lines[2].split() == ["320×320", "32", "512", "–"]
    assert lines[3].split() == ["800×800", "–", "–", "–"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--batch-sizes", "0"], "--batch-sizes 0: whole numbers of at least 1, as in 4,8,16"),
        (["--gpu", "7"], "--gpu 7: this machine has no GPU"),
        (["--apply"], "--apply writes into a preset"),
        (["--preset", "quickstart", "--amp", "on"], "is trained by its own command"),
        (["--preset", "quickstrt"], "quickstart"),
    ],
)
def test_wrong_words_write_nothing(
    words: list[str],
    told: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setenv("COCKPIT_DEVICES", "none")
    monkeypatch.setattr("sys.argv", ["cockpit", "memory", *words])
    with pytest.raises(SystemExit) as caught:
        main()
    assert caught.value.code == 2
    assert told in capsys.readouterr().err
    assert not list(tmp_path.rglob("events.jsonl"))
