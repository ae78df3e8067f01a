from __future__ import annotations

from cockpit.analysis.retry import Again, BatchKeys, Enough, Failure, decide_retry

KILLED = Failure("host_oom_kill", "rank 1 was killed by SIGKILL", 3)
BUG = Failure("user_bug", "ValueError: x", 3)
MEMORY = Failure("cuda_oom", "rank 0: GPU 0 is out of memory", None)
BATCH = BatchKeys("args.batch-size", 16)


def decide(*failures: Failure, attempts: int = 3, batch: BatchKeys | None = None) -> Again | Enough:
    return decide_retry(failures, attempts=attempts, wait_s=30, batch=batch)


def test_nothing_is_started_again_unless_the_preset_asks() -> None:
    assert decide(KILLED, attempts=0) == Enough()


def test_each_wait_is_twice_as_long_up_to_ten_minutes() -> None:
    assert decide(KILLED) == Again(30)
    later = Failure("host_oom_kill", "rank 1 was killed by SIGKILL", 4)
    assert decide(KILLED, later) == Again(60)
    many = [Failure("nccl_timeout", "", epoch) for epoch in range(9)]
    assert decide(*many, attempts=20) == Again(600)


def test_the_attempts_are_counted() -> None:
    end = decide(KILLED, BUG, attempts=1)
    assert isinstance(end, Enough)
    assert end.why is not None
    assert "failed 2 times" in end.why


def test_an_error_that_happens_twice_at_one_place_is_not_tried_a_third_time() -> None:
    assert isinstance(decide(BUG), Again)
    assert decide(BUG, BUG) == Enough("not started again: it failed twice at the same place")
    elsewhere = Failure("user_bug", "ValueError: x", 7)
    assert isinstance(decide(BUG, elsewhere), Again)


def test_what_must_be_mended_first_is_not_tried_again() -> None:
    assert isinstance(decide(Failure("missing_dataset_path", "", None)), Enough)


def test_out_of_memory_is_tried_again_only_with_a_smaller_batch() -> None:
    assert isinstance(decide(MEMORY), Enough)
    half = decide(MEMORY, batch=BATCH)
    assert half == Again(30, {"args.batch-size": "8"}, "batch 16 → 8")
    assert isinstance(decide(MEMORY, batch=BatchKeys("args.batch", 4, smallest=4)), Enough)


def test_accumulation_keeps_the_global_batch() -> None:
    keys = BatchKeys("args.batch-size", 16, accumulation="args.accumulate", steps=2)
    again = decide(MEMORY, batch=keys)
    assert isinstance(again, Again)
    assert again.changes == {"args.batch-size": "8", "args.accumulate": "4"}


def test_a_complete_run_is_not_started_again() -> None:
    end = decide_retry([BUG], attempts=3, wait_s=1, batch=None, is_complete=True)
    assert end == Enough("not started again: all epochs are done")
