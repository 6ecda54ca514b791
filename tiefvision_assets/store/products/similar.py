"""The table of similar products on disk: Parquet for the next update, CSV for others, and a database's table."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import Column, Float, Integer, MetaData, Table, Text, create_engine, delete, insert
from sqlalchemy.exc import SQLAlchemyError

from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.store.atomic import atomic_path
from tiefvision_assets.store.bucket import hooks
from tiefvision_assets.store.labels.database import (
    LabelDatabaseError,
    parsed_url,
    reason_without_password,
    shown_url,
)
from tiefvision_assets.store.layout import Layout
from tiefvision_assets.store.sealed import DamagedFile, read_table, verify, write_parquet
from tiefvision_assets.store.stamp import FileStamp, stamp_of

COLUMNS = ("product_id", "rank", "similar_id", "score", "path", "similar_path")
TABLE = "similar_products"
_RECORD, _STATES = b"tiefvision_similar", "state"
_AT_ONCE = 5_000


@dataclass(frozen=True)
class SimilarRecord:
    """What a table was made from."""

    inputs: str
    """Hash of all of it; the same inputs, the same table."""
    basis: str
    """Hash of what has to be the same for an update: rule, k, models and code."""


class SimilarProducts:
    """The table of one data folder."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout

    def record(self) -> SimilarRecord | None:
        """What the table was made from; None before the first time, and where its file is damaged."""
        file = self._layout.similar_products
        if not file.exists() or not self._layout.similar_csv.exists():
            return None
        try:
            document = (read_table(file, ["product_id"]).schema.metadata or {}).get(_RECORD)
        except DamagedFile:
            return None
        return SimilarRecord(**json.loads(document)) if document else None

    def read(self) -> pd.DataFrame:
        """The rows, by product and rank."""
        return _frame(read_table(self._layout.similar_products))

    def stamp(self) -> FileStamp | None:
        """The file's stamp; None before the first table was made."""
        return stamp_of(self._layout.similar_products)

    def of(self, product_id: str) -> pd.DataFrame:
        """The rows of one product by rank, without reading those of many others; `DamagedFile` where that fails."""
        file = self._layout.similar_products
        verify(file)
        try:
            found = pq.read_table(file, filters=[("product_id", "=", product_id)])
        except (pa.ArrowException, OSError, ValueError) as error:
            raise DamagedFile(file, "it is no Parquet file with the columns wanted") from error
        return _frame(found)

    def before(self) -> tuple[pd.DataFrame, dict[str, str]] | None:
        """The rows and the products' states, for an update; None where one of the files is damaged or gone."""
        try:
            return self.read(), self.states()
        except DamagedFile:
            return None

    def states(self) -> dict[str, str]:
        """product_id → state of each product that the table was made from."""
        table = read_table(self._layout.similar_states)
        return dict(zip(table["product_id"].to_pylist(), table[_STATES].to_pylist(), strict=True))

    def write(self, rows: pd.DataFrame, states: dict[str, str], record: SimilarRecord) -> None:
        """Replace the table. What it was made from is written last: a killed run leaves one that is made anew."""
        hooks.withdraw(self._layout.similar_products)
        self._layout.similar_products.unlink(missing_ok=True)
        names = pa.table({"product_id": list(states), _STATES: list(states.values())}, _state_schema())
        write_parquet(self._layout.similar_states, names)
        with atomic_path(self._layout.similar_csv) as temporary:
            rows.to_csv(temporary, index=False, lineterminator="\n")
        table = pa.Table.from_pandas(rows, schema=_schema(), preserve_index=False)
        noted = table.replace_schema_metadata({_RECORD: json.dumps(asdict(record)).encode()})
        write_parquet(self._layout.similar_products, noted)


def write_to_database(url: str, rows: pd.DataFrame) -> None:
    """Replace the rows of the table `TABLE` of that database in one transaction; it is made where there is none.

    Raises `TiefVisionError` in a sentence without a password.
    """
    metadata = MetaData()
    table = Table(
        TABLE,
        metadata,
        Column("product_id", Text, primary_key=True),
        Column("rank", Integer, primary_key=True),
        Column("similar_id", Text, nullable=False),
        Column("score", Float, nullable=False),
        Column("path", Text, nullable=False),
        Column("similar_path", Text, nullable=False),
    )
    try:
        engine = create_engine(parsed_url(url))
        with engine.begin() as connection:
            metadata.create_all(connection)
            connection.execute(delete(table))
            for start in range(0, len(rows), _AT_ONCE):
                connection.execute(insert(table), rows.iloc[start : start + _AT_ONCE].to_dict("records"))
        engine.dispose()
    except LabelDatabaseError:
        raise TiefVisionError(
            "TIEFVISION_SIMILAR_PRODUCTS_URL is no URL of SQLite or PostgreSQL; an @ in a password is written %40."
        ) from None
    except (SQLAlchemyError, OSError) as error:
        reason = reason_without_password(error, url)
        raise TiefVisionError(
            f"Similar products cannot be written to the database {shown_url(url)}: {reason}."
        ) from None


def _schema() -> pa.Schema:
    kinds = {"rank": pa.int64(), "score": pa.float64()}
    return pa.schema([(name, kinds.get(name, pa.string())) for name in COLUMNS])


def _state_schema() -> pa.Schema:
    return pa.schema([("product_id", pa.string()), (_STATES, pa.string())])


def _frame(table: pa.Table) -> pd.DataFrame:
    frame: pd.DataFrame = table.to_pandas()
    return frame
