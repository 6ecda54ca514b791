"""`Settings` for Dagster, the command line and the app: environment variables that begin with ``TIEFVISION_``."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, HttpUrl, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.hosts import parsed_names
from tiefvision_assets.urls import checked_url

DEFAULT_ENCODER = "efficientnet_lite0"
"""Encoder of new data folders."""

SECRET_BYTES = 24
"""The shortest secret that Standard Webhooks allow."""
WRITTEN_PRODUCTS = Path("written", "products.jsonl")
"""Below the data folder: the products that were written through the API."""
PRODUCTS = Path("products", "products.parquet")
"""Below the data folder: all products, once they were taken over."""
_TOKEN = re.compile(r"(?P<name>[\w.@-]{1,60})=(?P<role>\w+):(?P<sha256>[0-9a-fA-F]{64})")

Role = Literal["viewer", "annotator", "admin"]
"""A user's rights in the app: viewers search, annotators label as well, admins also start runs and add photos."""


@dataclass(frozen=True)
class ApiToken:
    """What a token of the API allows; the token itself is known by its hash alone."""

    role: Role
    sha256: str


class Settings(BaseSettings):
    """Paths, database, models and users; every field is read from ``TIEFVISION_<NAME>``."""

    model_config = SettingsConfigDict(
        env_prefix="TIEFVISION_",
        frozen=True,
        extra="ignore",
        env_ignore_empty=True,
        hide_input_in_errors=True,  # a mistyped setting may hold a password
    )

    data: Path | str = Field(
        default=Path("data"),
        description="Everything made at run time lies below this folder, or in object storage below this URL, such as "
        "`s3://bucket/prefix`.",
    )
    raw: Path | str | None = Field(
        default=None,
        description="The catalogue's photos: a folder, `raw` below the data folder unless set, or a URL of object "
        "storage or of a file system that fsspec reads, such as `s3://bucket/prefix` or `sftp://host/folder`.",
    )
    cache_gb: float = Field(
        default=2,
        ge=0,
        allow_inf_nan=False,
        description="GiB of the local disk for photos of other places, and as many for a data folder there.",
    )
    database_url: str | None = Field(
        default=None, description="SQLAlchemy URL of the labels; SQLite in the data folder."
    )
    encoder: str | None = Field(
        default=None,
        description="Name of the encoder: one of the registry's, `timm:NAME` or `timm:local-dir:FOLDER`; the data "
        f"folder's own unless set, or `{DEFAULT_ENCODER}` in a new one.",
    )
    weights: Path | None = Field(
        default=None, description="A file or folder of pretrained weights, for closed networks."
    )
    cache: Path = Field(
        default=Path("~/.cache/tiefvision"),
        description="Pretrained weights, shared by all data folders, and what is kept of far photos and data.",
    )
    starter_heads: Literal["on", "off"] = Field(
        default="on",
        description="Whether heads that come with the program find boxes until heads of your own labels are promoted.",
    )
    index: Literal["auto", "exact", "faiss", "milvus"] = Field(
        default="auto", description="Engine of the nearest-neighbour search."
    )
    index_url: str | None = Field(
        default=None, description="Where Milvus answers: `http://host:19530`, or a file `….db` of Milvus Lite."
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
    gold: float = Field(
        default=0.05,
        ge=0,
        le=1,
        description="Share of questions whose answer is known, if there are gold questions.",
    )
    moved_iou: float = Field(
        default=0.95, gt=0, le=1, description="A box that overlaps the encoded one less has moved: encode again."
    )
    fresh_hours: int = Field(
        default=36, ge=1, description="Hours after which an index that nobody confirmed counts as late."
    )
    kept_versions: int = Field(
        default=2, ge=0, le=100, description="Versions before the served one that are kept and can be served again."
    )
    promotion: Literal["auto", "ask"] = Field(
        default="auto",
        description="`ask`: what its report finds better waits for an admin's decision; `auto`: it is promoted.",
    )
    parallel_runs: int = Field(
        default=1, ge=1, description="Runs of batches that the daemon lets be in progress at the same time."
    )
    products: str | None = Field(
        default=None,
        description="A feed of products: a CSV, Parquet or JSON Lines file, the URL of one, or `postgresql://…#query`; "
        "unless set `products.csv` in the data folder, if there is one.",
    )
    products_schema: Path | None = Field(
        default=None,
        description="What the feed's columns are; the file `….schema.toml` beside the feed unless set.",
    )
    product_triplets: float = Field(
        default=0,
        ge=0,
        le=1,
        allow_inf_nan=False,
        description="How much a triplet of two photos of one product and one of another teaches the ranking, beside "
        "one that a person labelled; 0: products teach nothing.",
    )
    similar_products: str | None = Field(
        default=None,
        description="Rule by which every product gets its most similar ones: `hit.category = query.category`.",
    )
    similar_products_count: int = Field(default=10, ge=1, le=1000, description="How many of them.")
    similar_products_url: str | None = Field(
        default=None, description="SQLAlchemy URL of a database into which that table is written as well."
    )
    changes: Path | None = Field(
        default=None,
        description="A list of changes (CSV, JSON Lines, Parquet) that the nightly scan looks at, not at everything.",
    )
    feedback: Literal["off", "on"] = Field(
        default="off", description="Whether clicks on hits are taken, and learned from beside people's labels."
    )
    feedback_weight: float = Field(
        default=0.25, gt=0, le=1, description="As how many of people's triplets one that follows from clicks counts."
    )
    interleave: float = Field(
        default=0,
        ge=0,
        le=1,
        description="Share of the searches that name a session in which two rankings are interleaved and compared.",
    )
    trial_sessions: int = Field(
        default=0,
        ge=0,
        description="Sessions whose clicks compare a better ranking head with the served one before it is promoted.",
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
    api_tokens: Annotated[dict[str, ApiToken], NoDecode] = Field(
        default={},
        description="Who may use the API by a token: `name=role:SHA-256`, separated by commas, as `tiefvision token` "
        "prints it; admins may write. Nothing is written through the API unless one is set.",
    )
    served_webhook: HttpUrl | None = Field(
        default=None,
        description="Where is told which photos and products written through the API can be searched by now.",
    )
    served_webhook_secret: str | None = Field(
        default=None, description="Signs what is posted there, as Standard Webhooks do: `whsec_` and Base64."
    )

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """A copy whose folders follow what is updated; pydantic's own would keep those that were asked for before."""
        copied = super().model_copy(update=update, deep=deep)
        for name in vars(copied).keys() - type(self).model_fields.keys():
            del vars(copied)[name]
        return copied

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

    @field_validator("api_tokens", mode="before")
    @classmethod
    def _parsed_tokens(cls, given: Any) -> Any:
        if not isinstance(given, str):
            return given
        found = {}
        for pair in filter(None, (part.strip() for part in given.split(","))):
            stated = _TOKEN.fullmatch(pair)
            if stated is None or stated["name"] in found:
                raise ValueError("give name=role:SHA-256, separated by commas; `tiefvision token NAME` prints it")
            found[stated["name"]] = {"role": stated["role"], "sha256": stated["sha256"].lower()}
        return found

    @field_validator("served_webhook_secret")
    @classmethod
    def _secret_of_webhooks(cls, given: str | None) -> str | None:
        if given is not None:
            try:
                usable = len(base64.b64decode(given.removeprefix("whsec_"), validate=True)) >= SECRET_BYTES
            except ValueError:
                usable = False
            if not usable:
                raise ValueError(f"give `whsec_` and at least {SECRET_BYTES} bytes in Base64")
        return given

    @field_validator("hosts", mode="before")
    @classmethod
    def _parsed_hosts(cls, given: Any) -> Any:
        return parsed_names(given.split(",") if isinstance(given, str) else given)

    @field_validator("data", "raw", mode="before")
    @classmethod
    def _folder_or_url(cls, given: Any, info: ValidationInfo) -> Any:
        if not (isinstance(given, str) and "://" in given):
            return Path(given) if isinstance(given, str) else given
        return checked_url(given, may_be_file_system=info.field_name == "raw")

    @field_validator("data", "raw", "weights", "cache", "changes")
    @classmethod
    def _followed(cls, given: Path | str | None) -> Path | str | None:
        if isinstance(given, Path):
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
        """The data folder, absolute; of one in object storage its working copy on this machine."""
        if isinstance(self.data, str):
            return self.cache_dir / "data" / hashlib.sha256(self.data.encode()).hexdigest()[:16]
        return self.data.expanduser().resolve()

    @cached_property
    def data_url(self) -> str | None:
        """Where the data folder lies in object storage; None where it is a folder."""
        return self.data if isinstance(self.data, str) else None

    @cached_property
    def data_place(self) -> str:
        """That URL, or the folder's path: the same for all who share the data folder."""
        return self.data_url or str(self.data_dir)

    @cached_property
    def raw_dir(self) -> Path:
        """The folder of the catalogue's photos, absolute; TiefVisionError where they lie at a URL."""
        if self.raw_url:
            raise TiefVisionError(
                f"The photos lie at {self.raw_url}, and this works in a folder only; set TIEFVISION_RAW to one."
            )
        return Path(self.raw).expanduser().resolve() if self.raw else self.data_dir / "raw"

    @cached_property
    def raw_url(self) -> str | None:
        """Where the catalogue's photos lie beyond this machine; None where they lie in a folder."""
        if self.raw is None and self.data_url:
            return f"{self.data_url}/raw"
        return self.raw if isinstance(self.raw, str) else None

    @cached_property
    def raw_place(self) -> str:
        """That URL, or the folder's path, as people are told it."""
        return self.raw_url or str(self.raw_dir)

    @property
    def product_feed(self) -> str | None:
        """The feed of products: what is set, else `products.csv` in the data folder, where there is one."""
        own = self.data_dir / "products.csv"
        return self.products or (str(own) if own.is_file() else None)

    @property
    def may_be_written(self) -> bool:
        """Whether a token allows to write through the API."""
        return any(token.role == "admin" for token in self.api_tokens.values())

    @property
    def has_products(self) -> bool:
        """Whether there is a feed of products, or some are or may be written through the API."""
        # what was written into object storage is in a database, and known here once it was taken over
        written = self.data_dir / (PRODUCTS if self.data_url else WRITTEN_PRODUCTS)
        return bool(self.product_feed) or self.may_be_written or written.is_file()

    @cached_property
    def changes_path(self) -> Path | None:
        """The nightly scan's list of changes, absolute."""
        return self.changes.expanduser().resolve() if self.changes else None

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
