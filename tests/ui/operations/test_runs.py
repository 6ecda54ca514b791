"""Launching and following runs through Dagster's API."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from tests.ui.fake_dagster import FakeDagster, fake_dagster, run_of
from tiefvision_ui.operations.runs import DagsterRefused, DagsterRuns, DagsterUnreachable


@pytest.fixture
def fake() -> Iterator[FakeDagster]:
    with fake_dagster() as fake:
        yield fake


def test_a_job_is_launched_with_its_assets_and_tags(fake: FakeDagster) -> None:
    dagster = DagsterRuns(fake.url + "/")
    assert dagster.launch("materialise", ["a", "b"], {"why": "so"}) == "launched"
    (params,) = fake.launched
    assert params["selector"] == {
        "repositoryName": "r",
        "repositoryLocationName": "l",
        "pipelineName": "materialise",
        "solidSelection": None,
        "assetSelection": [{"path": ["a"]}, {"path": ["b"]}],
    }
    assert params["executionMetadata"] == {"tags": [{"key": "why", "value": "so"}]}
    assert dagster.link("x") == f"{fake.url}/runs/x"


def test_runs_are_read_newest_first(fake: FakeDagster) -> None:
    fake.runs = [run_of("2", "STARTED"), run_of("1", "SUCCESS")]
    second, first = DagsterRuns(fake.url).newest(5)
    assert (second.run_id, second.unfinished, second.steps_done) == ("2", True, 1)
    assert first.created == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
    assert first.assets == ("ranking_head", "similarity_report", "triplet_dataset")
    assert not first.unfinished


def test_a_server_that_is_not_there_is_a_sentence_with_the_way_out() -> None:
    with pytest.raises(DagsterUnreachable, match=r"127\.0\.0\.1:9 .*refused.*start it with `tiefvision dagster`"):
        DagsterRuns("http://127.0.0.1:9").newest(5)
    with pytest.raises(DagsterUnreachable, match=r"127\.0\.0\.1:9 \(Connection refused\); start it with"):
        DagsterRuns("http://127.0.0.1:9").launch("materialise")


@pytest.mark.parametrize("broken", [b"<html>", b"", b"\xff"])
def test_another_server_in_its_place_is_an_error(fake: FakeDagster, broken: bytes) -> None:
    fake.broken = broken
    with pytest.raises(DagsterUnreachable):
        DagsterRuns(fake.url).newest(5)
    with pytest.raises(DagsterUnreachable) as told:
        DagsterRuns(fake.url).launch("materialise")
    assert "\n" not in str(told.value)


def test_what_dagster_refuses_is_an_error_with_its_reason(fake: FakeDagster) -> None:
    fake.broken = b'{"errors": [{"message": "no such field"}]}'
    with pytest.raises(DagsterRefused, match="no such field"):
        DagsterRuns(fake.url).newest(5)
    fake.broken = b'{"data": {"runsOrError": {"__typename": "PythonError", "message": "it broke"}}}'
    with pytest.raises(DagsterRefused, match="it broke"):
        DagsterRuns(fake.url).newest(5)
    fake.broken = None
    fake.launch_answer = {"__typename": "PythonError", "message": "a code server is gone\nTraceback"}
    with pytest.raises(DagsterRefused, match=r"\(a code server is gone\); see"):
        DagsterRuns(fake.url).launch("materialise")
    invalid = [{"message": "no such key"}, {"message": "a key is missing"}]
    fake.launch_answer = {"__typename": "PipelineConfigValidationInvalid", "errors": invalid}
    with pytest.raises(DagsterRefused, match=r"\(no such key a key is missing\); see"):
        DagsterRuns(fake.url).launch("materialise")
    fake.launch_answer = {"__typename": "InvalidSubsetError"}
    with pytest.raises(DagsterRefused, match=r"did not start the run of 'materialise'; see"):
        DagsterRuns(fake.url).launch("materialise", ["no_such_asset"])
    fake.jobs = ()
    with pytest.raises(DagsterRefused, match="has no job 'materialise'"):
        DagsterRuns(fake.url).launch("materialise")
