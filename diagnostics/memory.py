"""`memory`: which batch fits and how fast each one is; every probe is a process of its own."""

from __future__ import annotations

import os
from typing import Any, Sequence, TextIO

from diagnostics import gpu_memory, memory_findings
from diagnostics.cpu_meter import CpuMeter
from diagnostics.emit import PROBLEM, Finding, emit, emit_finding, emit_row
from diagnostics.memory_findings import Limit, Measured, Verdict
from diagnostics.memory_fit import Fit
from diagnostics.memory_options import STEPS, Options, parse_options
from diagnostics.memory_probe import FAILED, HOST, OK, ProbeAsk
from diagnostics.memory_rows import filled, judged, row_of
from diagnostics.memory_search import MOST_PROBES, Probed, bracket, curve, next_batch, step_down
from diagnostics.probe_process import Interrupted, run_probe
from diagnostics.ranks.alarm import Alarm
from diagnostics.steps.verdicts import judge_busy
from diagnostics.workload import default_amp

MOST_VERIFICATIONS = 4
TRAINER = "trainer_error"
CODES = {
    "model_error": "model.import",
    "step_error": "model.step",
    "device_error": "memory.device",
    TRAINER: "memory.trainer",
}
"""What ends a sweep at once: the next probe would meet it as well."""


WHYS = {
    "model.import": "the model cannot be built",
    "model.step": "the model does not train here",
    "memory.device": "there is no GPU that torch reaches",
    "memory.trainer": "the preset's own command does not train here",
    "memory.failed": "a probe failed twice, and not for want of memory",
    "memory.unread": "the memory that a batch takes cannot be read",
}


class CannotGoOn(Exception):
    """No probe can be made: the finding of this code, which has been told, says why."""

    def __init__(self, code: str) -> None:
        super().__init__(WHYS[code])


def memory(arguments: list[str], out: TextIO) -> tuple[str, str]:
    """Sweep the batch sizes of a model; passed when each image size has a batch that fits."""
    options = parse_options(arguments)
    with Alarm() as alarm:
        lab = Lab(options, alarm.reader, out)
        try:
            answers = [_sweep(lab, size) for size in options.image_sizes]
        except Interrupted:
            return "stopped", "what was measured until then is kept"
        except CannotGoOn as error:
            return "failed", str(error)
        lab.tell(lab.busy())
    if not all(answers):
        return "failed", "no batch fits"
    return "passed", "batch " + ", ".join(map(str, answers))


