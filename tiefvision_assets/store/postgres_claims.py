"""Claims as advisory locks of PostgreSQL, for several machines: they need no table, and end with their session."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

from sqlalchemy import URL, NullPool, create_engine, func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.functions import Function

from tiefvision_assets.store.claims import Claim
from tiefvision_assets.store.labels.database import CONNECT_TIMEOUT_S, LabelDatabaseError

EVERYTHING = "everything"


class PostgresClaims:
    """Claims in the database at ``url``; each that is held has a connection of its own, whose end releases it.

    One database has the labels of one data folder; the folder's path may differ between machines, and is no part of a
    claim.
    """

    def __init__(self, url: URL, granted: Callable[[], None] = lambda: None) -> None:
        """``granted`` is called whenever a claim is: others may have written since it was looked."""
        self._when_granted = granted
        timeout = {} if "connect_timeout" in url.query else {"connect_timeout": CONNECT_TIMEOUT_S}
        self._url = url
        self._engine = create_engine(url, connect_args=timeout, poolclass=NullPool, isolation_level="AUTOCOMMIT")

    def claim(self, kind: str, batch: str = "") -> Claim | None:
        """See `Claims.claim`."""
        everything, work = _key(EVERYTHING), _key(f"{kind}/{batch}")
        return self._granted(func.pg_try_advisory_lock_shared(everything), func.pg_try_advisory_lock(work))

    def alone(self) -> Claim | None:
        """See `Claims.alone`."""
        return self._granted(func.pg_try_advisory_lock(_key(EVERYTHING)))

    def writing(self) -> Claim | None:
        """See `Claims.writing`."""
        return self._granted(func.pg_try_advisory_lock(_key("writing")))

    def _granted(self, *locks: Function[Any]) -> Claim | None:
        """A claim that holds all these locks, in a session of its own; None if one of them cannot be had now."""
        try:
            with ExitStack() as held:
                connection = held.enter_context(self._engine.connect())
                if all(connection.scalar(select(lock)) for lock in locks):
                    self._when_granted()
                    return _until_the_end(held.pop_all())
        except DBAPIError as error:
            shown = self._url.render_as_string(hide_password=True)
            reason = " ".join(str(error.orig).split()).rstrip(".")
            raise LabelDatabaseError(
                f"Work cannot be claimed in {shown} ({reason}); check that the server runs."
            ) from error
        return None


@contextmanager
def _until_the_end(held: ExitStack) -> Iterator[None]:
    try:
        yield
    finally:
        with suppress(DBAPIError):  # the session was lost, and the claim with it
            held.close()


def _key(work: str) -> int:
    """64 bits with a sign, as the server wants them; never the key under which labels are written."""
    return int.from_bytes(hashlib.sha256(f"tiefvision {work}".encode()).digest()[:8], "big", signed=True)
