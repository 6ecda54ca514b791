"""One `Settings` for Dagster, the command line and the app: environment variables that begin with ``TIEFVISION_``."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Where things lie and how much is done; every field is read from ``TIEFVISION_<NAME>``."""

    model_config = SettingsConfigDict(env_prefix="TIEFVISION_", frozen=True, extra="ignore", env_ignore_empty=True)

    data: Path = Field(default=Path("data"), description="Everything made at run time lies below this folder.")
    raw: Path | None = Field(
        default=None, description="The catalogue's photos; `raw` below the data folder unless set."
    )
    database_url: str | None = Field(
        default=None, description="SQLAlchemy URL of the labels; SQLite in the data folder."
    )
    encoder: str = Field(default="alexnet", description="Name of the encoder, one of the registry's.")
    weights: Path | None = Field(
        default=None, description="A file or folder of pretrained weights, for closed networks."
    )
    cache: Path = Field(
        default=Path("~/.cache/tiefvision"), description="Pretrained weights, shared by all data folders."
    )
    index: Literal["auto", "exact", "faiss"] = Field(
        default="auto", description="Engine of the nearest-neighbour search."
    )
    device: str = Field(default="auto", description="`auto`, `cpu`, `cuda`, `cuda:1`, …")
    retrain_after: int = Field(default=50, ge=1, description="New labels after which heads are trained again.")
    moved_iou: float = Field(
        default=0.95, gt=0, le=1, description="A box that overlaps the encoded one less has moved: encode again."
    )
    fresh_hours: int = Field(
        default=36, ge=1, description="Hours after which an index that nobody confirmed counts as late."
    )
    scan_cron: str = Field(default="0 3 * * *", description="When the nightly catalogue scan starts (cron, UTC).")

    @cached_property
    def data_dir(self) -> Path:
        """The data folder, absolute."""
        return self.data.expanduser().resolve()

    @cached_property
    def raw_dir(self) -> Path:
        """The folder of the catalogue's photos, absolute."""
        return self.raw.expanduser().resolve() if self.raw else self.data_dir / "raw"

    @cached_property
    def labels_url(self) -> str:
        """The label database's SQLAlchemy URL."""
        return self.database_url or f"sqlite:///{self.data_dir / 'labels.db'}"

    @cached_property
    def cache_dir(self) -> Path:
        """The folder of pretrained weights, absolute."""
        return self.cache.expanduser().resolve()

    @cached_property
    def weights_path(self) -> Path | None:
        """The user's own weights, absolute."""
        return self.weights.expanduser().resolve() if self.weights else None

    @cached_property
    def dagster_home(self) -> Path:
        """``DAGSTER_HOME`` unless the environment sets another."""
        return self.data_dir / "dagster"