class Lab:
    """Where probes are run: the device, the limit once it is known, and what is said of it."""

    def __init__(self, options: Options, alarm: int, out: TextIO) -> None:
        self.options = options
        self.out = out
        self.limit: Limit | None = None
        self.weight_bytes = 0
        self._has_run = False
        self._alarm = alarm
        self._environ = dict(os.environ)
        has_gpu = options.device != "cpu" and gpu_memory.count_gpus() > 0
        is_asked = options.device == "cuda" or options.gpu is not None
        self.device = "cuda" if is_asked or has_gpu else "cpu"
        self.gpu = ""
        if self.device == "cuda" and not options.command:
            self.gpu = gpu_memory.choose_gpu(options.gpu, self._environ)
        self.ranks = options.ranks or max(1, gpu_memory.count_gpus())
        self._done = 0
        self._cpu = CpuMeter()

    def probe(self, batch: int, image_size: int | None, table: str, steps: int | None) -> Measured:
        """Run one probe and emit its row. Raises Interrupted and CannotGoOn."""
        ask = self._ask(batch, image_size, steps)
        with self._cpu:
            limit_s = self.options.silence_limit_s
            ended = run_probe(ask, self._alarm, limit_s, self._say, self._environ)
        self._done += 1
        if self._done == 1 and "command" in ended.fields:
            self.tell(memory_findings.own_command(ended.fields["command"]))
        if self.limit is None and ended.fields.get("limit_bytes"):
            self._keep_limit(ended.fields)
        self.weight_bytes = ended.fields.get("weight_bytes") or self.weight_bytes
        code = next((CODES[name] for name in CODES if name in ended.fields), "")
        if code != "memory.device":
            emit_row(table, row_of(ask, ended), self.out)
        self._has_run = self._has_run or ended.outcome == OK
        # A trainer that runs with another batch fails for the sake of this one.
        if code and not (code == CODES[TRAINER] and self._has_run):
            remedy = ended.fields.get("remedy")
            emit_finding(Finding(PROBLEM, code, ended.why, remedy), self.out)
            raise CannotGoOn(code)
        if ended.outcome == FAILED:
            emit_finding(memory_findings.failed(batch, ended.why), self.out)
        elif ended.fields.get("doubt"):
            self.tell(memory_findings.doubtful(batch, ended.fields["doubt"]))
        found = judged(batch, ask, ended)
        if found.outcome == OK and found.used_bytes is None:
            self.tell(memory_findings.unread(batch))
            raise CannotGoOn("memory.unread")
        return found

    def insist(
        self, batch: int, image_size: int | None, table: str, steps: int | None, fits: int
    ) -> Measured:
        """Probe, and once more where that failed; `fits` is the largest batch known to fit.

        Raises CannotGoOn when it fails again: what crashes tells nothing about memory.
        """
        found = self.probe(batch, image_size, table, steps)
        if found.outcome == FAILED:
            found = self.probe(batch, image_size, table, steps)
        if found.outcome == FAILED:
            self.tell(memory_findings.given_up(batch, fits))
            raise CannotGoOn("memory.failed")
        return found

    def tell(self, finding: Finding | None) -> None:
        """Emit a finding where there is one."""
        if finding is not None:
            emit_finding(finding, self.out)

    def busy(self) -> Finding | None:
        """Say that others used the cores meanwhile; what a command leaves running is not ours."""
        others = None if self.options.command else self._cpu.others
        return None if others is None else judge_busy("memory", others, os.cpu_count() or 1)

    def _ask(self, batch: int, image_size: int | None, steps: int | None) -> ProbeAsk:
        options = self.options
        warm_up, usual = STEPS[self.device]
        return ProbeAsk(
            model=options.model,
            image_size=image_size or 0,
            batch=batch,
            device=self.device,
            gpu=self.gpu,
            optimizer=options.optimizer,
            amp=default_amp(self.device) if options.amp is None else options.amp,
            warm_up=warm_up,
            steps=steps or options.steps or usual,
            limit_bytes=options.limit_bytes,
            command=filled(options, batch, is_longer=steps is not None),
        )

    def _keep_limit(self, fields: dict[str, Any]) -> None:
        self.limit = Limit(fields["limit_bytes"], fields["kind"], self.options.margin_pct)
        if self.limit.kind == HOST:
            self.device = "cpu"
        emit(
            "measurement",
            self.out,
            name="memory.limit",
            value=self.limit.limit_bytes,
            unit="bytes",
            memory_kind=self.limit.kind,
            margin_pct=self.limit.margin_pct,
        )

    def _say(self, what: str) -> None:
        count = len(self.options.batch_sizes) or MOST_PROBES + 1
        total = max(self._done + 1, count * len(self.options.image_sizes))
        emit("progress", self.out, done=self._done, total=total, what=what)


def _sweep(lab: Lab, image_size: int | None) -> int:
    """Measure one image size, tell what it means, and return the batch to take; 0 for none."""
    if lab.options.batch_sizes:
        measured = [
            lab.probe(batch, image_size, "memory", None) for batch in lab.options.batch_sizes
        ]
    else:
        measured = _search(lab, image_size)
    if lab.limit is None:
        lab.tell(memory_findings.none_ran(measured[0], "no probe came as far as its device"))
        return 0
    lab.tell(memory_findings.not_finite(measured))
    lab.tell(memory_findings.prediction(measured))
    _emit_fit(lab, image_size, measured)
    verdict = _decide(lab, image_size, measured, lab.limit)
    if verdict is not None:
        lab.tell(memory_findings.flat(measured, verdict.batch))
        emit(
            "measurement",
            lab.out,
            name="memory.largest_batch",
            value=verdict.batch,
            unit="samples",
            image_size=image_size,
        )
        lab.tell(memory_findings.largest(verdict, measured, lab.limit))
        if lab.ranks > 1 and lab.device == "cuda":
            lab.tell(memory_findings.ddp_note(lab.ranks, lab.weight_bytes))
    _emit_answer(lab, image_size, verdict)
    return verdict.batch if verdict else 0


