"""`dagster dev` whose webserver stands behind the guard: ``python -m`` this module, with the options of `dagster dev`.

`dagster dev` starts webserver, daemon and code server, and ends them together; that stays its job. It starts the
webserver as a module by its name, in whose place this one is put, with ``webserver`` as the first argument. Both places
in Dagster that are reached into are no public interface: where they are gone nothing starts.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Sequence
from typing import Any

from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.hosts import Hosts
from tiefvision_assets.orchestration.webserver_guard import WebserverGuard
from tiefvision_assets.settings import Settings

DAGSTERS = "dagster_webserver"
GUARDED = (__spec__.name if __spec__ else __name__, "webserver")
ADDRESS = "127.0.0.1"

Start = Callable[..., "subprocess.Popen[Any]"]


class NotGuarded(TiefVisionError):
    """This version of Dagster starts its webserver in a way that is not known."""

    def __init__(self) -> None:
        super().__init__("This version of Dagster starts its webserver without our guard; install dagster 1.13.")


def dev() -> None:
    """Serve Dagster by `dagster dev`, with this process's arguments."""
    from dagster._cli import dev as command

    command.open_ipc_subprocess = guarding(command.open_ipc_subprocess)
    command.dev_command()


def guarding(start: Start) -> Start:
    """``start``, which starts a process, but with the guarded webserver for Dagster's.

    Raises `NotGuarded` for any process that comes first, since the webserver does.
    """
    guarded = False

    def start_guarded(parts: Sequence[str], **options: Any) -> subprocess.Popen[Any]:
        nonlocal guarded
        if DAGSTERS in parts:
            at = list(parts).index(DAGSTERS)
            parts = [*parts[:at], *GUARDED, *parts[at + 1 :]]
            guarded = True
        if not guarded:
            raise NotGuarded
        return start(parts, **options)

    return start_guarded


def webserver() -> None:
    """Serve Dagster's webserver behind the guard, with this process's arguments."""
    from dagster_webserver import cli

    make, hosts = cli.create_app_from_workspace_process_context, Hosts(ADDRESS, Settings().hosts)

    def make_guarded(*arguments: Any, **options: Any) -> WebserverGuard:
        return WebserverGuard(make(*arguments, **options), hosts)

    cli.create_app_from_workspace_process_context = make_guarded  # type: ignore[assignment]
    cli.main()


if __name__ == "__main__":
    if sys.argv[1:2] == ["webserver"]:
        del sys.argv[1]
        webserver()
    else:
        dev()
