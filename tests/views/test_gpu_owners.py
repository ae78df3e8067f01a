from __future__ import annotations

from pathlib import Path

from cockpit.devices.sample import GpuProcess, GpuSample
from cockpit.processes.identity import ProcessIdentity
from cockpit.runs.phase import Phase
from cockpit.views.gpu_owners import GpuOwner, owners_of_gpus, owners_of_processes
from cockpit.views.run_view import RunProcess, RunView


def run(
    name: str,
    *ranks: tuple[int, int | None],
    phase: Phase = Phase.RUNNING,
    gpus: tuple[int, ...] = (),
    is_alive: bool = True,
    is_remote: bool = False,
    is_simulated: bool = False,
) -> RunView:
    processes = tuple(
        RunProcess(ProcessIdentity(pid, 1, "boot"), "rank", rank, (), is_alive)
        for pid, rank in ranks
    )
    return RunView(
        f"{name}-1",
        name,
        "preset",
        Path(),
        phase,
        1.0,
        gpus=gpus,
        processes=processes,
        is_remote=is_remote,
        is_simulated=is_simulated,
    )


def gpu(index: int, *processes: GpuProcess, mig_index: int | None = None) -> GpuSample:
    return GpuSample(
        index, f"GPU-{index}-{mig_index}", "RTX", 1.0, processes=processes, mig_index=mig_index
    )


def labels(gpus: list[GpuSample], *runs: RunView, is_simulated: bool = False) -> list[str]:
    owners = owners_of_gpus(gpus, runs, is_simulated=is_simulated)
    return [owners[one.key].label if one.key in owners else "" for one in gpus]


def test_a_process_tells_more_than_what_the_run_was_given() -> None:
    runs = (run("a", (7, 3), gpus=(0, 1)), run("b", gpus=(0,)))
    assert labels([gpu(0, GpuProcess(7, 1)), gpu(1), gpu(2)], *runs) == ["a · r3", "a", ""]


def test_the_largest_process_of_a_run_counts() -> None:
    small, large, foreign = GpuProcess(7, 1), GpuProcess(8, 100), GpuProcess(9, 10**6)
    assert labels([gpu(0, small, large, foreign)], run("a", (7, 0), (8, 1))) == ["a · r1"]


def test_a_run_that_is_over_or_of_another_host_has_no_gpu() -> None:
    held = GpuProcess(7, 1)
    for gone in (
        run("a", (7, 0), gpus=(0,), phase=Phase.FAILED),
        run("a", (7, 0), gpus=(0,), phase=Phase.LOST),
        run("a", (7, 0), gpus=(0,), is_remote=True),
    ):
        assert labels([gpu(0, held)], gone) == [""]
    assert labels([gpu(0, held)], run("a", (7, 0), phase=Phase.UNSUPERVISED)) == ["a · r0"]


def test_a_pid_of_another_container_or_of_a_dead_process_is_nobodys() -> None:
    hidden = GpuProcess(7, 1, is_visible=False)
    assert labels([gpu(0, hidden)], run("a", (7, 0))) == [""]
    assert owners_of_processes([run("a", (7, 0), is_alive=False)]) == {}


def test_a_run_on_real_gpus_has_no_simulated_one() -> None:
    real, pretended = run("real", gpus=(0,)), run("pretended", gpus=(0,), is_simulated=True)
    assert labels([gpu(0)], real, pretended) == ["real"]
    assert labels([gpu(0)], real, pretended, is_simulated=True) == ["pretended"]


def test_a_mig_device_is_only_its_processes() -> None:
    runs = run("a", (7, 2), gpus=(0,))
    parts = [gpu(0, mig_index=0), gpu(0, GpuProcess(7, 1), mig_index=1)]
    assert labels([gpu(0), *parts], runs) == ["a", "", "a · r2"]


def test_an_owner_names_its_run() -> None:
    assert owners_of_processes([run("a", (7, None))]) == {7: GpuOwner("a-1", "a")}
    assert GpuOwner("a-1", "a").label == "a"