def _search(lab: Lab, image_size: int | None) -> list[Measured]:
    measured: list[Measured] = []
    budget_bytes = 0.0
    while True:
        options = lab.options
        batch = next_batch(_probed(measured), budget_bytes, options.most, options.first)
        if batch is None:
            return measured
        fits = bracket(_probed(measured), budget_bytes, options.most).fits
        measured.append(lab.insist(batch, image_size, "memory", None, fits))
        budget_bytes = lab.limit.budget_bytes if lab.limit else 0.0


def _decide(
    lab: Lab, image_size: int | None, measured: Sequence[Measured], limit: Limit
) -> Verdict | None:
    """Return the answer, verified where it was searched for; tell it when there is none."""
    known = bracket(_probed(measured), limit.budget_bytes, lab.options.most)
    by_batch = {one.batch: one for one in measured}
    if known.fits == 0:
        first = min(measured)
        if first.outcome == FAILED:
            lab.tell(memory_findings.none_ran(first, "see above"))
        else:
            lab.tell(memory_findings.first_does_not_fit(first, limit, image_size))
        return None
    too_large = known.too_large if known.too_large <= lab.options.most else None
    if lab.options.batch_sizes:
        used_bytes = by_batch[known.fits].used_bytes or 0
        return Verdict(known.fits, used_bytes, "", max(lab.options.batch_sizes), too_large)
    batch, steps = known.fits, lab.options.verify_steps
    for _ in range(MOST_VERIFICATIONS):
        held = lab.insist(batch, image_size, "verification", steps, batch)
        taken_bytes = held.used_bytes
        if taken_bytes is not None and taken_bytes <= limit.limit_bytes:
            return Verdict(batch, taken_bytes, held.held, lab.options.most, too_large)
        why = held.outcome if taken_bytes is None else memory_findings.gib(taken_bytes)
        lower = step_down(batch)
        lab.tell(memory_findings.stepped_down(batch, lower, why))
        batch, too_large = lower, batch
        if batch < 1:
            break
    lab.tell(memory_findings.none_ran(by_batch[known.fits], "none held for longer"))
    return None


def _emit_fit(lab: Lab, image_size: int | None, measured: Sequence[Measured]) -> None:
    """Emit the fitted curve at a few batches, so that it can be drawn."""
    found: Fit | None = curve(_probed(measured))
    if found is None or lab.limit is None:
        return
    last = max(measured).batch
    for batch in sorted({max(1, last * part // 16) for part in range(17)}):
        predicted_bytes = int(found.line(batch))
        row = {"batch": batch, "image_size": image_size, "predicted_bytes": predicted_bytes}
        emit_row("fit", row, lab.out)


def _emit_answer(lab: Lab, image_size: int | None, verdict: Verdict | None) -> None:
    if len(lab.options.image_sizes) < 2:
        return
    row = {
        "image_size": image_size,
        "batch_per_rank": verdict.batch if verdict else None,
        "global_batch": verdict.batch * lab.ranks if verdict else None,
        "used_bytes": verdict.used_bytes if verdict else None,
    }
    emit_row("by_image_size", row, lab.out)


def _probed(measured: Sequence[Measured]) -> list[Probed]:
    """Return what the search may believe: a crash says nothing about memory."""
    told = [one for one in measured if one.outcome != FAILED]
    return [Probed(one.batch, one.used_bytes, one.outcome == OK) for one in told]
