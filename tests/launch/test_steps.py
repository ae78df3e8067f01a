from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from cockpit.errors import InputError
from cockpit.launch.plan import LaunchPlan
from cockpit.launch.steps import find_step, plan_step, split_command, step_words
from cockpit.launch.ultralytics import ENTRY
from cockpit.launch.weights import with_weights
from cockpit.presets.model import DerivedFile, LaunchKind, Preset, Retry, Step, Weights
from tests.launch.test_planner import NO_GPU, PLACE, env, machine, preset

PLACES = {"python": "/venv/bin/python", "preset_dir": "/my presets", "out": "/r/out"}


def weights(which: str, run: str) -> str:
    return f"/runs/{run}/{which} one.pt"


def planned(command: str, of: Preset | None = None, *, workdir: str | None = None) -> LaunchPlan:
    step = Step("evaluate", command, workdir=workdir)
    one = of or preset(LaunchKind.TORCHRUN, epochs=3)
    cwd, out = Path("/code"), Path("/followed/out")
    return plan_step(step, one, NO_GPU, PLACE, cwd=cwd, out=out, find=weights)


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("git clone https://x.y/z.git 'my code'", ("git", "clone", "https://x.y/z.git", "my code")),
        ("python make.py --out {out}", ("/venv/bin/python", "make.py", "--out", "/r/out")),
        ("python3 make.py", ("/venv/bin/python", "make.py")),
        ("pip install -r r.txt", ("/venv/bin/python", "-m", "pip", "install", "-r", "r.txt")),
        ("yolo val device=cpu", ("/venv/bin/python", "-c", ENTRY, "val", "device=cpu")),
        ("cp {preset_dir}/a.yaml b", ("cp", "/my presets/a.yaml", "b")),
        ("{python} -V", ("/venv/bin/python", "-V")),
        ("echo {strange} $HOME ; rm *", ("echo", "{strange}", "$HOME", ";", "rm", "*")),
        ("ls ~/code a~/b", ("ls", str(Path.home() / "code"), "a~/b")),
    ],
)
def test_the_words_of_a_step(command: str, words: tuple[str, ...]) -> None:
    assert step_words(command, PLACES) == words


def test_weights_are_those_of_this_run_or_of_another() -> None:
    command = "python eval.py {best} --last={last:RUN} --base={best:quickstart-2026}"
    assert step_words(command, PLACES, weights)[2:] == (
        "/runs/RUN/best one.pt",
        "--last=/runs/RUN/last one.pt",
        "--base=/runs/quickstart-2026/best one.pt",
    )


@pytest.mark.parametrize(("command", "problem"), [("", "empty"), ("  ", "empty"), ("a 'b", "quot")])
def test_a_command_that_is_none_is_refused(command: str, problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        split_command(command)


def test_a_step_is_found_by_name_and_by_number() -> None:
    steps = (Step("evaluate", "a", name="evaluate"), Step("export", "b"))
    assert find_step(steps, "evaluate") == find_step(steps, "1") == (steps[0], "evaluate")
    assert find_step(steps, "2") == (steps[1], "2")
    assert find_step(steps, "3") is None


def test_a_step_is_planned_where_the_training_ran() -> None:
    plan = planned("python eval.py {best} --to {out}/eval")
    assert plan.argv == (
        "/venv/bin/python", "eval.py", "/runs/RUN/best one.pt", "--to", "/followed/out/eval",
    )  # fmt: skip
    assert plan.cwd == Path("/code")
    assert (plan.epochs, plan.batch, plan.results, plan.metrics_reader) == (
        None,
        None,
        None,
        "none",
    )
    assert planned("python x.py", workdir="eval").cwd == Path("/code/eval")
    assert planned("python x.py", workdir="{preset_dir}").cwd == Path("/presets")


def test_a_step_takes_one_free_gpu_and_sees_no_other() -> None:
    one, step = preset(LaunchKind.TORCHRUN), Step("evaluate", "python eval.py --device {gpus}")
    box, code = machine(4, busy=(0,)), Path("/code")
    plan = plan_step(step, one, box, PLACE, cwd=code, out=code, find=weights)
    assert plan.gpus == (1,)
    assert env(plan)["CUDA_VISIBLE_DEVICES"] == "1"
    assert plan.argv[-1] == "1"


def test_nothing_of_the_training_is_left_in_a_step() -> None:
    one = replace(
        preset(LaunchKind.ULTRALYTICS, epochs=3),
        epochs_argument="epochs",
        retry=Retry(5),
        weights=Weights("best.pt"),
        env={"A": "{out}"},
    )
    plan = planned("yolo val", one)
    assert plan.argv[1:] == ("-c", ENTRY, "val")
    assert (plan.best, plan.last, plan.checkpoint, plan.files) == (None, None, None, {})
    assert env(plan)["A"] == "/r/out"


def test_weights_of_another_run_are_filled_into_a_preset() -> None:
    one = preset(LaunchKind.TORCHRUN, model="{best:first}", sizes=("{last:b}", 3), epochs=3)
    one = replace(one, env={"W": "{best:c}"}, config=DerivedFile("c.json", "c", {"w": "{last:d}"}))
    filled = with_weights(one, weights)
    assert filled.args == {
        "model": "/runs/first/best one.pt", "sizes": ("/runs/b/last one.pt", 3), "epochs": 3,
    }  # fmt: skip
    assert filled.env == {"W": "/runs/c/best one.pt"}
    assert filled.config is not None
    assert filled.config.set == {"w": "/runs/d/last one.pt"}
