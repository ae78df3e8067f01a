"""The batch script of a job. Pure: what Slurm hands out, the script asks when it runs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from cockpit import __version__
from cockpit.launch.environment import FOREIGN
from cockpit.launch.own import ONLY_OURS
from cockpit.launch.torchrun import SIGNALS
from cockpit.slurm.job import RUN, BatchJob
from cockpit.slurm.shell import PORT, here_document, quoted

WARNING_S: Final = 120
"""So long before the time limit Slurm sends USR1; it may come up to a minute earlier."""
SLURMS_OWN: Final = ("CUDA_VISIBLE_DEVICES",)
"""Left as Slurm sets it: only that names the GPUs of this job."""

# `wait` ends early for every trapped signal, and bash 5.2 may lose the status of a child that ends
# in that very moment. So a keeper, whom nobody signals, waits and writes it down.
START: Final = """\
touch "$run/unfinished"
rm -f "$run/exit"
(
    trap : TERM USR1
    status=0
    bash -c 'echo "$$" >"$0"; exec "$@"' "$run/pid" "$@" || status=$?
    echo "$status" >"$run/exit"
) &
keeper=$!
"""
WAIT: Final = """\
warned=
trap 'warned=1; {warn} || true' USR1
trap : TERM  # Slurm sends it to every process itself; a second one would hurt torchrun
while kill -0 "$keeper" 2>/dev/null; do wait "$keeper" || true; done
code=$(cat "$run/exit" 2>/dev/null || echo 1)
"""
FINISHED: Final = """\
if [ "$code" -eq 0 ]; then rm -f "$run/unfinished"; fi
"""
REQUEUE: Final = """\
# Stopped by the time limit, not finished, and something to continue from: the same job again.
if [ -n "$warned" ] && [ -e "$run/unfinished" ] && [ -e {checkpoint} ]; then
    scontrol requeue "${{SLURM_JOB_ID:-}}" || true
fi
"""


def batch_script(job: BatchJob) -> str:
    """Return a bash script for sbatch that ends with the exit status of the training."""
    blocks = (
        ["#!/bin/bash", *_directives(job), *_comments(job)],
        ["set -euo pipefail", *_folders(job)],
        [*_variables(job)],
        [*_files(job)],
        [*_command(job)],
        [*_waiting(job)],
    )
    return "\n\n".join("\n".join(lines) for lines in blocks if lines) + "\n"


def job_name(job: BatchJob) -> str:
    """Return the preset's name as Slurm and a folder can bear it."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", job.preset.name).strip("-.") or "training"


def _directives(job: BatchJob) -> Iterator[str]:
    asked = job.request
    options = {
        "job-name": job_name(job),
        "nodes": "1",
        "ntasks": "1",
        "gres": f"gpu:{job.gpu_count}" if job.gpu_count else None,
        "cpus-per-task": str(job.cpus),
        "time": asked.time,
        "partition": asked.partition,
        "account": asked.account,
        "signal": f"B:USR1@{WARNING_S}",
        "open-mode": "append",
        "output": "%x-%j.log",
    }
    yield from (f"#SBATCH --{name}={value}" for name, value in options.items() if value)
    yield "#SBATCH --requeue" if job.resumed is not None else "#SBATCH --no-requeue"


def _comments(job: BatchJob) -> Iterator[str]:
    gpus = "no GPU" if not job.gpu_count else f"{job.gpu_count} GPUs, whichever Slurm gives"
    yield f"# Made by cockpit {__version__} from {job.preset.file}"
    yield f"# Planned for an imagined node with {gpus};"
    yield "# the machine that this was made on was not asked for its own."
    yield f"# USR1 comes {WARNING_S} s before the time limit; a training without a handler ends."
    if job.resumed is None:
        yield "# It is not requeued then: this preset cannot say how its trainer continues."
    if job.request.time is None:
        yield "# No --time: the partition's default limit holds."
    for warning in job.warnings:
        yield f"# Take care: {warning}"
    for note in job.plan.notes:
        yield f"# {' '.join(note.split())}"


def _folders(job: BatchJob) -> Iterator[str]:
    made = dict.fromkeys([RUN / "out", *(file.parent for file in job.plan.files), job.plan.cwd])
    yield f'run="${{SLURM_SUBMIT_DIR:-$PWD}}/{job_name(job)}-${{SLURM_JOB_ID:-$$}}"'
    if _uses_port(job):
        yield "port=$((20000 + ${SLURM_JOB_ID:-$$} % 10000))"
    yield f"mkdir -p {' '.join(quoted(folder) for folder in made)}"
    yield f"cd {quoted(job.plan.cwd)}"


def _variables(job: BatchJob) -> Iterator[str]:
    yield f"unset {' '.join((*FOREIGN, *ONLY_OURS))}"
    yield f'export PATH={quoted(job.python.path.parent)}:"$PATH"'
    for name, item in job.plan.env.items():
        if name not in SLURMS_OWN or item.source.startswith("preset"):
            yield f"export {name}={quoted(item.value)}"


def _files(job: BatchJob) -> Iterator[str]:
    for file, text in job.plan.files.items():
        yield from here_document(file, text)


def _command(job: BatchJob) -> Iterator[str]:
    start = f"set -- {_words(job.plan.argv)}"
    if job.resumed is None or job.plan.checkpoint is None:
        yield start
    else:
        has_checkpoint = f"[ -e {quoted(job.plan.checkpoint)} ]"
        yield f'if [ "${{SLURM_RESTART_COUNT:-0}}" -gt 0 ] && {has_checkpoint}; then'
        yield f"    set -- {_words(job.resumed.argv)}"
        yield "else"
        yield f"    {start}"
        yield "fi"
    yield START.rstrip()


def _waiting(job: BatchJob) -> Iterator[str]:
    yield WAIT.format(warn=_warn(job)).rstrip()
    yield FINISHED.rstrip()
    if job.resumed is not None and job.plan.checkpoint is not None:
        yield REQUEUE.format(checkpoint=quoted(job.plan.checkpoint)).rstrip()
    yield 'exit "$code"'


def _warn(job: BatchJob) -> str:
    """Return how the training is warned: an older torchrun would die of USR1, its ranks not."""
    is_torchrun = job.plan.argv[1:3] == ("-m", "torch.distributed.run")
    if is_torchrun and SIGNALS not in job.python.flags:
        return 'pkill -USR1 -P "$(cat "$run/pid")"'
    return 'kill -USR1 "$(cat "$run/pid")"'


def _words(argv: tuple[str, ...]) -> str:
    return " ".join(quoted(word) for word in argv)


def _uses_port(job: BatchJob) -> bool:
    values = (item.value for item in job.plan.env.values())
    return any(PORT in text for text in (*job.plan.argv, *values, *job.plan.files.values()))
