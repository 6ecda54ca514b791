"""Machines that share a data folder in object storage: each has a cache of its own, and so a working copy."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tests.object_storage import Bucket
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.store import Store

DATA = "shop"
NOWHERE = "postgresql+psycopg://nobody@127.0.0.1:1/nothing"
"""A database that no test of files asks anything."""


@dataclass(frozen=True)
class Machines:
    """What machines need to work on one data folder of that bucket."""

    bucket: Bucket
    folder: Path
    database_url: str = NOWHERE

    @property
    def url(self) -> str:
        return f"s3://{self.bucket.name}/{DATA}"

    def settings(self, machine: str, **others: object) -> Settings:
        """The settings of one machine, whose disk is a folder of that name."""
        given = {
            "data": self.url,
            "raw": self.bucket.settings.raw,
            "cache": self.folder / machine,
            "database_url": self.database_url,
            "device": "cpu",
            "encoder": "tiny",
        }
        return Settings.model_validate(given | others)

    def store(self, machine: str, **others: object) -> Store:
        return Store(self.settings(machine, **others))

    def objects(self) -> list[str]:
        """The objects of the data folder."""
        return self.bucket.paths(DATA)
