"""What a team shares in the label database beside the labels: one place from which each part is had."""

from __future__ import annotations

from tiefvision_assets.store.labels.comments import Comments
from tiefvision_assets.store.labels.database import Database
from tiefvision_assets.store.labels.goals import Goals
from tiefvision_assets.store.labels.gold import Gold
from tiefvision_assets.store.labels.label_queues import LabelQueues
from tiefvision_assets.store.labels.returned import ReviewsSeen


class Team:
    """The parts; each raises `LabelDatabaseError` when the database cannot be reached."""

    def __init__(self, database: Database) -> None:
        self.gold = Gold(database)
        self.comments = Comments(database)
        self.goals = Goals(database)
        self.queues = LabelQueues(database)
        self.reviews_seen = ReviewsSeen(database)
