"""Comments on photos: what people tell one another about a photo, oldest first; a note is one text that all share,
see `tiefvision_assets.store.labels.marks`. They belong to the content, and nothing trains on them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, delete, func, insert, select

from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.store.labels.database import Database
from tiefvision_assets.store.labels.events import LOOKUP_CHUNK
from tiefvision_assets.store.labels.history import utc
from tiefvision_assets.store.labels.schema import COMMENTS

LONGEST_COMMENT = 1000
MOST_COMMENTS = 200
"""On one photo."""


class BadComment(TiefVisionError):
    """A comment that cannot be kept, or not be removed."""


@dataclass(frozen=True, slots=True)
class Comment:
    """What one person said about a photo."""

    comment_id: int
    sha256: str
    text: str
    made_by: str
    made_at: datetime
    """UTC."""


class Comments:
    """The comments in the label database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, photos: Iterable[str]) -> dict[str, list[Comment]]:
        """The comments on these photos by sha256, oldest first; photos without any are left out."""
        wanted, found = sorted(set(photos)), defaultdict(list)
        with self._database.reading() as connection:
            for start in range(0, len(wanted), LOOKUP_CHUNK):
                among = COMMENTS.c.sha256.in_(wanted[start : start + LOOKUP_CHUNK])
                for row in connection.execute(select(COMMENTS).where(among).order_by(COMMENTS.c.id)):
                    comment = Comment(row.id, row.sha256, row.text, row.made_by, utc(row.made_at))
                    found[row.sha256].append(comment)
        return dict(found)

    def add(self, commit_id: str, sha256: str, text: str, person: str) -> bool:
        """Record a comment; False if this commit was recorded before. Raises `BadComment` for one without text, for one
        that is too long, and where there are too many."""
        said = text.strip()
        if not said:
            raise BadComment("The comment is empty; write something first.")
        if len(said) > LONGEST_COMMENT:
            raise BadComment(f"The comment is longer than {LONGEST_COMMENT:,} characters; write a shorter one.")

        def write(connection: Connection) -> bool:
            if connection.execute(select(COMMENTS.c.id).where(COMMENTS.c.commit_id == commit_id)).first():
                return False
            mine = select(func.count()).select_from(COMMENTS).where(COMMENTS.c.sha256 == sha256)
            if connection.execute(mine).scalar_one() >= MOST_COMMENTS:
                raise BadComment(f"There are {MOST_COMMENTS} comments on that photo; remove one of yours first.")
            row = {"sha256": sha256, "text": said, "made_by": person, "made_at": datetime.now(UTC)}
            connection.execute(insert(COMMENTS).values(**row, commit_id=commit_id))
            return True

        return self._database.written(write)

    def remove(self, comment_id: int, person: str, any_one: bool = False) -> None:
        """Remove the person's own comment, or with ``any_one`` anybody's; raises `BadComment` for another's."""

        def write(connection: Connection) -> None:
            whose = connection.execute(select(COMMENTS.c.made_by).where(COMMENTS.c.id == comment_id)).scalar()
            if whose not in (None, person) and not any_one:
                raise BadComment(f"Only {whose} or an administrator can remove that comment.")
            connection.execute(delete(COMMENTS).where(COMMENTS.c.id == comment_id))

        self._database.written(write)
