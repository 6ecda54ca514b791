"""Shared by all assets' bodies: progress in the run's log, stopping when the run is cancelled, and claims.

Whoever looks at a run in Dagster sees every few seconds how far it is. A run may be cancelled while its threads train
or encode, on a machine that the signal does not reach; so its status is looked at as well, and each thread ends at its
next photo or training step. Where Dagster's database has no answer, because another thread or process writes to it or
the connection is lost, the work goes on and the next question is a little later: hours of training do not end by that.
"""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path

import dagster as dg
from dagster import DagsterRunStatus

from tiefvision_assets.lineage.progress import Progress, Stopped
from tiefvision_assets.store.claims import Claim, awaited
from tiefvision_assets.store.store import Store

TOLD_EVERY_S = 5.0
ASKED_EVERY_S = 2.0
CANCELLED = (DagsterRunStatus.CANCELING, DagsterRunStatus.CANCELED)
HOST = "tiefvision/host"
"""The run tag that says where the process of the run is."""


def this_host() -> str:
    """Where the ids of processes mean what they mean here: the machine, and within it the container."""
    try:
        processes = str(Path("/proc/self/ns/pid").readlink())
    except OSError:  # not Linux
        processes = ""
    return f"{socket.gethostname()} {processes}".strip()


class Watch:
    """What the body of an asset reports to Dagster and asks of it while it works."""

    def __init__(self, context: dg.AssetExecutionContext, progress: Progress) -> None:
        self._context = context
        self._progress = progress
        self._ask_at = time.monotonic() + ASKED_EVERY_S
        self._asking = threading.Lock()
        if context.run.tags.get(HOST) != this_host():
            context.instance.add_run_tags(context.run.run_id, {HOST: this_host()})

    def stage(self, name: str) -> Callable[[int, int], None]:
        """A callback ``(done, total)`` for the stage of that name; it raises `Stopped` when the run is to stop."""
        advance = self._progress.stage(name)
        tell_at = time.monotonic() + TOLD_EVERY_S

        def told(done: int, total: int) -> None:
            nonlocal tell_at
            advance(done, total)
            self._stop_if_cancelled()
            if time.monotonic() >= tell_at:
                tell_at = time.monotonic() + TOLD_EVERY_S
                self._context.log.info(f"{name}: {done} of {total}")

        return told

    def pause(self, seconds: float) -> None:
        """Wait for so long; raises `Stopped` when the run is to stop."""
        self._progress.pause(seconds)
        self._stop_if_cancelled()

    def claimed(self, store: Store) -> Claim:
        """The claim on the asset, so that no two processes make it at once.

        Whoever makes it already is waited for, and what they made is then found and reused.
        """
        asset = self._context.asset_key.to_user_string()

        def say() -> None:
            self._context.log.info(f"Waiting for another run, which makes {asset}.")

        return awaited(lambda: store.claims.claim(asset), self.pause, say)

    def _stop_if_cancelled(self) -> None:
        from sqlalchemy.exc import DBAPIError

        if time.monotonic() < self._ask_at or not self._asking.acquire(blocking=False):
            return
        try:
            run = self._context.instance.get_run_by_id(self._context.run.run_id)
        except DBAPIError as error:
            logging.getLogger(__name__).warning("Whether the run was cancelled is not known: %s", error.orig)
            return
        finally:
            self._ask_at = time.monotonic() + ASKED_EVERY_S
            self._asking.release()
        if run and run.status in CANCELLED:
            self._progress.stop()  # all threads, not only this one
            raise Stopped
