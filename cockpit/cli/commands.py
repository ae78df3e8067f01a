"""The commands of the command line. What is heavy is imported by those who need it."""

from __future__ import annotations

from cockpit.cli import (
    adopt,
    after,
    check,
    collectives,
    compare,
    estimate,
    explain,
    gpus,
    logs,
    memory,
    metrics,
    presets,
    report,
    resume,
    run,
    runs,
    scaling,
    show,
    slurm,
    steptime,
    stop,
)
from cockpit.cli.open import open_path
from cockpit.cli.plain_options import PlainCommand
from cockpit.cli.root import new_app

app = new_app()
app.command("run", cls=PlainCommand)(run.run)
app.command("runs", cls=PlainCommand)(runs.runs)
app.command("show", cls=PlainCommand)(show.show)
app.command("metrics", cls=PlainCommand)(metrics.metrics)
app.command("open")(open_path)
app.command("explain")(explain.explain)
app.command("logs")(logs.logs)
app.command("stop", cls=PlainCommand)(stop.stop)
app.command("after", cls=PlainCommand)(after.after)
app.command("resume", cls=PlainCommand)(resume.resume)
app.command("adopt", cls=PlainCommand)(adopt.adopt)
app.add_typer(presets.app, name="presets")
app.command("gpus", cls=gpus.GpusCommand)(gpus.gpus)
app.command("compare")(compare.compare)
app.command("report")(report.report)
app.command("check")(check.check)
app.command("collectives")(collectives.collectives)
app.command("nccl", hidden=True)(collectives.collectives)
app.command("memory")(memory.memory)
app.command("scaling")(scaling.scaling)
app.command("steptime")(steptime.steptime)
app.command("slurm")(slurm.slurm)
app.command("estimate", cls=PlainCommand)(estimate.estimate)
