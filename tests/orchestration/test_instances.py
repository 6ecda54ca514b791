"""Dagster's storage: what goes wrong with it is one sentence that names the place and the way out."""

import sqlite3

import psycopg2
import pytest
from sqlalchemy.exc import OperationalError

from tiefvision_assets.orchestration.dagster_home import BadDagsterHome
from tiefvision_assets.orchestration.instances import opened_instance
from tiefvision_assets.orchestration.opening import LOCK
from tiefvision_assets.orchestration.run_outcomes import RunFailed


def test_a_damaged_file_is_told_with_the_way_out(tmp_path):
    (tmp_path / "history").mkdir()
    (tmp_path / "history" / "runs.db").write_bytes(b"no database" * 100)
    with pytest.raises(RunFailed, match=r"are damaged .*move its folders.*only the history of runs"):
        opened_instance(str(tmp_path)).__enter__()


@pytest.mark.parametrize(
    ("reason", "says"),
    [
        (sqlite3.OperationalError("database or disk is full"), r"is the disk full\? [\d.]+ MiB are left"),
        (
            psycopg2.OperationalError("server closed\nthe connection"),
            "server closed the connection.*check that its server",
        ),
    ],
)
def test_a_storage_that_fails_amid_a_run_is_told_by_its_kind(tmp_path, reason, says):
    with pytest.raises(RunFailed, match=says), opened_instance(str(tmp_path)):
        raise OperationalError("INSERT", {}, reason)


def test_a_home_without_room_is_told_as_it_is(tmp_path):
    (tmp_path / LOCK).mkdir()
    with pytest.raises(BadDagsterHome, match="Nothing can be written to"), opened_instance(str(tmp_path)):
        pytest.fail("it was opened")
