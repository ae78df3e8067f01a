"""The flags of `cockpit estimate`, each explained in a line."""

from __future__ import annotations

from typing import Annotated

import typer

Text = str | None
DatasetSize = Annotated[
    Text, typer.Option(metavar="IMAGES", help="Training images: 1000, 1,000 or 1k.")
]
Gpus = Annotated[
    Text, typer.Option(metavar="COUNT", help="How many GPUs, or ranks on a CPU; also cpu.")
]
Epochs = Annotated[Text, typer.Option(metavar="COUNT", help="Assumed: 100.")]
Preset = Annotated[
    Text, typer.Option(metavar="NAME", help="Take the work from a preset; flags win.")
]
Model = Annotated[Text, typer.Option(metavar="NAME", help="Assumed: yolo11n.")]
Imgsz = Annotated[Text, typer.Option(metavar="PIXELS", help="Assumed: the model's own size.")]
Gpu = Annotated[
    Text, typer.Option(metavar="NAME", help="Also cpu. Without it: those here, or an RTX 2080.")
]
Batch = Annotated[
    Text,
    typer.Option("--batch-per-rank", "--batch", metavar="IMAGES", help="Per GPU. Assumed: 16."),
]
Offer = Annotated[
    Text, typer.Option(metavar="NAME", help="An instance or tier that --catalog lists.")
]
Price = Annotated[Text, typer.Option(metavar="PER_GPU_HOUR", help="What a GPU hour costs you.")]
Spot = Annotated[bool, typer.Option("--spot", help="At the spot price, interruptions counted.")]
Checkpoint = Annotated[
    Text,
    typer.Option("--checkpoint-every", metavar="EPOCHS", help="What a loss costs. Assumed: 1."),
]
Runs = Annotated[Text, typer.Option("--runs-per-month", metavar="COUNT", help="Assumed: 30.")]
Hosts = Annotated[
    Text, typer.Option(metavar="COUNT", help="A training on each: in parallel against in turn.")
]
Budget = Annotated[Text, typer.Option(metavar="AMOUNT", help="Which schemes cost no more.")]
Deadline = Annotated[
    Text, typer.Option(metavar="TIME", help="Which end in time: 8h, 18:00, 2026-11-23T18:00.")
]
Compare = Annotated[
    Text, typer.Option(metavar="NAME,…", help="Schemes side by side: tpu-v2-8,a100,4xv100,cpu.")
]
Against = Annotated[
    Text, typer.Option(metavar="NAME", help="With --compare: whose speed is called 1.0.")
]
Probe = Annotated[
    bool, typer.Option("--probe", help="First train a few dozen steps of the preset here.")
]
ProbeSteps = Annotated[Text, typer.Option(metavar="COUNT", help="Steps of --probe; 50.")]
ListCatalog = Annotated[bool, typer.Option("--catalog", help="List accelerators and offers.")]
ListCalibrations = Annotated[
    bool, typer.Option("--calibrations", help="List what was measured here.")
]
Forget = Annotated[
    list[str] | None,
    typer.Option(metavar="ID", help="Delete a calibration, by the beginning of its id, or all."),
]
Learn = Annotated[
    Text, typer.Option(metavar="RUN", help="Keep what a finished run, or a path, tells.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
