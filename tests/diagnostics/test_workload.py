from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from diagnostics.workload import Workload, WorkloadError, default_amp, load_workload

needs_torch = [
    pytest.mark.real,
    pytest.mark.skipif(find_spec("torch") is None, reason="no torch in this interpreter"),
]
needs_ultralytics = pytest.mark.skipif(find_spec("ultralytics") is None, reason="no Ultralytics")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of the user's, which is the current one; what it imports is forgotten again."""
    monkeypatch.chdir(tmp_path)
    path, modules = list(sys.path), set(sys.modules)
    yield tmp_path
    sys.path[:] = path
    for name in set(sys.modules) - modules:
        if name.startswith("users_"):
            del sys.modules[name]


@pytest.mark.parametrize(
    ("spec", "what"),
    [
        ("yolo", "'yolo' names no model"),
        ("", "'' names no model"),
        ("a.b:c d", "names no model"),
        ("synthetic:", "no synthetic model ''"),
        ("synthetic:huge", "no synthetic model 'huge'"),
    ],
)
def test_a_word_that_is_no_model_is_refused(spec: str, what: str) -> None:
    with pytest.raises(WorkloadError, match=what) as caught:
        load_workload(spec, 64)
    assert caught.value.remedy


def test_an_image_has_at_least_one_pixel() -> None:
    with pytest.raises(WorkloadError, match="image size is 0"):
        load_workload("synthetic", 0)


def test_a_users_error_comes_with_the_users_frames_only(project: Path) -> None:
    (project / "users_broken.py").write_text(
        "import json\n\ndef load():\n    json.loads('{')\n\nload()\n"
    )
    with pytest.raises(WorkloadError) as caught:
        load_workload("users_broken:make", 64)
    assert caught.value.what.startswith("users_broken cannot be imported: JSONDecodeError")
    text = caught.value.traceback_text
    assert "users_broken.py" in text
    assert "json.loads" in text
    assert f"diagnostics{os.sep}" not in text
    assert "importlib" not in text


@pytest.mark.parametrize("body", ["raise SystemExit('usage: train.py')", "import users_absent"])
def test_a_module_that_exits_or_misses_another_is_told(project: Path, body: str) -> None:
    (project / "users_exits.py").write_text(body)
    with pytest.raises(WorkloadError, match="users_exits cannot be imported") as caught:
        load_workload("users_exits:make", 64)
    assert "line 1" in caught.value.traceback_text


def test_a_name_that_is_not_there_gets_the_nearest(project: Path) -> None:
    (project / "users_typo.py").write_text("def make_model(): ...\nSIZE = 3\n")
    with pytest.raises(WorkloadError, match="has no 'make_modell'") as caught:
        load_workload("users_typo:make_modell", 64)
    assert caught.value.remedy == "did you mean users_typo:make_model?"
    with pytest.raises(WorkloadError, match="no function"):
        load_workload("users_typo:SIZE", 64)


def test_only_cuda_trains_in_mixed_precision_unasked() -> None:
    assert default_amp("cuda")
    assert not default_amp("cpu")


def step(workload: Workload, batch_size: int = 2) -> float:
    """Return the loss of one step after looking at its shapes."""
    import torch

    model = workload.make_model()
    batch = workload.make_batch(batch_size, "cpu", torch.Generator().manual_seed(0))
    assert batch["img"].shape == (batch_size, 3, workload.image_size, workload.image_size)
    assert batch["img"].dtype == torch.float32
    loss = workload.loss(model, batch)
    assert loss.shape == ()
    loss.backward()
    assert any(parameter.grad is not None for parameter in model.parameters())
    with torch.no_grad():
        workload.validate(workload.make_model().eval(), batch)
    return float(loss.detach())


