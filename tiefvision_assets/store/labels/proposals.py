"""Boxes that another tool's model proposes: where people begin, never labels.

Each photo has one, that of the newest import, known by its content: a photo that changed has none. Nothing trains on
them, counts them in agreement or exports them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, delete, func, insert, select

from tiefvision_assets.box import Box
from tiefvision_assets.store.labels.database import Database
from tiefvision_assets.store.labels.events import LOOKUP_CHUNK
from tiefvision_assets.store.labels.schema import PROPOSALS


@dataclass(frozen=True, slots=True)
class Proposal:
    """The box that a model proposes for the photo with that content (pixels of the photo as displayed)."""

    sha256: str
    box: Box
    score: float | None = None
    """The model's confidence, 0 to 1; None where the file has none."""
    model: str = ""
    """The model's version, if the file says it."""
    source: str = ""
    """Name of the file that it comes from."""


class Proposals:
    """The proposals in the label database; every method raises `LabelDatabaseError` when that cannot be reached."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, photos: Iterable[str]) -> dict[str, Proposal]:
        """The proposals for these photos, by sha256."""
        with self._database.reading() as connection:
            return proposals_of(connection, photos)

    def count(self) -> int:
        """How many photos have one."""
        with self._database.reading() as connection:
            return connection.execute(select(func.count()).select_from(PROPOSALS)).scalar_one()


def proposals_of(connection: Connection, photos: Iterable[str]) -> dict[str, Proposal]:
    """The proposals for these photos, by sha256."""
    wanted = sorted(set(photos))
    found: dict[str, Proposal] = {}
    for start in range(0, len(wanted), LOOKUP_CHUNK):
        among = PROPOSALS.c.sha256.in_(wanted[start : start + LOOKUP_CHUNK])
        for row in connection.execute(select(PROPOSALS).where(among)):
            found[row.sha256] = Proposal(row.sha256, Box(**row.payload), row.score, row.model, row.source)
    return found


def write_proposals(connection: Connection, proposals: Iterable[Proposal]) -> int:
    """Let these take the place of earlier ones for the same photos; returns how many differ from what was there."""
    given = {proposal.sha256: proposal for proposal in proposals}
    known = proposals_of(connection, given)
    new = [proposal for sha256, proposal in given.items() if known.get(sha256) != proposal]
    for start in range(0, len(new), LOOKUP_CHUNK):
        among = PROPOSALS.c.sha256.in_([proposal.sha256 for proposal in new[start : start + LOOKUP_CHUNK]])
        connection.execute(delete(PROPOSALS).where(among))
    if new:
        now = datetime.now(UTC)
        connection.execute(insert(PROPOSALS), [_row(proposal, now) for proposal in new])
    return len(new)


def _row(proposal: Proposal, now: datetime) -> dict[str, object]:
    return {
        "sha256": proposal.sha256,
        "payload": asdict(proposal.box),
        "score": proposal.score,
        "model": proposal.model,
        "source": proposal.source,
        "created_at": now,
    }
