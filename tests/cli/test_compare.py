from __future__ import annotations

import json
import shutil
import tarfile
from pathlib import Path

import pytest

from cockpit import locations
from cockpit.views.opened_list import read_opened
from tests.cli.calling import cockpit, cockpit_json
from tests.trainers.running import needs

DATA = Path(__file__).parent.parent / "data" / "metrics"
HEADER = "epoch,time,metrics/mAP50(B),metrics/mAP50-95(B),val/box_loss"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("DATA", "CONFIG", "CACHE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name.lower()))
    monkeypatch.setenv("COLUMNS", "80")
    return tmp_path


def run_folder(where: Path, name: str, *shares: float, lr0: float = 0.01) -> Path:
    """A folder as Ultralytics leaves it."""
    folder = where / name
    folder.mkdir(parents=True)
    rows = [
        f"{at},{10.0 * at},{share},{share / 2},{2 - share}"
        for at, share in enumerate(shares, start=1)
    ]
    (folder / "results.csv").write_text("\n".join([HEADER, *rows]) + "\n")
    (folder / "args.yaml").write_text(
        f"model: yolo11n.yaml\nepochs: {len(shares)}\nlr0: {lr0}\nsave_dir: {folder}\n"
    )
    return folder


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    weak = run_folder(tmp_path, "weak", 0.1, 0.2, 0.4, 0.4, 0.4, 0.4, 0.4)
    strong = run_folder(tmp_path, "strong", 0.1, 0.4, 0.8, 0.8, 0.8, 0.8, 0.8, lr0=0.02)
    return weak, strong


def test_two_folders_are_compared_in_eighty_columns(pair: tuple[Path, Path]) -> None:
    done = cockpit("compare", *map(str, pair))
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].startswith("strong is better in metrics/mAP50-95(B): best 0.400 against")
    assert max(map(len, lines)) <= 80
    assert "A  weak    7/7 epochs  " in done.stdout
    (share,) = [line for line in lines if line.startswith("metrics/mAP50(B)") and "@" in line]
    assert share.split() == [
        "metrics/mAP50(B)",
        "0.400",
        "@3",
        "0.800",
        "@3",
        "*",
        "+40.0",
        "points",
    ]
    (reach,) = [line for line in lines if line.startswith("to mAP50-95 0.200")]
    assert reach.split() == ["to", "mAP50-95", "0.200", "30", "s", "@3", "20", "s", "@2", "×0.67"]
    (setting,) = [line for line in lines if line.startswith("lr0")]
    assert setting.split() == ["lr0", "0.01", "0.02"]


def test_json_says_the_same_and_nothing_is_written(pair: tuple[Path, Path], home: Path) -> None:
    before = sorted(home.iterdir())
    found = cockpit_json("compare", *map(str, pair))
    assert isinstance(found, dict)
    assert found["verdict"]["better"] == "strong"
    assert found["metrics"]["metrics/mAP50(B)"]["deltas"]["strong"]["best"]["value"] == 0.4
    assert sorted(home.iterdir()) == before


@needs("matplotlib")
def test_out_writes_three_files_and_says_where(pair: tuple[Path, Path], home: Path) -> None:
    out = home / "report"
    done = cockpit("compare", *map(str, pair), "--out", str(out), "--json")
    assert done.returncode == 0, done.stderr
    names = ["comparison_report.md", "training_curves_comparison.png", "comparison_results.json"]
    assert done.stderr.split("\n")[1:4] == [f"wrote {out / name}" for name in names]
    assert json.loads(done.stdout) == json.loads((out / names[2]).read_text())
    assert read_opened(locations.compared_file()) == (str(out),)


def test_ultralytics_is_compared_with_yolov7_under_one_name() -> None:
    done = cockpit(
        "compare",
        str(DATA / "results_detect_8.4.190.csv"),
        str(DATA / "yolov7_results_3epochs.txt"),
    )
    assert done.returncode == 0, done.stderr
    told = " ".join(done.stdout.split())
    assert "metrics/mAP50-95(B) = metrics/mAP_0.5:0.95" in told
    assert "not held against each other" in told
    assert "too few epochs to tell a difference from noise" in told


