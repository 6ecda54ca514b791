"""Stopping a command by SIGINT or SIGTERM: at the next photo or training step, and without a failed run.

Dagster replaces the handlers of both signals while it works in the main thread, raises wherever the program happens to
be, and reports the run as failed; and once it is done it leaves SIGTERM as it finds SIGINT, which a shell has ignored
in what it starts in the background. In any other thread it leaves signals alone. So runs are carried out in a thread of
their own, and the main thread waits for it and for signals.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
from contextlib import contextmanager
from types import FrameType
from typing import Generic, NoReturn, TypeVar

import dagster as dg
from dagster import DagsterRunStatus

Result = TypeVar("Result")

_THREAD = "dagster-run"
WITHIN_S = 10.0
"""How long a run gets to come to a photo or a training step; then it is left where it is, as if it had been killed."""


class Interrupted(KeyboardInterrupt):
    """A signal has asked this process to stop."""

    def __init__(self, signum: int) -> None:
        super().__init__(signal.Signals(signum).name)
        self.exit_status = 128 + signum


@contextmanager
def signals_interrupt() -> Iterator[None]:
    """Raise `Interrupted` in the main thread for SIGTERM and SIGINT, but not for a SIGINT that was ignored before."""

    def interrupt(signum: int, _: FrameType | None) -> None:
        raise Interrupted(signum)

    before = {signum: signal.getsignal(signum) for signum in (signal.SIGINT, signal.SIGTERM)}
    if before[signal.SIGINT] == signal.SIG_IGN:
        del before[signal.SIGINT]
    for signum in before:
        signal.signal(signum, interrupt)
    try:
        yield
    finally:
        for signum, handler in before.items():
            signal.signal(signum, handler)


def leave(exit_status: int) -> NoReturn:
    """End this process with that status, without waiting for the threads of a run that was left behind."""
    if any(thread.name == _THREAD for thread in threading.enumerate()):
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(exit_status)
    sys.exit(exit_status)


class Stoppable(Generic[Result]):
    """A Dagster run in a thread of its own, which is cancelled when the thread that waits for it is interrupted."""

    def __init__(self, instance: dg.DagsterInstance, run_id: str, work: Callable[[], Result]) -> None:
        """``work`` carries out the run of that id."""
        self._instance = instance
        self._run_id = run_id
        self._work = work
        self._outcome: Future[Result] = Future()
        self._thread = threading.Thread(target=self._carry_out, name=_THREAD, daemon=True)

    def result(self, stop: Callable[[], None]) -> Result:
        """What ``work`` returns or raises; on a KeyboardInterrupt ``stop`` is called, which is to make it end soon.

        The interruption is raised again as soon as the work has ended, and the run is recorded as cancelled; work that
        has not ended after `WITHIN_S`, or at a second interruption, is left behind.
        """
        self._thread.start()
        try:
            while not self._has_ended(within_s=1):  # a signal that another thread was given is seen after that time
                pass
            return self._outcome.result()
        except KeyboardInterrupt:
            try:
                self._cancel(stop)
            finally:
                self._report_cancelled()
            raise

    def _carry_out(self) -> None:
        try:
            self._outcome.set_result(self._work())
        except BaseException as error:
            self._outcome.set_exception(error)

    def _has_ended(self, within_s: float) -> bool:
        # not by Thread.join: interrupted, it takes a thread that goes on for ended (Python 3.11)
        return bool(wait([self._outcome], timeout=within_s).done)

    def _cancel(self, stop: Callable[[], None]) -> None:
        while not self._instance.has_run(self._run_id) and not self._has_ended(within_s=0.01):
            pass
        run = self._instance.get_run_by_id(self._run_id)
        if run and not run.is_finished:
            self._instance.report_run_canceling(run)  # what raises from now on is no failure
        stop()
        if self._has_ended(WITHIN_S):
            self._thread.join()

    def _report_cancelled(self) -> None:
        run = self._instance.get_run_by_id(self._run_id)
        if run and run.status == DagsterRunStatus.CANCELING:
            self._instance.report_run_canceled(run)
