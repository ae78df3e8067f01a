"""Trainings whose times follow a truth that the forecast does not know, with noise."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass

from cockpit.analysis.forecast.work import Work
from cockpit.calibrations.calibration import Calibration, Kind, ScalingPoint

HOST = "box"


@dataclass(frozen=True)
class Setup:
    """What a user may change."""

    samples: int
    batch: int
    ranks: int
    imgsz: int = 640
    epochs: int = 10


@dataclass(frozen=True)
class Truth:
    """A trainer on a machine."""

    device: str
    image_s: float
    launch_s: float
    """Of a step."""
    load_s: float
    """For a sample of 640 px on one rank's loaders, which work beside the GPU."""
    send_s: float
    """To exchange gradients over two ranks; grows with more."""
    contention: float
    """What each further rank slows the others by."""
    validation_s: float
    """For each training sample."""
    fixed_s: float
    start_s: float
    end_s: float
    unrest: float
    """Deviation of the logarithm of a run's pace,"""
    jitter: float
    """and of an epoch's."""

    def step_s(self, setup: Setup) -> float:
        area = (setup.imgsz / 640) ** 2
        compute_s = self.launch_s + self.image_s * setup.batch * area
        send_s = 2 * (setup.ranks - 1) / setup.ranks * self.send_s
        crowd = 1 + self.contention * (setup.ranks - 1)
        busy_s = compute_s + max(0.0, send_s - compute_s / 3)
        load_s = self.load_s * setup.batch * (1 + area) / 2
        return max(load_s, busy_s) * crowd

    def epoch_s(self, setup: Setup) -> float:
        area = (setup.imgsz / 640) ** 2
        steps = math.ceil(setup.samples / (setup.batch * setup.ranks))
        return steps * self.step_s(setup) + self.validation_s * setup.samples * area + self.fixed_s


def random_truth(dice: random.Random, *, on_cpu: bool = False) -> Truth:
    """Return some trainer on some machine."""
    image_s = math.exp(dice.uniform(math.log(0.002), math.log(0.05))) * (8 if on_cpu else 1)
    batch_s = 16 * image_s
    return Truth(
        device="cpu: Xeon, 4 cores" if on_cpu else "NVIDIA GeForce RTX 2080",
        image_s=image_s,
        launch_s=math.exp(dice.uniform(math.log(0.005), math.log(0.06))) + 0.05 * batch_s,
        load_s=image_s * dice.choice([0.0, 0.3, 0.8, 1.2]),
        send_s=math.exp(dice.uniform(math.log(0.002), math.log(0.04))),
        contention=dice.uniform(0.3, 0.8) if on_cpu else dice.uniform(0.02, 0.25),
        validation_s=image_s * dice.uniform(0.02, 0.15),
        fixed_s=dice.uniform(0.01, 0.2) * 1000 * image_s,
        start_s=dice.uniform(3, 40),
        end_s=dice.uniform(0.2, 5),
        unrest=dice.uniform(0.01, 0.08 if on_cpu else 0.05),
        jitter=dice.uniform(0.01, 0.06),
    )


def random_setup(dice: random.Random) -> Setup:
    """Return something that a user may train."""
    return Setup(
        samples=round(math.exp(dice.uniform(math.log(300), math.log(20_000)))),
        batch=dice.choice([4, 8, 16, 32]),
        ranks=dice.choice([1, 2, 4]),
        imgsz=dice.choice([320, 640]),
        epochs=dice.choice([3, 10, 30]),
    )


def run_of(
    truth: Truth, setup: Setup, dice: random.Random, *, number: int = 0, has_steps: bool = False
) -> Calibration:
    """Return what cockpit keeps of one run."""
    pace = math.exp(dice.gauss(0, truth.unrest))
    epoch_s = truth.epoch_s(setup) * pace
    epochs = sorted(epoch_s * math.exp(dice.gauss(0, truth.jitter)) for _ in range(setup.epochs))
    start_s = truth.start_s * math.exp(dice.gauss(0, 0.1))
    end_s = truth.end_s * math.exp(dice.gauss(0, 0.1))
    return Calibration(
        calibration_id=f"run:{number}",
        kind=Kind.RUN,
        time_s=1000.0 + number,
        host=HOST,
        device=truth.device,
        preset="mine",
        model="yolo11n",
        imgsz=setup.imgsz,
        batch_per_rank=setup.batch,
        world_size=setup.ranks,
        train_samples=setup.samples,
        epochs=setup.epochs,
        args={"batch": str(setup.batch * setup.ranks), "lr0": str(dice.random())},
        start_s=start_s,
        epoch_s=epochs[len(epochs) // 2],
        epoch_low_s=epochs[round(0.05 * (len(epochs) - 1))],
        epoch_high_s=epochs[round(0.95 * (len(epochs) - 1))],
        epochs_done=setup.epochs,
        step_s=truth.step_s(setup) * pace if has_steps else None,
        end_s=end_s,
        total_s=start_s + sum(epochs) + end_s,
    )


def probe_of(truth: Truth, setup: Setup, dice: random.Random) -> Calibration:
    """Return what a probe of some dozens of steps keeps."""
    return Calibration(
        calibration_id="probe:1",
        kind=Kind.PROBE,
        time_s=2000.0,
        host=HOST,
        device=truth.device,
        preset="mine",
        model="yolo11n",
        imgsz=setup.imgsz,
        batch_per_rank=setup.batch,
        world_size=setup.ranks,
        train_samples=setup.samples,
        start_s=truth.start_s * math.exp(dice.gauss(0, 0.1)),
        step_s=truth.step_s(setup) * math.exp(dice.gauss(0, truth.unrest)),
    )


def scaling_of(truth: Truth, setup: Setup, ranks: tuple[int, ...]) -> Calibration:
    """Return what the tool keeps, which loads no data."""
    steps = {
        count: truth.step_s(Setup(setup.samples, setup.batch, count, setup.imgsz)) * 0.9
        for count in ranks
    }
    return Calibration(
        calibration_id="scaling:1",
        kind=Kind.SCALING,
        time_s=3000.0,
        host=HOST,
        device=truth.device,
        model="yolo11n",
        imgsz=setup.imgsz,
        batch_per_rank=setup.batch,
        points=tuple(
            ScalingPoint(count, setup.batch, setup.batch * count / step_s)
            for count, step_s in steps.items()
        ),
    )


def work_of(truth: Truth, setup: Setup) -> Work:
    """Return the question how long this takes."""
    return Work(
        epochs=setup.epochs,
        world_size=setup.ranks,
        batch_per_rank=setup.batch,
        device="cpu" if truth.device.startswith("cpu") else "rtx-2080",
        train_samples=setup.samples,
        model="yolo11n",
        imgsz=setup.imgsz,
        preset="mine",
        host=HOST,
        args={"batch": str(setup.batch * setup.ranks), "lr0": "0.01"},
    )
