"""Tables are read once for each state of their file."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from tiefvision_assets.store import cache
from tiefvision_assets.store.atomic import write_parquet
from tiefvision_assets.store.cache import CachedTables


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The files that were read from disk."""
    files: list[Path] = []
    real = cache.read_parquet

    def read(file: Path, columns: list[str], before: dict[str, str | int] | None) -> pd.DataFrame:
        files.append(file)
        return real(file, columns, before)

    monkeypatch.setattr(cache, "read_parquet", read)
    return files


def test_a_table_is_read_again_when_its_file_was_replaced(tmp_path, reads):
    file, tables = tmp_path / "a.parquet", CachedTables(["sha256"])
    write_parquet(file, pd.DataFrame({"sha256": ["a"], "other": [1]}))
    for _ in range(3):
        assert tables.read(file).to_dict("list") == {"sha256": ["a"]}
    write_parquet(file, pd.DataFrame({"sha256": ["b", "c"]}))
    assert tables.read(file)["sha256"].tolist() == ["b", "c"]
    assert reads == [file, file]


def test_a_file_that_is_gone_has_no_rows(tmp_path):
    file, tables = tmp_path / "a.parquet", CachedTables(["sha256"])
    assert tables.read(file).columns.tolist() == ["sha256"] and not len(tables.read(file))
    write_parquet(file, pd.DataFrame({"sha256": ["a"]}))
    assert len(tables.read(file)) == 1
    file.unlink()
    assert not len(tables.read(file))


def test_what_a_caller_does_to_its_table_is_its_own(tmp_path):
    file, tables = tmp_path / "a.parquet", CachedTables(["sha256"])
    write_parquet(file, pd.DataFrame({"sha256": ["a"]}))
    table = tables.read(file)
    table.loc[0, "sha256"] = "changed"
    table["more"] = 1
    assert tables.read(file).to_dict("list") == {"sha256": ["a"]}


def test_tables_of_another_folder_take_the_place_of_the_ones_before(tmp_path, reads):
    tables = CachedTables(["sha256"])
    files = [tmp_path / folder / f"{name}.parquet" for folder in ("one", "two") for name in ("a", "b")]
    for number, file in enumerate(files):
        write_parquet(file, pd.DataFrame({"sha256": [str(number)]}))
    assert tables.read_all(files[:2])["sha256"].tolist() == ["0", "1"]
    assert tables.read_all(files[2:])["sha256"].tolist() == ["2", "3"]
    assert tables.read_all(files[:1])["sha256"].tolist() == ["0"]
    assert reads == [*files, files[0]]
    assert tables.read_all([]).columns.tolist() == ["sha256"]
