from __future__ import annotations

from typing import ClassVar

import pytest
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType

from cockpit.devices.sample import HostSample
from cockpit.tui.glyphs import ASCII
from cockpit.tui.ink import cells, plain
from cockpit.tui.widgets.facts import Fact, Facts, fact_line
from cockpit.tui.widgets.footer import Footer
from cockpit.tui.widgets.header import Counts, Header, Mode
from cockpit.tui.widgets.host_panel import HostPanel
from cockpit.tui.widgets.next_steps import NextSteps, Step
from cockpit.tui.widgets.rule_title import rule_line
from tests.tui.widgets.stage import Kept, Stage, shown

NOW = 1_767_200_000.0
GIB = 1 << 30


@pytest.mark.parametrize("width", range(8, 80, 7))
def test_a_title_line_is_exactly_as_wide_as_its_region(width: int) -> None:
    line = rule_line("● accent", "obstacle-yolo11n", "epoch 3", "running 1h 39m", width)
    assert cells(line) == width


def test_a_title_line_has_facts_a_rule_and_a_state() -> None:
    line = plain(rule_line("", "GPUs", "16 × RTX 2080", "driver 580.95", 50))
    assert (
        line == "GPUs 16 × RTX 2080 ────────────────── driver 580.95"[:50]
        or cells(rule_line("", "GPUs", "16 × RTX 2080", "driver 580.95", 50)) == 50
    )
    assert line.startswith("GPUs 16 × RTX 2080 ──")
    assert line.endswith("── driver 580.95")


def test_a_path_is_cut_at_its_start_and_a_sentence_at_its_end() -> None:
    assert plain(fact_line(Fact("python", "/home/someone/envs/yolo/bin/python"), 30)).endswith(
        "envs/yolo/bin/python"
    )
    assert plain(fact_line(Fact("why", "a sentence that does not fit here"), 20)).endswith("…")
    assert cells(fact_line(Fact("lr", "0.0061"), 30)) == 30


def header() -> Header:
    widget = Header()
    widget.host, widget.active = "gpu-server", "1"
    widget.modes = (Mode("1", "Deck"), Mode("2", "Presets"))
    widget.counts, widget.now = Counts(2, 1, 1), NOW
    return widget


async def test_the_header_names_machine_modes_and_counts() -> None:
    app = Stage(header)
    async with app.run_test(size=(140, 3)) as pilot:
        await pilot.pause()
        row = shown(app)[0]
        for part in ("cockpit  gpu-server", "1 Deck", "2 Presets", "● 2 running", "○ 1 queued",
                     "▲ 1 needs you"):  # fmt: skip
            assert part in row
        assert row.rstrip()[-6] == ":"


async def test_a_narrow_header_gives_up_words_but_no_count() -> None:
    app = Stage(header)
    async with app.run_test(size=(60, 3)) as pilot:
        app.query_one(Header).simulated = True
        await pilot.pause()
        row = shown(app)[0]
        assert "● 2  ○ 1  ▲ 1" in row
        assert "SIMULATED" in row
        assert "1 Deck" in row
        assert "Presets" not in row


@pytest.mark.parametrize("counts", [Counts(2), Counts(0, 0, 1), Counts(12, 3, 4)])
async def test_a_header_of_80_columns_names_every_mode_where_there_is_room(
    counts: Counts,
) -> None:
    app = Stage(header)
    async with app.run_test(size=(80, 3)) as pilot:
        app.query_one(Header).counts = counts
        await pilot.pause()
        assert "1 Deck  2 Presets" in shown(app)[0]
        assert "gpu-server" in shown(app)[0]
        app.query_one(Header).host = "a-very-long-name-of-a-machine"
        app.query_one(Header).simulated = True
        await pilot.pause()
        assert "a-very-long" in shown(app)[0]


async def test_a_click_on_a_mode_chooses_it() -> None:
    kept = Kept()
    app = Stage(header)
    async with app.run_test(size=(140, 3), message_hook=kept) as pilot:
        await pilot.pause()
        column = shown(app)[0].index("2 Presets")
        await pilot.click(offset=(column + 2, 0))
        chosen = [message for message in kept if isinstance(message, Header.ModeChosen)]
        assert [message.key for message in chosen] == ["2"]


class Keyed(App[None]):
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "new", "new"),
        Binding("enter", "open", "open", key_display="⏎"),
        Binding("s", "stop", "stop"),
        Binding("x", "hidden", "hidden", show=False),
    ]
    pressed = 0

    def compose(self) -> ComposeResult:
        yield Footer()

    def action_new(self) -> None:
        self.pressed += 1

    def action_open(self) -> None:
        self.pressed += 10

    def action_stop(self) -> None:
        self.pressed += 100


async def test_the_footer_shows_the_keys_of_the_screen_and_takes_clicks() -> None:
    app = Keyed()
    async with app.run_test(size=(80, 3)) as pilot:
        await pilot.pause()
        row = shown(app)[-1]
        assert row.startswith(" n new   ⏎ open   s stop ")
        assert row.rstrip().endswith("^p palette   ? help")
        assert "hidden" not in row
        await pilot.click(offset=(row.index("stop"), 2))
        assert app.pressed == 100


async def test_a_narrow_footer_leaves_out_whole_keys() -> None:
    app = Keyed()
    async with app.run_test(size=(36, 3)) as pilot:
        await pilot.pause()
        assert shown(app)[-1].split() == ["n", "new", "^p", "palette", "?", "help"]


def host(cpu_pct: float | None, time: float = NOW) -> HostSample:
    return HostSample(time, cpu_pct, 8, 6 * GIB, 16 * GIB, 0, None, 1.0, None)


async def test_the_host_stands_in_for_missing_gpus() -> None:
    app = Stage(HostPanel)
    async with app.run_test(size=(78, 5)) as pilot:
        panel = app.query_one(HostPanel)
        panel.problem = "no NVIDIA driver here"
        panel.sample = host(97.0)
        await pilot.pause()
        rows = shown(app)
        assert rows[0].startswith("Host no GPU found ──")
        assert rows[0].rstrip().endswith("8 threads · 16 GiB")
        assert rows[1].startswith("no NVIDIA driver here")
        assert "97%" in rows[2]
        assert "6.0/16.0 GiB" in rows[2]


async def test_a_host_without_a_reading_shows_a_dash() -> None:
    app = Stage(HostPanel)
    async with app.run_test(size=(78, 5)) as pilot:
        await pilot.pause()
        assert "–" in shown(app)[1]
        assert "0%" not in shown(app)[1]


async def test_next_steps_name_their_keys() -> None:
    app = Stage(lambda: NextSteps((Step("⏎", "open this run"), Step("2", "presets"))), ASCII)
    async with app.run_test(size=(60, 5)) as pilot:
        await pilot.pause()
        rows = [row.rstrip() for row in shown(app)]
        assert rows[1] == " Enter  open this run"
        assert rows[2] == " 2      presets"


async def test_facts_take_as_many_rows_as_they_are() -> None:
    app = Stage(lambda: Facts((Fact("lr", "0.0061"), Fact("", ""), Fact("git", "a41c9e2"))))
    async with app.run_test(size=(30, 6)) as pilot:
        await pilot.pause()
        assert app.query_one(Facts).size.height == 3
        assert shown(app)[0] == "lr" + " " * 22 + "0.0061"
