from __future__ import annotations

import pytest

from cockpit.analysis.trainer_plan import FEWER, Planned, judge_trainer
from cockpit.metrics.series import TrainerFacts
from cockpit.runs.alert import AlertLevel

LAUNCHED = Planned(gpus=8, ranks=8, starts_ranks=False)
TORCHRUN = Planned(gpus=8, ranks=8, starts_ranks=True)


def what(facts: TrainerFacts, planned: Planned) -> str | None:
    found = judge_trainer(facts, planned, {"gpus_used": 3}, "train.log", 0.0)
    return found.what if found else None


def test_one_of_eight_gpus_needs_somebody() -> None:
    found = judge_trainer(
        TrainerFacts(gpus_used=1), LAUNCHED, {"gpus_used": 3}, "train.log", since=5.0
    )
    assert found is not None
    assert (found.code, found.level, found.since) == (FEWER, AlertLevel.PROBLEM, 5.0)
    assert found.what == "the trainer uses 1 of 8 planned GPUs (train.log, line 3)"
    assert found.remedy.startswith("stop it and give it --gpus 1, or look which GPUs the script is")


def test_a_trainer_on_the_cpu_needs_somebody_however_it_was_started() -> None:
    for planned in (LAUNCHED, TORCHRUN, Planned(1, 1, starts_ranks=False)):
        assert "uses none of" in (what(TrainerFacts(gpus_used=0), planned) or "")


@pytest.mark.parametrize(
    ("facts", "planned"),
    [
        (TrainerFacts(), LAUNCHED),
        (TrainerFacts(gpus_used=8), LAUNCHED),
        (TrainerFacts(gpus_used=1, world_size=8), LAUNCHED),
        (TrainerFacts(gpus_used=1), TORCHRUN),
        (TrainerFacts(gpus_used=0, world_size=2), Planned(0, 2, starts_ranks=True)),
        (TrainerFacts(world_size=1), Planned(8, 1, starts_ranks=False)),
    ],
)
def test_what_is_used_as_planned_needs_nobody(facts: TrainerFacts, planned: Planned) -> None:
    assert what(facts, planned) is None


def test_ranks_that_train_alone_need_somebody() -> None:
    alone = TrainerFacts(world_size=1)
    assert what(alone, TORCHRUN) == "the trainer counts 1 of 8 planned ranks (train.log)"
    on_cpu = Planned(gpus=0, ranks=2, starts_ranks=True)
    assert what(alone, on_cpu) == "the trainer counts 1 of 2 planned ranks (train.log)"
