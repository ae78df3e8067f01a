"""Which processes belong to a run: found, remembered, and asked whether they still live."""

from __future__ import annotations

import os
import time
from collections.abc import Collection, Iterator, Sequence
from signal import SIGKILL

from cockpit.devices.feed import POLLER_MARK
from cockpit.processes.descendants import (
    ProcessDetail,
    describe,
    find_descendants,
    find_marked,
    read_processes,
)
from cockpit.processes.identity import (
    ProcessIdentity,
    ProcessStat,
    boot_id,
    is_alive,
    read_stat,
    send,
)
from cockpit.runs.layout import RunPaths
from cockpit.runs.record import ProcessRecord

MOST_WORDS = 12
"""So many words of a command line are kept."""
MOST_CHASES = 50


class Members:
    """The processes of one run; of those that are gone only the pids are kept.

    Found below the supervisor (it is the subreaper, so that orphans come to it), below any
    member already known (a job that was adopted is not below it), and by the run's mark.
    """

    def __init__(self, paths: RunPaths, known: Collection[ProcessRecord] = ()) -> None:
        self._marks = paths.marks
        self._known = {process.identity: process for process in known}
        self._pids = {process.identity.pid for process in known}
        self._young: set[ProcessIdentity] = set()
        self._suspects: set[ProcessIdentity] = set()

    def scan(
        self, job_pid: int, foreign_pids: Collection[int], *, by_mark: bool = False
    ) -> list[ProcessRecord]:
        """Look for members; return the new ones and those that turned out to be something else.

        `foreign_pids` are children of ours with another waiter. `by_mark` reads every process's
        environment: thorough, and too slow for each second.
        """
        processes = read_processes()
        reap_orphans(processes, {job_pid, *foreign_pids})
        self._forget_ended()
        found = {identity_of(stat): stat for stat in self._below(processes, job_pid)}
        if by_mark:
            for one in find_marked(self._marks):
                stat = read_stat(one.pid)
                if stat is not None:
                    found.setdefault(one, stat)
        return list(self._remember(found, job_pid))

    def chase(self) -> list[ProcessIdentity]:
        """SIGKILL who bears the mark the moment it is found, until nobody is; return the last.

        One that goes on as a new process all the time is gone before a list of it is read.
        """
        hit: list[ProcessIdentity] = []
        for _ in range(MOST_CHASES):
            found = find_marked(self._marks, lambda one: send(one, SIGKILL))
            hit = found or hit
            if not found:
                break
        return hit

    def alive(self) -> list[ProcessIdentity]:
        """Return the members that still run."""
        return [identity for identity in self._known if is_alive(identity)]

    def records(self) -> tuple[ProcessRecord, ...]:
        """Return the members, some of which may just have ended."""
        return tuple(self._known.values())

    def ranks(self) -> dict[int, int | None]:
        """Return the rank of each member by its pid."""
        return {one.identity.pid: one.rank for one in self._known.values()}

    def pids(self) -> frozenset[int]:
        """Return the pids of all that were ever found."""
        return frozenset(self._pids)

    def describe(self, identity: ProcessIdentity) -> str:
        """Return `rank 1, pid 41234` for a sentence."""
        record = self._known.get(identity)
        who = "process" if record is None else record.role
        rank = "" if record is None or record.rank is None else f" {record.rank}"
        return f"{who}{rank}, pid {identity.pid}"

    def _forget_ended(self) -> None:
        """Look no more at who is gone: in a week a trainer may start a million programs."""
        self._known = {one: self._known[one] for one in self.alive()}
        self._young &= self._known.keys()
        self._suspects = set(filter(is_alive, self._suspects))

    def _below(self, processes: dict[int, ProcessStat], job_pid: int) -> Iterator[ProcessStat]:
        """Yield the job, orphans that came to us, and all that is below them or a known member."""
        children = [stat for stat in processes.values() if stat.ppid == os.getpid()]
        ours = [stat for stat in children if stat.pid == job_pid or self._is_orphan(stat)]
        known = [processes[one.pid] for one in self.alive() if one.pid in processes]
        for stat in {stat.pid: stat for stat in (*ours, *known)}.values():
            if not stat.is_ended:
                yield stat
            yield from find_descendants(stat.pid, processes)

    def _is_orphan(self, child: ProcessStat) -> bool:
        """Tell a process of the run that was reparented to us from the poller, our own child.

        One without any mark may be the poller before its exec: it counts when it is seen again.
        """
        identity = identity_of(child)
        if identity in self._known:
            return True
        environment = describe(child).environment
        if POLLER_MARK.items() <= environment.items():
            self._suspects.discard(identity)
            return False
        is_seen_again = identity in self._suspects
        self._suspects.add(identity)
        return is_seen_again or self._marks.items() <= environment.items()

    def has_suspects(self) -> bool:
        """Say whether a child of ours lives of which the next scan will tell what it is."""
        return any(is_alive(one) for one in self._suspects - set(self._known))

    def orphans(self, job: ProcessIdentity) -> list[ProcessIdentity]:
        """Return the living members, the job left out, that have no parent in the run."""
        parents = {os.getpid(), 1}
        stats = ((one, read_stat(one.pid)) for one in self.alive() if one != job)
        return [one for one, stat in stats if stat is not None and stat.ppid in parents]

    def _remember(
        self, found: dict[ProcessIdentity, ProcessStat], job_pid: int
    ) -> Iterator[ProcessRecord]:
        """Note new members; look a second time at those that may not have reached their exec."""
        for identity, stat in found.items():
            before = self._known.get(identity)
            if before is not None and identity not in self._young:
                continue
            self._young.symmetric_difference_update({identity})
            self._pids.add(identity.pid)
            record = _record(describe(stat), is_top=identity.pid == job_pid)
            if before is None or (before.role, before.argv) != (record.role, record.argv):
                self._known[identity] = record
                yield record


def identity_of(stat: ProcessStat) -> ProcessIdentity:
    """Return the identity of a process of this boot."""
    return ProcessIdentity(stat.pid, stat.start_ticks, boot_id())


def role_of(detail: ProcessDetail, *, is_top: bool) -> str:
    """Return launcher, trainer, rank or worker, from the command line and the environment."""
    if "torch.distributed.run" in detail.argv:
        return "launcher"
    if detail.rank is None:
        return "trainer" if is_top else "worker"
    parent = read_stat(detail.ppid)
    is_below_a_rank = parent is not None and describe(parent).rank == detail.rank
    return "worker" if is_below_a_rank else "rank"


def top_record(identity: ProcessIdentity, argv: Sequence[str]) -> ProcessRecord:
    """Return the record of the process that we started ourselves."""
    detail = ProcessDetail(identity, os.getpid(), tuple(argv), {})
    return _record(detail, is_top=True)


def reap_orphans(processes: dict[int, ProcessStat], kept_pids: Collection[int]) -> None:
    """Collect ended orphans that came to us as subreaper; `kept_pids` have another waiter."""
    for stat in processes.values():
        if stat.ppid == os.getpid() and stat.is_ended and stat.pid not in kept_pids:
            try:
                os.waitpid(stat.pid, os.WNOHANG)
            except ChildProcessError:
                continue


def _record(detail: ProcessDetail, *, is_top: bool) -> ProcessRecord:
    role = role_of(detail, is_top=is_top)
    return ProcessRecord(
        detail.identity, role, detail.rank, detail.argv[:MOST_WORDS], round(time.time(), 3)
    )
