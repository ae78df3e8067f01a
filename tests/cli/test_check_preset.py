from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from cockpit.cli import check as command
from cockpit.views.report_list import Standing, list_reports
from tests.data_sets.making import BOX, write_data_set


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> typer.Typer:
    for name in ("XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name))
    app = typer.Typer()
    app.command()(command.check)
    return app


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bare")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    return folder


def own_preset(folder: Path) -> Path:
    write_data_set(folder / "set", 12)
    (folder / "set/labels/train/t3.txt").write_text(f"{BOX}9 .5 .5 .1 .1\n")
    (folder / "train.py").write_text(
        'import argparse\np = argparse.ArgumentParser()\np.add_argument("--data")\n'
    )
    file = folder / "mine.toml"
    file.write_text(
        'schema = 1\nsummary = "mine"\n[launch]\nkind = "python"\nscript = "train.py"\n'
        'workdir = "."\ncpu_ranks = 1\n[args]\ndata = "set/data.yaml"\nepohcs = 3\n'
    )
    return file


def test_the_files_of_a_preset_are_looked_into_with_the_environment(
    app: typer.Typer, bare: Path, tmp_path: Path
) -> None:
    file = own_preset(tmp_path)
    words = ["--preset", str(file), "--python", str(bare), "--no-ddp"]
    done = CliRunner().invoke(app, [*words, "--json"])
    assert done.exit_code == 3, done.output
    found = {one["code"]: one for one in json.loads(done.stdout)["findings"]}
    assert found["script.arguments"]["level"] == "problem"
    assert "no argument --epohcs" in found["script.arguments"]["what"]
    assert "t3.txt:2 class 9 does not exist" in found["data.label-class"]["what"]
    assert found["data.images"]["what"].endswith("12 in train, 2 in val")
    assert found["data.size"]["remedy"] == (
        "cockpit estimate --preset mine --dataset-size 12 --gpus 1"
    )
    (folder,) = (tmp_path / "XDG_DATA_HOME/cockpit/tools").glob("check-*")
    assert '"data.label-class"' in (folder / "events.jsonl").read_text()


def test_one_verdict_is_said_everywhere(app: typer.Typer, bare: Path, tmp_path: Path) -> None:
    file = own_preset(tmp_path)
    done = CliRunner().invoke(app, ["--preset", str(file), "--python", str(bare), "--no-ddp"])
    said = done.stdout.splitlines()[-1]
    assert (done.exit_code, said.partition(":")[0]) == (3, "not fit to train")
    tools = tmp_path / "XDG_DATA_HOME/cockpit/tools"
    (folder,) = tools.glob("check-*")
    result = json.loads((folder / "result.json").read_text())
    assert (result["outcome"], result["why"]) == ("failed", said)
    assert f"**Failed: {said}.**" in (folder / "report.md").read_text()
    (entry,) = list_reports(tools, tmp_path / "none")
    assert (entry.standing, entry.why) == (Standing.FAILED, said)


def test_all_of_it_is_said_to_people_as_well(app: typer.Typer, bare: Path, tmp_path: Path) -> None:
    file = own_preset(tmp_path)
    done = CliRunner().invoke(app, ["--preset", str(file), "--python", str(bare), "--no-ddp"])
    assert "✗ labels with a class that does not exist (1):" in done.stdout
    assert f"{tmp_path}/set/labels/train/t3.txt:2 class 9" in done.stdout
    assert "not fit to train" in done.stdout


def test_a_preset_whose_environment_is_missing_is_told_all_else(
    app: typer.Typer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = own_preset(tmp_path)
    prepare = '[[prepare]]\nwhat = "an environment"\ncommand = "true"\n'
    wanted = 'workdir = "."\npython = "conda:absent"'
    file.write_text(file.read_text().replace('workdir = "."', wanted) + prepare)
    monkeypatch.setenv("HOME", str(tmp_path))
    done = CliRunner().invoke(app, ["--preset", str(file), "--no-ddp", "--json"])
    assert done.exit_code == 3, done.output
    found = {one["code"]: one for one in json.loads(done.stdout)["findings"]}
    assert found["python.choice"]["level"] == "problem"
    assert "there is no conda environment absent" in found["python.choice"]["what"]
    assert found["python.choice"]["remedy"] == "cockpit run mine --prepare"
    assert "was asked instead" in found["python.instead"]["what"]
    assert {"preset.definition", "preset.gpus", "data.images", "script.arguments"} <= set(found)
