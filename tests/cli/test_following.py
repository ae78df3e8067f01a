from __future__ import annotations

import json
from pathlib import Path

import pytest

from cockpit.analysis.eta import Eta
from cockpit.cli.following import brief_lines, epoch_line, is_notebook_cell
from cockpit.metrics.series import MetricSeries, MetricTable
from cockpit.runs.layout import RunPaths
from cockpit.runs.phase import Phase
from cockpit.supervise.request import RunRequest
from cockpit.supervise.start import launch
from cockpit.views.registry import Registry
from cockpit.views.run_view import RunView
from tests.cli.calling import cockpit
from tests.waiting import wait_until


@pytest.mark.parametrize("name", ["COLAB_RELEASE_TAG", "JPY_PARENT_PID", "KAGGLE_KERNEL_RUN_TYPE"])
def test_a_notebook_cell_is_known_by_its_variables_and_no_terminal(name: str) -> None:
    assert is_notebook_cell({name: "1"}, is_terminal=False)
    assert not is_notebook_cell({name: "1"}, is_terminal=True)
    assert not is_notebook_cell({"HOME": "/root"}, is_terminal=False)


def view(epoch: int, eta: Eta | None = None) -> RunView:
    series = {
        name: MetricSeries(name, (1.0, 2.0, 3.0), values)
        for name, values in {
            "lr": (0.1, 0.1, 0.1),
            "train/loss": (0.9, 0.6, 0.412),
            "metrics/accuracy": (0.7, 0.9, 0.93),
        }.items()
    }
    return RunView(
        "mine-1", "mine", "mine", Path("/r"), Phase.RUNNING, 0.0,
        metrics=MetricTable(series), epoch=epoch, epochs=10, eta=eta,
        headline=("metrics/accuracy", "gone"),
    )  # fmt: skip


def test_an_epoch_is_one_line_with_the_loss_and_what_matters_most() -> None:
    eta = Eta(125.0, 120.0, 130.0, "last 5 epochs")
    assert epoch_line(view(3, eta), 3) == (
        "epoch 3/10  train/loss 0.412  metrics/accuracy 0.930  ends in 2m 05s"
    )
    assert epoch_line(view(3, eta), 2) == "epoch 2/10  train/loss 0.600  metrics/accuracy 0.900"
    assert epoch_line(view(4), 4) == "epoch 4/10"


def test_a_run_is_told_in_one_line_for_each_epoch_and_event(home: Path) -> None:
    paths = RunPaths(launch(RunRequest("fake", (("args.epochs", "3"),))).paths.root)
    registry = Registry(paths.root.parent)
    wait_until(lambda: registry.read_one(paths.run_id, 0.0).phase.is_over)
    with paths.events.open("a", encoding="utf-8") as events:
        events.write("no event\n" + json.dumps({"time": 0, "what": "two\nlines"}) + "\n")
    lines = list(brief_lines(paths, lambda: True))
    told = [line for line in lines if line.startswith("epoch ")]
    assert [line.split("  ")[0] for line in told] == ["epoch 1/3", "epoch 2/3", "epoch 3/3"]
    assert told[0] == "epoch 1/3  train/loss 1.00  metrics/accuracy 0.500"
    assert any("the job runs as pid" in line for line in lines)
    assert any(line.endswith("two lines") for line in lines)


def test_follow_is_brief_where_it_is_asked_or_in_a_notebook(home: Path) -> None:
    asked = cockpit("run", "fake", "--brief")
    told = cockpit("run", "fake", "--follow", env={"COLAB_RELEASE_TAG": "release"})
    for done in (asked, told):
        assert done.returncode == 0
        assert "epoch 2/2  train/loss 0.500" in done.stdout
        assert "epoch 1/2 done" not in done.stdout
