"""Whatever a setting is set to, a command works or ends in one sentence, and labels stay in the data folder."""

from __future__ import annotations

from pathlib import Path

import dagster as dg
import pytest
from hypothesis import HealthCheck, example, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from tests import commands, tiny
from tiefvision_assets.box import Box
from tiefvision_assets.definitions import build_definitions
from tiefvision_assets.orchestration.dagster_home import BadDagsterHome, dagster_home
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.labels.store import BoxLabel
from tiefvision_assets.store.store import Store

tiny_encoder = tiny.tiny_encoder
settings = tiny.settings
tiefvision = commands.in_process

ODD = st.one_of(
    st.text(st.characters(codec="utf-8", exclude_characters="\0/"), max_size=40),
    st.sampled_from(["", " ", "~x", "/dev/null", "/dev/null/x", ".", "..", "a" * 300, "?", "%", "%00", "nan", "inf"]),
    st.sampled_from(
        ["-1", "1e99", "0x10", "{}", "[]", "null", "http://[", "sqlite://", "sqlite:////", "postgresql://"]
    ),
)
NAMES = sorted(set(Settings.model_fields) - {"cache"})


@given(name=st.sampled_from(NAMES), value=ODD)
@example(name="database_url", value="sqlite:////dev/null/labels.db")
@example(name="raw", value="~nobody-of-that-name")
@examples(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_command_works_or_says_in_one_sentence_why_not(tiefvision, tmp_path, name, value):
    with pytest.MonkeyPatch.context() as patched:
        patched.chdir(tmp_path)
        patched.setenv(f"TIEFVISION_{name.upper()}", value)
        answer = tiefvision("status", "--json")
    if answer.code:
        assert answer.sentence
    else:
        assert answer.json["photos"] == 0


@pytest.mark.parametrize("name", ["what?", "100%", "%2e%2e", "a#b", "semi;colon", "sp ace", "größe", "[x]"])
def test_labels_lie_in_the_data_folder_whatever_it_is_called(tmp_path, name):
    within = tmp_path / "within"
    store = Store(Settings(data=within / name))
    store.labels.add_boxes([BoxLabel("a" * 64, Box(1, 2, 3, 4))], annotator="ann")
    store.labels.close()
    assert (within / name / "labels.db").is_file()
    assert [path.name for path in within.iterdir()] == [name]


def test_a_dagster_home_is_made_and_made_absolute(settings, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DAGSTER_HOME", "deep/below")
    home = dagster_home(settings)
    assert Path(home) == tmp_path / "deep/below" and Path(home).is_dir()
    with dg.DagsterInstance.from_config(home) as instance:
        assert instance.get_runs() == []


@pytest.mark.parametrize("named", ["file", "file/below", "~nobody-of-that-name"])
def test_a_dagster_home_that_cannot_be_is_named(settings, tmp_path, monkeypatch, named):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    monkeypatch.setenv("DAGSTER_HOME", named)
    with pytest.raises(BadDagsterHome, match=f"DAGSTER_HOME='{named}' cannot be used"):
        dagster_home(settings)


def test_the_nightly_scan_starts_by_the_clock_of_the_settings(tmp_path):
    store = Store(Settings(data=tmp_path, scan_cron="30 1 * * *", time_zone="Europe/Berlin"))
    schedule = build_definitions(store=store).resolve_schedule_def("nightly_catalogue_scan")
    assert (schedule.cron_schedule, schedule.execution_timezone) == ("30 1 * * *", "Europe/Berlin")
