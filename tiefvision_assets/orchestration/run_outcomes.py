"""Outcomes of Dagster runs: why a run failed, and whether its process is still alive."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import dagster as dg
from dagster import DagsterEvent, DagsterEventType, DagsterRunStatus

from tiefvision_assets.assets.watching import HOST, this_host
from tiefvision_assets.errors import TiefVisionError

UNFINISHED = (
    DagsterRunStatus.QUEUED,
    DagsterRunStatus.NOT_STARTED,
    DagsterRunStatus.STARTING,
    DagsterRunStatus.STARTED,
    DagsterRunStatus.CANCELING,
)


class RunFailed(TiefVisionError):
    """A Dagster run failed; its log is in the Dagster UI."""

    def __init__(self, reason: str, at: str = "") -> None:
        """``at`` is the asset that failed first; empty if no asset did."""
        super().__init__(reason)
        self.at = at


def why_it_failed(run_id: str, events: Iterable[DagsterEvent]) -> str:
    """The innermost error among a run's events, in one sentence."""
    for event in events:
        if event.is_step_failure and event.step_failure_data.error:
            given = event.step_failure_data.user_failure_data
            if given and given.description:
                return f"{given.description} (run {run_id})."
            error = cause = event.step_failure_data.error
            while cause.cause:
                cause = cause.cause
            known = cause.cls_name and (cause.message or "").strip()
            return f"{event.step_key} failed: {(known or error.message).rstrip('.')} (run {run_id})."
    return f"The Dagster run {run_id} failed; `tiefvision dagster` shows its log."


def why_it_ended(instance: dg.DagsterInstance, run: dg.DagsterRun) -> str:
    """Why a run ended, in a clause: also for runs that succeeded, were cancelled or lost their process."""
    if run.status == DagsterRunStatus.SUCCESS:
        return f"it was made, and is out of date all the same (run {run.run_id})"
    if run.status == DagsterRunStatus.CANCELED:
        return f"the run {run.run_id} was cancelled"
    logs = instance.all_logs(run.run_id, of_type=DagsterEventType.STEP_FAILURE)
    events = [log.dagster_event for log in logs if log.dagster_event]
    if events:
        return why_it_failed(run.run_id, events)
    return f"the process of the run {run.run_id} ended unexpectedly"


def is_on_its_way(instance: dg.DagsterInstance, run: dg.DagsterRun) -> bool:
    """Whether an unfinished run can still end by itself; one of this host whose process is gone is reported as failed.

    A killed process cannot report its run as failed, and nothing else would where the launcher was killed with it: the
    next run would wait for it without end. Runs of other hosts are left to Dagster's run monitoring, which asks their
    launcher.
    """
    if run.status not in (DagsterRunStatus.STARTED, DagsterRunStatus.CANCELING) or not _is_here(instance, run):
        return True
    pids = _processes(instance, run.run_id)
    record = instance.get_run_record_by_id(run.run_id)
    if not pids or record is None or record.start_time is None:
        return True
    if any(_is_alive(pid, record.start_time) for pid in pids):
        return True
    instance.report_run_failed(run, f"The process {pids[-1]} that carried out this run is gone.")
    return False


def _is_here(instance: dg.DagsterInstance, run: dg.DagsterRun) -> bool:
    """Whether the run's process, if it lives, is on this host."""
    from dagster._core.storage.runs import InMemoryRunStorage, SqliteRunStorage

    host = run.tags.get(HOST)
    if host:
        return host == this_host()
    # It did not come to its first asset. Where Dagster keeps its runs in files, they are all of this machine.
    return isinstance(instance.run_storage, SqliteRunStorage | InMemoryRunStorage)


def _processes(instance: dg.DagsterInstance, run_id: str) -> list[int]:
    """Ids of the processes that reported that they carry out this run."""
    found = []
    for log in instance.all_logs(run_id, of_type=DagsterEventType.ENGINE_EVENT):
        data = log.dagster_event.event_specific_data if log.dagster_event else None
        pid = getattr(data, "metadata", {}).get("pid")
        if pid is not None:
            found.append(int(str(pid.value)))
    return found


def _is_alive(pid: int, started: float) -> bool:
    """Whether that process lives, and already did when the run started (seconds since 1970), because ids are reused."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:  # not Linux, or the process has just ended, which the next check will notice
        return True
    boot = next(line for line in Path("/proc/stat").read_text().splitlines() if line.startswith("btime "))
    since_boot = int(state[19]) / os.sysconf("SC_CLK_TCK")
    return state[0] != "Z" and int(boot.split()[1]) + since_boot <= started + 1
