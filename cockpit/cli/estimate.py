"""`cockpit estimate`: how long a training will take, what it needs and costs, and on what it rests.

What the flags ask for is done in `estimate_acts`.
"""

from __future__ import annotations

import typer

from cockpit.cli import estimate_options as flags
from cockpit.cli.options import Python, Settings


def estimate(
    context: typer.Context,
    dataset_size: flags.DatasetSize = None,
    gpus: flags.Gpus = None,
    epochs: flags.Epochs = None,
    preset: flags.Preset = None,
    settings: Settings = None,
    model: flags.Model = None,
    imgsz: flags.Imgsz = None,
    gpu: flags.Gpu = None,
    batch_per_rank: flags.Batch = None,
    offer: flags.Offer = None,
    price: flags.Price = None,
    spot: flags.Spot = False,
    checkpoint_every: flags.Checkpoint = None,
    runs_per_month: flags.Runs = None,
    hosts: flags.Hosts = None,
    budget: flags.Budget = None,
    deadline: flags.Deadline = None,
    compare: flags.Compare = None,
    against: flags.Against = None,
    probe: flags.Probe = False,
    probe_steps: flags.ProbeSteps = None,
    python: Python = None,
    catalog: flags.ListCatalog = False,
    calibrations: flags.ListCalibrations = False,
    forget: flags.Forget = None,
    learn: flags.Learn = None,
    as_json: flags.AsJson = False,
) -> None:
    """Say how long a training will take, what it needs and costs, as ranges with their reasons."""
    from cockpit.cli.estimate_acts import obey
    from cockpit.cli.estimate_given import Given

    obey(Given(**context.params))  # what the signature declares, by its names
