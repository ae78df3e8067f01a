from __future__ import annotations

import dataclasses

from textual.geometry import Region

from cockpit.tui.gpu_names import gpu_names
from cockpit.tui.widgets.gpu_panel import GpuPanel
from cockpit.tui.widgets.rows import Rows
from tests.tui.test_gpu_rows import NOW, box
from tests.tui.widgets.stage import Stage, shown


async def test_the_panel_shows_every_gpu_with_its_owner() -> None:
    app = Stage(GpuPanel)
    async with app.run_test(size=(138, 40)) as pilot:
        panel = app.query_one(GpuPanel)
        panel.owners = {f"GPU-{index}": f"obstacle · r{index}" for index in range(16)}
        panel.now, panel.samples = NOW, box(16)
        await pilot.pause()
        rows = shown(app)
        assert "GPUs 16 × RTX 2080 ──" in rows[0]
        assert "util · 60 s" in rows[1]
        assert "obstacle · r0 " in rows[2]
        assert "obstacle · r15" in rows[9]
        assert panel.size.height == 10


async def test_the_panel_lays_itself_out_again_for_another_size_and_count() -> None:
    app = Stage(GpuPanel)
    async with app.run_test(size=(138, 40)) as pilot:
        panel = app.query_one(GpuPanel)
        panel.now, panel.samples = NOW, box(16)
        await pilot.resize_terminal(78, 24)
        await pilot.pause()
        assert panel.size.height == 5
        assert "12" in shown(app)[1]
        panel.samples = box(1)
        await pilot.pause()
        assert "GPU RTX 2080" in shown(app)[0]
        assert panel.size.height == 3


async def test_only_what_changed_is_repainted() -> None:
    app = Stage(GpuPanel)
    async with app.run_test(size=(138, 40)) as pilot:
        panel = app.query_one(GpuPanel)
        panel.now, panel.samples = NOW, box(16)
        await pilot.pause()
        await pilot.pause()
        painted: list[Region] = []
        for block in panel.query(Rows):
            block._dirty_regions.clear()
            block._repaint_regions.clear()
        hotter = dataclasses.replace(box(16)[5], temperature_c=71.0)
        panel.samples = (*box(16)[:5], hotter, *box(16)[6:])
        panel._paint()
        painted = [region for block in panel.query(Rows) for region in block._repaint_regions]
        assert [(region.y, region.height) for region in painted] == [(6, 1)]


async def test_ages_grow_without_new_samples() -> None:
    app = Stage(GpuPanel)
    async with app.run_test(size=(118, 30)) as pilot:
        panel = app.query_one(GpuPanel)
        panel.now, panel.samples = NOW, box(2)
        await pilot.pause()
        panel.now = NOW + 14
        await pilot.pause()
        assert "▲ 14 s old" in shown(app)[2]


async def test_a_simulated_box_is_labelled() -> None:
    app = Stage(GpuPanel)
    async with app.run_test(size=(80, 24)) as pilot:
        panel = app.query_one(GpuPanel)
        panel.simulated, panel.samples = True, box(2)
        await pilot.pause()
        assert "SIMULATED" in shown(app)[0]


def test_kinds_of_cards_are_counted() -> None:
    other = dataclasses.replace(box(1)[0], name="NVIDIA H20")
    assert gpu_names((*box(2), other)) == "2 × RTX 2080, 1 × H20"


async def test_a_new_sample_does_not_repaint_the_panel_as_a_whole() -> None:
    app = Stage(GpuPanel)
    async with app.run_test(size=(138, 40)) as pilot:
        panel = app.query_one(GpuPanel)
        panel.now, panel.samples = NOW, box(16)
        await pilot.pause()
        panel._repaint_regions.clear()
        panel.now, panel.samples = NOW + 1, box(15)
        assert not panel._repaint_regions
