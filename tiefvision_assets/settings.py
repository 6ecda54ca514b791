"""`Settings` for Dagster, the command line and the app: environment variables that begin with ``TIEFVISION_``."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, HttpUrl, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from tiefvision_assets.hosts import parsed_names

Role = Literal["viewer", "annotator", "admin"]
"""A user's rights in the app: viewers search, annotators label as well, admins also start runs and add photos."""


class Settings(BaseSettings):
    """Paths, database, models and users; every field is read from ``TIEFVISION_<NAME>``."""

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
    engine: Literal["auto", "torch", "onnxruntime"] = Field(
        default="auto",
        description="What computes the encoder's maps; `auto`: ONNX Runtime on a processor, torch on an accelerator.",
    )
    device: str = Field(default="auto", description="`auto`, `cpu`, `cuda`, `cuda:1`, …")
    retrain_after: int = Field(default=50, ge=1, description="New labels after which heads are trained again.")
    overlap: float = Field(
        default=0.07, ge=0, le=1, description="Share of photos that two annotators label, to measure agreement."
    )
    moved_iou: float = Field(
        default=0.95, gt=0, le=1, description="A box that overlaps the encoded one less has moved: encode again."
    )
    fresh_hours: int = Field(
        default=36, ge=1, description="Hours after which an index that nobody confirmed counts as late."
    )
    scan_cron: str = Field(default="0 3 * * *", description="When the nightly catalogue scan starts (cron).")
    time_zone: str = Field(
        default="UTC", description="Time zone of `scan_cron`: a name of the IANA's database, such as Europe/Berlin."
    )

    ui_address: str = Field(default="127.0.0.1", description="Address at which the app listens.")
    hosts: Annotated[frozenset[str], NoDecode] = Field(
        default=frozenset(),
        description="Further hosts by whose names the app and Dagster are reached, through a proxy for instance.",
    )
    login: Literal["auto", "required"] = Field(
        default="auto",
        description="`required`: the app starts with a log-in or not at all; `auto`: if one is configured.",
    )
    ui_without_login: bool = Field(
        default=False, description="Serve the app on other addresses than this machine's own without a log-in."
    )
    roles: Annotated[dict[str, Role], NoDecode] = Field(
        default={}, description="Who may do what: `name=role,name=role`, or a JSON object."
    )
    default_role: Role | Literal["none"] | None = Field(
        default=None, description="Role of those whom `roles` does not name; `none` lets nobody else in."
    )
    dagster_url: str = Field(default="http://127.0.0.1:3000", description="Where Dagster's webserver answers.")
    alert_webhook: HttpUrl | None = Field(
        default=None, description="Where a JSON document about every failed run is posted; nowhere unless set."
    )

    @field_validator("roles", mode="before")
    @classmethod
    def _parsed_roles(cls, given: Any) -> Any:
        """User names are compared regardless of case, as mail addresses are."""
        if isinstance(given, str) and given.strip().startswith("{"):
            given = json.loads(given)
        if isinstance(given, str):
            pairs = [pair.rpartition("=") for pair in given.split(",") if pair.strip()]
            if any(not name.strip() for name, _, _ in pairs):
                raise ValueError("give name=role, separated by commas")
            given = {name: role.strip() for name, _, role in pairs}
        return {str(name).strip().casefold(): role for name, role in dict(given).items()}

    @field_validator("hosts", mode="before")
    @classmethod
    def _parsed_hosts(cls, given: Any) -> Any:
        return parsed_names(given.split(",") if isinstance(given, str) else given)

    @field_validator("data", "raw", "weights", "cache")
    @classmethod
    def _followed(cls, given: Path | None) -> Path | None:
        if given is not None:
            try:
                given.expanduser().resolve()
            except (OSError, RuntimeError, ValueError) as error:
                raise ValueError(f"it is no path that can be followed ({error})") from error
        return given

    @field_validator("scan_cron")
    @classmethod
    def _cron(cls, given: str) -> str:
        from cronsim import CronSim, CronSimError

        try:
            CronSim(given, datetime.now(UTC))
        except CronSimError as error:
            raise ValueError("it is no cron expression; five fields are wanted, such as 0 3 * * *") from error
        return given

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, given: str) -> str:
        try:
            return ZoneInfo(given).key
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError("there is no such time zone; give a name such as UTC or Europe/Berlin") from error

    @cached_property
    def data_dir(self) -> Path:
        """The data folder, absolute."""
        return self.data.expanduser().resolve()

    @cached_property
    def raw_dir(self) -> Path:
        """The folder of the catalogue's photos, absolute."""
        return self.raw.expanduser().resolve() if self.raw else self.data_dir / "raw"

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
