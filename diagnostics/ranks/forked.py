"""A rank forked from a process that has torch in memory already: it need not import it again.

Only for ranks on the CPU, and before this process computes anything: the threads of OpenMP, of
autograd and of CUDA do not survive a fork.
"""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import subprocess
import sys
import time
import warnings
from pathlib import Path
from typing import IO, Mapping

from diagnostics.trials import show_traceback

LOOK_S = 0.01


class Forked:
    """As much of subprocess.Popen as a team asks of its members."""

    def __init__(
        self, words: list[str], environ: Mapping[str, str], printed: IO[bytes], pipe: int
    ) -> None:
        self.returncode: int | None = None
        ours, theirs = os.pipe()
        sys.stdout.flush()
        sys.stderr.flush()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Python 3.12 warns of threads; the only other waits
            self.pid = os.fork()
        if not self.pid:
            _live(words, environ, ours, printed.fileno(), pipe)
        os.close(ours)
        self.stdin = os.fdopen(theirs, "wb", 0)

    def wait(self, timeout: float) -> int:
        """Reap it and return its exit code. Raises subprocess.TimeoutExpired."""
        deadline_s = time.monotonic() + timeout
        while self.returncode is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                has_signal = os.WIFSIGNALED(status)
                self.returncode = -os.WTERMSIG(status) if has_signal else os.WEXITSTATUS(status)
            elif time.monotonic() > deadline_s:
                raise subprocess.TimeoutExpired("rank", timeout)
            else:
                time.sleep(LOOK_S)
        return self.returncode


def _live(words: list[str], environ: Mapping[str, str], stdin: int, out: int, pipe: int) -> None:
    """Be the rank; nothing of the parent's is written, closed or flushed on the way out."""
    code = 1
    try:
        os.setpgrp()
        gc.freeze()  # what the parent has made is not looked through again
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        _take_over(stdin, out, pipe)
        os.environ.clear()
        os.environ.update(environ)
        _limit_threads()
        from diagnostics.ranks.rank import main

        main(words)
        code = 0
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else 1
    except BaseException:  # noqa: BLE001 - the top of a process
        show_traceback()
    finally:
        with contextlib.suppress(OSError, ValueError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def _take_over(stdin: int, out: int, pipe: int) -> None:
    """Let go of all that the parent had open, pipes of other ranks too.

    The numbers stay taken: objects of the parent's may close them late.
    """
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(stdin, 0)
    os.dup2(out, 1)
    os.dup2(out, 2)
    for place in list(Path("/proc/self/fd").iterdir()):
        number = int(place.name)
        if number > 2 and number not in (pipe, nothing):
            with contextlib.suppress(OSError):
                os.fstat(number)
                os.dup2(nothing, number)


def _limit_threads() -> None:
    import torch

    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "1")))