def test_a_tar_is_compared_with_a_results_file(pair: tuple[Path, Path], home: Path) -> None:
    weak, strong = pair
    archive = home / "strong.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(strong, arcname="strong")
    shutil.rmtree(strong)
    done = cockpit("compare", str(weak / "results.csv"), str(archive))
    assert done.returncode == 0, done.stderr
    assert "strong is better" in done.stdout


def test_a_target_tells_when_each_run_reached_it(pair: tuple[Path, Path]) -> None:
    found = cockpit_json("compare", *map(str, pair), "--target", "mAP50=0.5")
    assert isinstance(found, dict)
    assert found["target"] == {
        "metric": "metrics/mAP50(B)",
        "value": 0.5,
        "asked": True,
        "runs": {"weak": {"x": None, "seconds": None}, "strong": {"x": 3.0, "seconds": 30.0}},
    }


def test_keys_choose_the_metrics(pair: tuple[Path, Path]) -> None:
    found = cockpit_json("compare", *map(str, pair), "--keys", "val/box_loss,metrics/mAP50(B)")
    assert isinstance(found, dict)
    assert list(found["metrics"]) == ["val/box_loss", "metrics/mAP50(B)"]


def test_a_price_of_the_user_is_read_and_a_wrong_one_refused(
    pair: tuple[Path, Path], home: Path
) -> None:
    settings = home / "config" / "cockpit" / "config.toml"
    settings.parent.mkdir(parents=True)
    settings.write_text('[cost]\ngpu_hour = 1.5\ncurrency = "EUR"\n')
    found = cockpit_json("compare", *map(str, pair))
    assert isinstance(found, dict)
    assert found["runs"][0]["currency"] == "EUR"
    settings.write_text('[cost]\ngpu_hour = "cheap"\n')
    done = cockpit("compare", *map(str, pair))
    assert done.returncode == 2
    assert "cost.gpu_hour is no price" in done.stderr


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("weak",), "a comparison needs two runs"),
        (("weak", "weak"), "is the same run twice"),
        (("weak", "weak/results.csv"), "is the same run twice"),
        (("weak", "nowhere"), "nowhere"),
        (("weak", "strong", "--keys", "metrics/mAP51(B)"), "did you mean metrics/mAP50(B)?"),
        (("weak", "strong", "--target", "mAP50"), "no name and value"),
        (("weak", "strong", "--target", "mAP50=nan"), "no name and value"),
        (("weak", "other"), "no metric in common"),
    ],
)
def test_what_cannot_be_compared_is_one_sentence(
    pair: tuple[Path, Path],
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, ...],
    sentence: str,
) -> None:
    (home / "other").mkdir()
    (home / "other" / "results.csv").write_text("epoch,accuracy\n1,0.5\n2,0.6\n")
    monkeypatch.chdir(home)
    done = cockpit("compare", *(f"./{word}" if (home / word).exists() else word for word in words))
    assert done.returncode == 2
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_names_with_codes_never_reach_the_terminal(home: Path) -> None:
    red = run_folder(home, "[red]|\x1b[31mx", 0.1, 0.2, 0.3)
    red.joinpath("results.csv").write_text(f"{HEADER},evil\x1b]52;c;aGk=\x07\n1,1,.1,.1,1,1\n")
    other = run_folder(home, "plain", 0.1, 0.2, 0.3)
    done = cockpit("compare", str(red), str(other))
    assert done.returncode == 0, done.stderr
    assert "\x1b" not in done.stdout
    assert "\x07" not in done.stdout
    assert "[red]|" in done.stdout


def test_two_runs_of_one_name_are_told_apart_by_where_they_lie(home: Path) -> None:
    one = run_folder(home / "a", "train", 0.1, 0.2, 0.3)
    other = run_folder(home / "b", "train", 0.1, 0.2, 0.4)
    found = cockpit_json("compare", str(one), str(other))
    assert isinstance(found, dict)
    assert [run["label"] for run in found["runs"]] == ["a/train", "b/train"]