class TestWithTorch:
    pytestmark = needs_torch

    @pytest.mark.parametrize("spec", ["synthetic", "synthetic:medium"])
    def test_the_synthetic_model_learns_something(self, spec: str) -> None:
        workload = load_workload(spec, 32)
        assert workload.has_real_loss
        assert not workload.uses_ema
        assert 3.0 < step(workload) < 7.0

    def test_a_seed_gives_the_same_batch_again(self) -> None:
        import torch

        workload = load_workload("synthetic", 8)
        first, again, other = (
            workload.make_batch(2, "cpu", torch.Generator().manual_seed(seed))["img"]
            for seed in (1, 1, 2)
        )
        assert torch.equal(first, again)
        assert not torch.equal(first, other)

    def test_a_batch_of_nothing_is_an_error(self) -> None:
        with pytest.raises(ValueError, match="a batch of 0"):
            load_workload("synthetic", 8).make_batch(0, "cpu")

    @pytest.mark.parametrize(
        ("output", "is_own"),
        [
            ("self.layer(x).mean((2, 3))", False),
            ("self.layer(x)", False),
            ("{'out': self.layer(x), 'aux': self.layer(x)}", False),
            ("(self.layer(x)[:, :1], 3)", False),
            ("self.layer(x).flatten(1)[:, None]", False),
            ("{'box': self.layer(x).mean() + 40.0, 'cls': self.layer(x).mean() * 0}", True),
        ],
    )
    def test_the_loss_fits_what_a_users_model_gives(
        self, project: Path, output: str, is_own: bool
    ) -> None:
        (project / "users_net.py").write_text(
            "import torch\nclass Net(torch.nn.Module):\n"
            "    def __init__(self):\n        super().__init__()\n"
            "        self.layer = torch.nn.Conv2d(3, 4, 3)\n"
            f"    def forward(self, x):\n        return {output}\n"
        )
        workload = load_workload("users_net:Net", 16)
        assert (step(workload) > 30.0) == is_own

    def test_a_function_that_fails_or_gives_no_model(self, project: Path) -> None:
        (project / "users_makers.py").write_text(
            "def fails():\n    return {}['weights']\n\ndef text():\n    return 'resnet'\n"
        )
        with pytest.raises(WorkloadError, match="KeyError: 'weights'") as caught:
            load_workload("users_makers:fails", 16).make_model()
        assert "return {}['weights']" in caught.value.traceback_text
        with pytest.raises(WorkloadError, match=r"gives str, not a torch\.nn\.Module"):
            load_workload("users_makers:text", 16).make_model()

    @needs_ultralytics
    @pytest.mark.parametrize(
        "spec",
        [
            "yolo11n.yaml",
            "yolov8n-seg.yaml",
            "yolo11n-pose.yaml",
            "yolo11n-obb.yaml",
            "yolo11n-cls.yaml",
            "yolo26n-seg.yaml",
        ],
    )
    def test_ultralytics_models_meet_their_own_loss(self, spec: str) -> None:
        workload = load_workload(spec, 64)
        assert workload.has_real_loss
        assert workload.uses_ema
        assert workload.val_factor == 2
        assert step(workload) > 0.0

    @needs_ultralytics
    def test_weights_that_are_not_here_are_not_fetched(self, project: Path) -> None:
        with pytest.raises(WorkloadError, match="nothing is downloaded") as caught:
            load_workload("yolo11n.pt", 64)
        assert str(caught.value.remedy).startswith("yolo11n.yaml has the same layers")
        assert not list(project.iterdir())

    @needs_ultralytics
    def test_weights_that_are_here_are_trained(self, project: Path) -> None:
        from ultralytics import YOLO

        YOLO("yolo11n.yaml").save("mine.pt")
        assert step(load_workload("mine.pt", 64)) > 0.0

    @needs_ultralytics
    def test_an_image_size_between_strides_is_refused(self) -> None:
        with pytest.raises(WorkloadError, match="no multiple of 32") as caught:
            load_workload("yolo11n.yaml", 100)
        assert caught.value.remedy == "--imgsz 96"

    @needs_ultralytics
    def test_a_yaml_that_is_not_there_is_told(self) -> None:
        with pytest.raises(WorkloadError, match=r"cannot build yolo99x\.yaml"):
            load_workload("yolo99x.yaml", 64)
