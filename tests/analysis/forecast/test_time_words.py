from __future__ import annotations

from cockpit.analysis.forecast.band import Band
from cockpit.analysis.forecast.time.words import few_steps_sentence, scaling_sentence

SERIAL = Band(0.05, 0.1, 0.3)


def test_fixed_times_decide_only_where_they_are_much_of_an_epoch() -> None:
    much = few_steps_sentence(4, 0.45)
    assert much is not None
    assert "45% of an epoch here, decide, more GPUs hardly help" in much
    assert few_steps_sentence(12, 0.12) is None
    assert few_steps_sentence(400, 0.45) is None


def test_one_step_is_shared_with_nobody() -> None:
    one = few_steps_sentence(1, 0.1, on_cpu=True)
    assert one == "only 1 step an epoch: more ranks at this batch have nothing to share"


def test_the_network_between_hosts_is_said_to_be_left_out() -> None:
    network = "the network between hosts is not counted"
    assert network in scaling_sentence(SERIAL, 64, is_measured=False)
    assert network not in scaling_sentence(SERIAL, 8, is_measured=False)
