"""The triplets that follow from clicks, on disk; people's are in snapshots of the label database."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

import pandas as pd
import pyarrow as pa

from tiefvision_assets.store.layout import Layout
from tiefvision_assets.store.schemas import FEEDBACK_TRIPLETS
from tiefvision_assets.store.sealed import DamagedFile, read_parquet, read_table, write_parquet

_RECORD = b"tiefvision_feedback"


@dataclass(frozen=True)
class FeedbackRecord:
    """What the triplets were derived from."""

    version: str
    """Hash of the triplets."""
    newest: int
    """Number of the newest event among the clicks."""
    triplets: int
    code: str


class FeedbackTriplets:
    """The triplets of one data folder."""

    def __init__(self, layout: Layout) -> None:
        self._file = layout.feedback_triplets

    def record(self) -> FeedbackRecord | None:
        """What they were derived from; None before the first time, and where the file is damaged."""
        if not self._file.exists():
            return None
        try:
            document = (read_table(self._file, ["reference"]).schema.metadata or {}).get(_RECORD)
        except DamagedFile:
            return None
        return FeedbackRecord(**json.loads(document)) if document else None

    def read(self) -> pd.DataFrame:
        """The rows: reference, positive, negative, sessions; none before the first time."""
        if not self._file.exists():
            return pd.DataFrame(columns=FEEDBACK_TRIPLETS.names)
        return read_parquet(self._file)

    def write(self, rows: pd.DataFrame, record: FeedbackRecord) -> None:
        """Replace the rows and the record at once."""
        names = FEEDBACK_TRIPLETS.names
        schema = pa.schema([(name, pa.int64() if name == "sessions" else pa.string()) for name in names])
        table = pa.Table.from_pandas(rows[names], schema=schema, preserve_index=False)
        write_parquet(self._file, table.replace_schema_metadata({_RECORD: json.dumps(asdict(record)).encode()}))
